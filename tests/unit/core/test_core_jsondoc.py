"""JSON as values."""

import hashlib
from decimal import Decimal

import pytest

from arcgis_operator.core.jsondoc import Unreadable, digest, dumps, loads, merge_patch, plain, printable

BAD = {
    "text that is not JSON": "<html>",
    "NaN": '{"a":NaN}',
    "an infinite number": '{"a":-Infinity}',
    "the same key twice": '{"a":1,"a":2}',
    "too deep": "[" * 66 + "]" * 66,
    "much too deep": "[" * 100_000 + "]" * 100_000,
    "nothing": "",
    "an exponent beyond reason": '{"a":1e9999999999999999999}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_cannot_be_trusted_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable) as raised:
        loads(text)
    assert len(str(raised.value)) <= 80


REASONS = {
    "NaN is not JSON": '{"a":NaN}',
    "the same key twice in one object": '{"a":1,"a":2}',
    "nested more than 64 deep": "[" * 66 + "]" * 66,
    "nested too deep": "[" * 100_000 + "]" * 100_000,
    "a number out of range": '{"a":1e9999999999999999999}',
    "Expecting value": "<html>",
    "Expecting property name enclosed in double quotes or '}'": "{x: 1}",
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_for_not_reading_is_told_in_few_words(reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        loads(REASONS[reason])
    assert str(raised.value) == reason


@pytest.mark.parametrize("depth", [1, 3, 64])
def test_a_text_may_be_just_as_deep_as_is_allowed(depth: int) -> None:
    for opens, closes in (("[", "]"), ('{"a":', "}")):
        loads(opens * (depth - 1) + "[]" + closes * (depth - 1), max_depth=depth)
        loads(opens * depth + "1" + closes * depth, max_depth=depth)
        with pytest.raises(Unreadable):
            loads(opens * (depth + 1) + "1" + closes * (depth + 1), max_depth=depth)


def test_text_is_written_without_blanks_and_digested_as_such() -> None:
    value = {"b": [Decimal("1.10"), {"c": None}], "a": "ä"}
    assert dumps(value) == r'{"b":[1.10,{"c":null}],"a":"\u00e4"}'
    canonical = rb'{"a":"\u00e4","b":[1.10,{"c":null}]}'
    assert digest(value) == "sha256:" + hashlib.sha256(canonical).hexdigest()


PLAIN = {
    "Decimal 2^53 less one": (Decimal(2**53 - 1), 2**53 - 1, int),
    "Decimal 2^53": (Decimal(2**53), float(2**53), float),
    "minus Decimal 2^53": (-Decimal(2**53), -float(2**53), float),
    "a half": (Decimal("0.5"), 0.5, float),
    "more than a float": (Decimal("1E+400"), "1E+400", str),
    "a tuple": ((Decimal(1), None), [1, None], list),
    "a text": ("x", "x", str),
}


@pytest.mark.parametrize(("value", "wanted", "kind"), PLAIN.values(), ids=PLAIN)
def test_a_value_becomes_plain(value: object, wanted: object, kind: type) -> None:
    found = plain(value)
    assert (found, type(found)) == (wanted, kind)


MERGES = {
    "nothing changed": ({"a": 1, "b": {"c": 1}}, {"a": 1, "b": {"c": 1}}, {}),
    "a null that is new": ({}, {"a": None}, {"a": None}),
    "a null that stays": ({"a": None}, {"a": None}, {}),
    "an object for a value": ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    "a value for an object": ({"a": {"b": 2}}, {"a": 1}, {"a": 1}),
    "a new one beside": ({"a": 1}, {"a": 1, "b": 2}, {"b": 2}),
    "deep within": ({"a": {"b": 1, "c": 1}, "d": 1}, {"a": {"b": 2, "c": 1}}, {"d": None, "a": {"b": 2}}),
}


@pytest.mark.parametrize(("old", "new", "patch"), MERGES.values(), ids=MERGES)
def test_a_patch_holds_the_difference_only(old: object, new: object, patch: object) -> None:
    assert merge_patch(old, new) == patch  # type: ignore[arg-type]


def test_a_text_of_just_the_length_is_not_cut() -> None:
    assert printable("x" * 10, 10) == "x" * 10
    assert printable("\n" * 39 + "ab", 10) == "a"
    assert printable(" a \t b ", 10) == "a b"


def test_the_reason_for_not_reading_does_not_repeat_the_text() -> None:
    with pytest.raises(Unreadable) as raised:
        loads('{"token": "hunter2"')
    assert "hunter2" not in str(raised.value)


def test_numbers_keep_their_digits() -> None:
    text = '{"a":1.10,"b":12345678901234567890,"c":-0.0,"d":2E+3}'
    assert dumps(loads(text)) == text


def test_a_digest_does_not_see_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})


def test_whole_numbers_beyond_64_bits_become_text_in_the_plain_form() -> None:
    numbers = [2**63 - 1, -(2**63), 2**63, -(2**63) - 1, True]
    assert plain(numbers) == [2**63 - 1, -(2**63), "9223372036854775808", "-9223372036854775809", True]


def test_the_plain_form_holds_what_the_kubernetes_api_can_hold() -> None:
    document = loads('{"whole":4000.0,"part":1.10,"huge":1E+400,"none":null,"list":[null,{"none":null}]}')
    assert plain(document) == {"whole": 4000, "part": 1.1, "huge": "1E+400", "list": [None, {}]}


def test_a_key_that_is_gone_is_deleted_by_the_patch() -> None:
    old = {"a": {"b": 1, "c": 2}, "d": [1], "e": 1}
    assert merge_patch(old, {"a": {"b": 1}, "d": [2], "e": {"f": 1}}) == {
        "a": {"c": None},
        "d": [2],
        "e": {"f": 1},
    }


def test_printed_text_is_one_line_cut_and_without_control_characters() -> None:
    assert printable("a\n\x1b[31mb\u202e\tc", 20) == "a [31mb c"
    assert printable("x" * 300, 10) == "x" * 9 + "…"
