"""Laws of changes and of the hash of a plan: exact inside, masked outside."""

import logging
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcgis_operator.adapters.admin.redaction import Redactor
from arcgis_operator.core import jsondoc
from arcgis_operator.core.change import Change, shown
from arcgis_operator.core.plan import Plan
from arcgis_operator.core.said import plainly
from arcgis_operator.core.values import MISSING, UNCLEAR

LAW = settings(derandomize=True, deadline=None, max_examples=200)
LONG = "x" * 96
VALUES: tuple[Any, ...] = (
    MISSING,
    UNCLEAR,
    None,
    "",
    "(not set)",
    "(several values)",
    "null",
    1,
    "1",
    True,
    "true",
    jsondoc.loads("1.0"),
    Decimal("1.00"),
    LONG + "a",
    LONG + "b",
    ["a"],
    '["a"]',
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
)
PATHS = (("description",), ("properties", "a"), ("properties", "a.b"), ("extensions", "WMSServer", "enabled"))
CHANGES = st.builds(Change, st.sampled_from(PATHS), st.sampled_from(VALUES), st.sampled_from(VALUES))
PLANS = st.builds(
    Plan,
    st.sampled_from(["https://a.example.com/arcgis", "https://b.example.com/arcgis"]),
    st.sampled_from(["s1", "s2"]),
    st.lists(CHANGES, max_size=3, unique_by=lambda change: change.path).map(tuple),
    st.sampled_from(["Spec", "Drift"]),
)
SECRETS = st.text("abcdefghijklmnop0123456789", min_size=8, max_size=24).map(lambda text: f"q{text}q")
HIDING = {
    "under a secret name": lambda secret: (("properties", "dbPassword"), secret),
    "below a secret name": lambda secret: (("jsonProperties", "credentials", "key"), secret),
    "in an object": lambda secret: (("jsonProperties", "store"), {"name": "db", "password": secret}),
    "in a text": lambda secret: (("properties", "workspace"), f"SERVER=a;PASSWORD={secret}"),
    "in a text that holds JSON": lambda secret: (("properties", "x"), jsondoc.dumps({"token": secret})),
    "as a word that the session knows": lambda secret: (("description",), f"ask {secret} for help"),
}


def what(plan: Plan) -> tuple[object, ...]:
    return plan.site_url, plan.service_id, frozenset(plan.changes)


@LAW
@given(PLANS, PLANS)
def test_two_plans_have_one_hash_if_and_only_if_site_service_and_exact_changes_are_the_same(
    one: Plan, other: Plan
) -> None:
    assert (one.hash(plainly) == other.hash(plainly)) == (what(one) == what(other))


@pytest.mark.parametrize("at", range(len(VALUES)))
def test_each_live_and_each_declared_value_makes_a_plan_of_its_own(at: int) -> None:
    for beside, value in enumerate(VALUES):
        same = beside == at or {beside, at} == {len(VALUES) - 2, len(VALUES) - 1}
        for pair in (((VALUES[at], "z"), (value, "z")), (("z", VALUES[at]), ("z", value))):
            one, other = (Change(("description",), *values) for values in pair)
            assert (one == other) == same
            assert (hash_of(one) == hash_of(other)) == same


def hash_of(*changes: Change) -> str:
    return Plan("https://a.example.com/arcgis", "s1", changes, "Spec").hash(plainly)


@LAW
@given(PLANS, st.randoms())
def test_the_order_of_the_changes_makes_no_other_plan(plan: Plan, chance: random.Random) -> None:
    mixed = list(plan.changes)
    chance.shuffle(mixed)
    assert hash_of(*mixed) == hash_of(*plan.changes)


@pytest.mark.parametrize("hide", HIDING.values(), ids=HIDING)
@LAW
@given(secret=SECRETS)
def test_nothing_that_is_shown_holds_a_secret(hide: Any, secret: str) -> None:
    session = Redactor()
    session.learn(secret)
    path, value = hide(secret)
    for change in (Change(path, value, "new"), Change(path, "old", value)):
        told = shown(change, session.show)
        assert secret not in f"{told} {told!r} {told.parts} {told.entry}"
        assert not any(secret in text for text in (f"{change}", f"{change!r}", str([change])))


@pytest.mark.parametrize("hide", HIDING.values(), ids=HIDING)
def test_a_live_secret_cannot_be_guessed_by_the_hash_and_a_declared_one_counts(hide: Any) -> None:
    def of(live: str, wanted: str) -> str:
        session = Redactor()
        session.learn(live)
        (path, before), (_, after) = hide(live), hide(wanted)
        return Plan("u", "s1", (Change(path, before, after),), "Spec").hash(session.show)

    assert of("q1111111q", "qwantedq") == of("q2222222q", "qwantedq")
    assert of("q1111111q", "qwantedq") != of("q1111111q", "qanotherq")


def test_a_change_in_a_log_says_its_path_alone(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("%s %r", *(Change(("properties", "a"), "live", "wanted"),) * 2)
    assert caplog.messages == ["Change('settings.properties.a', …) Change('settings.properties.a', …)"]
