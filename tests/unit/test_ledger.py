"""What is remembered of the sends to services that nobody speaks for any more."""

import math

import pytest

from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.reconcilers.ledger import Ledger

SETTLE = 30.0
AT = "2026-11-27T14:00:00Z"
Clock = list[float]


@pytest.fixture
def clock() -> Clock:
    """Moved by the test."""
    return [1000.0]


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    """By the test's clock."""
    return Ledger(lambda: clock[0], SETTLE, 1800.0)


def send(ledger: Ledger, key: str, fact: Accepted | Failure) -> None:
    """One request, and what became of it."""
    ledger.sending(key, "intent", AT)
    ledger.sent(key, "intent", fact)


def test_looks_in_vain_count_from_the_first_of_them_in_a_row(ledger: Ledger, clock: Clock) -> None:
    assert ledger.vain_for("roads") == 0.0
    for expected in (0.0, 60.0, 120.0):
        ledger.looked("roads", in_vain=True)
        assert ledger.vain_for("roads") == expected
        clock[0] += 60
    ledger.looked("roads", in_vain=False)
    assert ledger.vain_for("roads") == 0.0
    ledger.looked("roads", in_vain=True)
    assert ledger.vain_for("roads") == 0.0


def test_sends_count_for_an_hour_after_a_resource_has_gone(ledger: Ledger, clock: Clock) -> None:
    """Deleting and creating it again does not double the edits of an hour."""
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    assert ledger.leave("roads") == math.inf
    clock[0] += 3599
    ledger.leave("others")
    assert ledger["roads"].sends == (AT,)
    assert not ledger["roads"].open_job


def test_after_an_hour_nothing_is_left(ledger: Ledger, clock: Clock) -> None:
    """Whoever leaves later sweeps out."""
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    ledger.leave("roads")
    clock[0] += 3601
    ledger.leave("others")
    assert ledger["roads"].sends == ()


def test_a_request_without_answer_is_remembered_until_it_can_no_longer_arrive(
    ledger: Ledger, clock: Clock
) -> None:
    """A resource that comes meanwhile has to wait for it."""
    send(ledger, "roads", Failure(Kind.UNSURE, "reset"))
    clock[0] += 10
    assert ledger.leave("roads") == SETTLE - 10
    assert ledger["roads"].unsure_at == 1000.0
    clock[0] += 20
    assert ledger.leave("roads") == math.inf
    assert ledger["roads"].unsure_at is None


def test_a_service_is_remembered_until_it_is_left(ledger: Ledger) -> None:
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    assert ledger.remembered() == {"roads"}
    ledger.leave("roads")
    assert ledger.remembered() == set()
