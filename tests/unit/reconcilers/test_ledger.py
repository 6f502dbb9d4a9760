"""What is remembered of services that nobody speaks for any more, or that turn out to be one."""

import pytest

from arcgis_operator.core.failures import Accepted, Failure, Kind
from arcgis_operator.core.model import SiteRef
from arcgis_operator.core.wake import RESYNC, After
from arcgis_operator.reconcilers.ledger import Ledger

SETTLE = 30.0
AT = "2026-11-27T14:00:00Z"
SITE, URL = SiteRef("gis", "prod"), "https://gis.example.com/arcgis"
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
    ledger.sending(key, "intent", AT, True, SITE, URL)
    ledger.sent(key, "intent", fact)


def test_the_end_of_an_operation_outlives_those_who_speak_for_the_service(
    ledger: Ledger, clock: Clock
) -> None:
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    ledger["roads"] = ledger["roads"].ended(now=clock[0])
    ledger.leave("roads")
    assert ledger["roads"].ended_for(clock[0] + 3.0) == 3.0


def test_sends_count_for_an_hour_after_a_resource_has_gone(ledger: Ledger, clock: Clock) -> None:
    """Deleting and creating it again does not double the edits of an hour."""
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    assert ledger.leave("roads") is RESYNC
    clock[0] += 3599
    ledger.leave("others")
    assert [send.stamp for send in ledger["roads"].sends] == [AT]
    assert not ledger["roads"].open_job


def test_after_an_hour_nothing_is_left(ledger: Ledger, clock: Clock) -> None:
    """Whoever leaves later sweeps out."""
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    ledger.leave("roads")
    clock[0] += 3601
    ledger.leave("others")
    assert ledger["roads"].sends == ()


def test_a_request_without_answer_is_remembered_until_its_job_can_no_longer_run(
    ledger: Ledger, clock: Clock
) -> None:
    """A resource that comes meanwhile has to wait for it where the site lists no jobs."""
    send(ledger, "roads", Failure(Kind.UNSURE, "reset"))
    clock[0] += 10
    assert ledger.leave("roads") == After(1790)
    assert ledger["roads"].unsure_at == 1000.0
    clock[0] += 1790
    assert ledger.leave("roads") is RESYNC
    assert ledger["roads"].unsure_at is None


def test_a_service_is_remembered_until_it_is_left(ledger: Ledger) -> None:
    send(ledger, "roads", Accepted("job", "SUBMITTED"))
    assert ledger.remembered() == {"roads"}
    ledger.leave("roads")
    assert ledger.remembered() == set()


def test_what_is_remembered_goes_along_when_two_keys_turn_out_to_be_one(ledger: Ledger, clock: Clock) -> None:
    send(ledger, "first", Failure(Kind.UNSURE, "no answer"))
    clock[0] += 5
    send(ledger, "second", Accepted("j1", "SUBMITTED"))
    ledger.share("second", "first")
    ledger.share("never heard of", "first")
    merged = ledger["first"]
    assert (len(merged.sends), merged.open_job, merged.unsure_at) == (2, "j1", 1000.0)
    assert ledger.doubtful("first")
    ledger.share("first", "second")
    assert ledger.doubtful("second")
    assert len(ledger["second"].sends) == 2


def test_for_a_settle_time_after_a_send_it_is_not_calm(ledger: Ledger, clock: Clock) -> None:
    assert ledger.calm()
    send(ledger, "roads", Accepted("j1", "SUBMITTED"))
    clock[0] += SETTLE - 1
    assert not ledger.calm()
    clock[0] += 1
    assert ledger.calm()


def test_a_request_without_a_job_is_remembered_until_it_can_no_longer_be_at_work(clock: Clock) -> None:
    """Also where a job is called lost sooner than that."""
    ledger = Ledger(lambda: clock[0], SETTLE, 100.0)
    ledger.sending("roads", "intent", AT, False, SITE, URL)
    ledger.sent("roads", "intent", Failure(Kind.UNSURE, "reset"))
    assert ledger.leave("roads") == After(130)
    clock[0] += 130
    assert ledger.leave("roads") is RESYNC
