"""JSON as values."""

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
