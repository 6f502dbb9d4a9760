"""What is a drift, which of it matters, and what is only reported."""

from dataclasses import replace
from typing import Any

import pytest
from situations import NOW, URL, case, digest, job, journal, live, proved, record, seen, wanting

from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.decide import decide
from arcgis_operator.core.model import Approval, Desired, DriftPolicy, SpecInvalid
from arcgis_operator.core.operations import Request
from arcgis_operator.core.places import is_within
from arcgis_operator.core.record import Journal, Phase, Record, stamp
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.status import parse, render
from arcgis_operator.core.verdict import Reason

IGNORING = replace(
    wanting("new", recycleStartTime="02:30"), drift=DriftPolicy(ignored=frozenset({("recycleStartTime",)}))
)
BOTH_DRIFTED = live("old", recycleStartTime="04:00")
IGNORED_DRIFTED = live("new", recycleStartTime="04:00")


def parsed(drift: Any, settings: Any) -> Desired | SpecInvalid:
    spec = {
        "siteRef": {"name": "prod"},
        "service": {"name": "Roads", "type": "MapServer"},
        "settings": settings,
        "drift": drift,
    }
    return parse_service({"metadata": {"namespace": "gis"}, "spec": spec})


def sent(given: Case) -> str:
    effect = decide(given).effect
    assert isinstance(effect, Request)
    return effect.form["service"]


def test_a_drift_of_an_ignored_setting_alone_is_none() -> None:
    verdict = decide(case(desired=IGNORING, record=proved(IGNORING), seen=seen(document=IGNORED_DRIFTED)))
    assert verdict.reason is Reason.CONVERGED
    assert verdict.message.startswith("1 declared setting verified")


def test_a_repair_leaves_an_ignored_setting_as_somebody_else_made_it() -> None:
    document = sent(case(desired=IGNORING, record=proved(IGNORING), seen=seen(document=BOTH_DRIFTED)))
    assert '"description":"new"' in document
    assert '"recycleStartTime":"04:00"' in document


def test_a_new_wish_sets_an_ignored_setting_too() -> None:
    before = proved(wanting("before"))
    document = sent(case(desired=IGNORING, record=before, seen=seen(document=BOTH_DRIFTED)))
    assert '"recycleStartTime":"02:30"' in document


def test_a_new_wish_for_an_ignored_setting_alone_is_sent() -> None:
    before = proved(wanting("new", recycleStartTime="04:00"))
    document = sent(case(desired=IGNORING, record=before, seen=seen(document=IGNORED_DRIFTED)))
    assert '"recycleStartTime":"02:30"' in document


def test_an_ignored_setting_that_changes_while_the_job_ends_does_not_make_it_fail() -> None:
    running = record(Phase.RUNNING, journal=journal(Phase.RUNNING, digest=digest(IGNORING)))
    ended = seen(ours=job("COMPLETED"), document=IGNORED_DRIFTED)
    assert decide(case(desired=IGNORING, record=running, seen=ended)).reason is Reason.CONVERGED


def test_before_its_job_has_ended_an_ignored_setting_counts() -> None:
    open_ = record(Phase.INTENDED, journal=journal(Phase.INTENDED, digest=digest(IGNORING)))
    verdict = decide(case(desired=IGNORING, record=open_, seen=seen(document=IGNORED_DRIFTED)))
    assert verdict.effect is not None, "the lost request is sent again"


def test_a_service_that_was_published_anew_has_drifted() -> None:
    reporting = replace(wanting(), drift=DriftPolicy(report=True))
    verdict = decide(case(desired=reporting, record=proved(), seen=seen(document=live("old", id="s2"))))
    assert verdict.reason is Reason.DRIFT_REPORTED
    assert decide(case(record=proved(), seen=seen(document=live("old", id="s2")))).effect


def test_a_published_service_gets_its_ignored_settings_as_well() -> None:
    document = sent(
        case(desired=IGNORING, record=proved(IGNORING), seen=seen(document={**BOTH_DRIFTED, "id": "s2"}))
    )
    assert '"recycleStartTime":"02:30"' in document


def test_an_entry_that_names_nothing_declared_is_said() -> None:
    desired = replace(wanting(), drift=DriftPolicy(unused=("settings.maxIdelTime",)))
    message = decide(case(desired=desired, seen=seen(document=live("new")))).message
    assert "spec.drift.ignorePaths names what is not declared: settings.maxIdelTime." in message


WITHIN = [
    (("description",), "settings.description", True),
    (("description",), "settings", True),
    (("descriptions",), "settings.description", False),
    (("extensions", "WMSServer", "enabled"), "settings.extensions[WMSServer]", True),
    (("extensions", "WMSServer", "enabled"), "settings.extensions", True),
    (("extensions", "WMSServer", "enabled"), "settings.extensions[WMS]", False),
    (("properties", "a.b"), 'settings.properties["a.b"]', True),
    (("properties", "a.b"), "settings.properties.a", False),
    (("jsonProperties", "a", "b"), "settings.jsonProperties.a", True),
]


@pytest.mark.parametrize(("path", "place", "within"), WITHIN)
def test_a_place_covers_what_is_at_or_below_it(path: tuple[str, ...], place: str, within: bool) -> None:
    assert is_within(path, place) is within


def test_the_spec_tells_which_settings_are_ignored_and_which_entry_names_none() -> None:
    settings = {"description": "x", "extensions": [{"typeName": "WMSServer", "enabled": False}]}
    found = parsed(
        {"policy": "Report", "ignorePaths": ["settings.extensions[WMSServer]", "settings.maxIdleTime"]},
        settings,
    )
    assert isinstance(found, Desired)
    assert found.drift == DriftPolicy(
        True, frozenset({("extensions", "WMSServer", "enabled")}), ("settings.maxIdleTime",)
    )
    assert [leaf.path for leaf in found.restored] == [("description",)]


UNCERTAIN = replace(proved(), known=False, observed=None, proved=proved().observed)


def test_what_was_live_before_its_site_was_away_has_drifted() -> None:
    """Its status does not tell who had the word meanwhile: that makes no new wish of it."""
    reporting = replace(wanting(), drift=DriftPolicy(report=True))
    assert decide(case(desired=reporting, record=UNCERTAIN)).reason is Reason.DRIFT_REPORTED


STRIPPED = replace(proved(), journal=Journal())


def test_a_journal_that_was_taken_away_makes_no_new_wish_of_a_drift() -> None:
    """Many such statuses at once, as an older CRD leaves them, would restart a whole site unasked."""
    reporting = replace(wanting(), drift=DriftPolicy(report=True))
    assert decide(case(desired=reporting, record=STRIPPED)).reason is Reason.DRIFT_REPORTED
    other = replace(proved().observed, digest="of something else")
    unlike = replace(STRIPPED, observed=other)
    assert decide(case(desired=reporting, record=unlike)).effect, "that had not been live"


def test_an_uncertain_drift_waits_for_approval_as_a_new_wish_does() -> None:
    asking = replace(wanting(), approval=Approval.MANUAL)
    assert decide(case(desired=asking, record=UNCERTAIN)).reason is Reason.AWAITING_APPROVAL
    assert decide(case(desired=asking, record=proved())).effect, "what was approved once is put back"


def test_an_uncertain_status_keeps_what_was_live() -> None:
    body: dict[str, Any] = {"metadata": {"generation": 1, "name": "roads", "namespace": "gis"}}
    verdict = decide(case(record=UNCERTAIN, unlooked=(Hold(Reason.SITE_NOT_FOUND, "no"),), seen=None))
    for _ in range(3):
        body["status"] = render(body, replace(verdict, record=replace(verdict.record, known=False)), NOW)
        verdict = replace(verdict, record=parse(body))
    assert verdict.record.observed is None
    assert verdict.record.proved == proved().observed


MOVED = "https://moved.example.com/arcgis"
REPORTING = replace(wanting(), drift=DriftPolicy(report=True))


def moved(**changed: Any) -> Case:
    """The same service, whose site has another address now, as it says itself or as the journal says."""
    return case(**{"record": proved(), "site_url": MOVED, **changed})


def verified(url: str, before: Record) -> Record:
    """The same, with the address in what was verified; nothing was ever sent."""
    assert before.observed is not None
    calm = replace(before.journal, site_url="")
    return replace(before, journal=calm, observed=replace(before.observed, site_url=url))


@pytest.mark.parametrize("before", [proved(), verified(URL, proved())], ids=["sent there", "verified there"])
def test_what_differs_after_its_site_has_moved_has_drifted(before: Record) -> None:
    assert decide(moved(desired=REPORTING, record=before)).reason is Reason.DRIFT_REPORTED
    found = decide(moved(record=before)).record.plan
    assert found is not None
    assert found.cause == "Drift"


def test_after_a_move_many_drifts_are_asked_for_first() -> None:
    hold = Hold(Reason.SITE_DIVERGED, "Many.")
    assert decide(moved(drifts=(hold,))).reason is Reason.SITE_DIVERGED


@pytest.mark.parametrize("before", [STRIPPED, UNCERTAIN], ids=["without a journal", "uncertain"])
def test_a_damaged_status_remembers_where_it_was_verified(before: Record) -> None:
    kept = before.observed or before.proved
    assert kept is not None
    there = replace(kept, site_url=URL)
    damaged = replace(before, observed=before.observed and there, proved=before.proved and there)
    assert decide(moved(desired=REPORTING, record=damaged)).reason is Reason.DRIFT_REPORTED


def test_a_status_that_does_not_say_where_it_was_verified_means_the_present_address() -> None:
    silent = verified("", proved())
    assert decide(case(desired=REPORTING, record=silent)).reason is Reason.DRIFT_REPORTED
    assert decide(moved(desired=REPORTING, record=silent)).effect, "as an older version did"


def test_a_new_wish_stays_one_when_the_site_moves() -> None:
    wish = replace(REPORTING, leaves=wanting("newer").leaves)
    assert decide(moved(desired=wish)).effect
    tried = replace(proved(), journal=journal(digest=digest(wish)))
    assert decide(moved(desired=wish, record=tried)).effect
    back = decide(moved(desired=REPORTING, record=tried))
    assert back.effect, "something else was wanted in between"


def test_an_ignored_setting_stays_ignored_when_the_site_moves() -> None:
    before = proved(IGNORING)
    unlike = seen(document=IGNORED_DRIFTED)
    assert decide(moved(desired=IGNORING, record=before, seen=unlike)).reason is Reason.CONVERGED
    document = sent(moved(desired=IGNORING, record=before, seen=seen(document=BOTH_DRIFTED)))
    assert '"recycleStartTime":"04:00"' in document


def test_a_repair_at_the_new_address_is_followed_as_a_drift() -> None:
    """Its intent is of the new address, what was verified of the former one."""
    before = verified(URL, proved(IGNORING))
    restored = decide(moved(desired=IGNORING, record=before, seen=seen(document=BOTH_DRIFTED)))
    assert restored.record.journal.site_url == MOVED
    given = moved(desired=IGNORING, record=restored.record, seen=seen(document=BOTH_DRIFTED))
    assert given.as_intended
    assert given.was_proved
    assert [leaf.path for leaf in given.leaves] == [("description",)]
    closed = replace(restored.record, journal=restored.record.journal.closed(), plan=None)
    assert decide(replace(given, record=closed)).record.plan.cause == "Drift"  # type: ignore[union-attr]


def test_a_repair_that_was_tried_before_the_move_is_still_one() -> None:
    """Also of a service that was published anew, where only the plan tells it."""
    anew = seen(document=live("old", id="s2"))
    tried = decide(case(record=proved(), seen=anew)).record
    closed = replace(tried, journal=tried.journal.closed())
    assert decide(moved(desired=REPORTING, record=closed, seen=anew)).reason is Reason.DRIFT_REPORTED


def test_a_repair_after_a_move_waits_for_approval_as_a_new_wish_does() -> None:
    """Nobody has approved it for the machine that answers there now."""
    asking = replace(wanting(), approval=Approval.MANUAL)
    assert decide(moved(desired=asking)).reason is Reason.AWAITING_APPROVAL
    again = decide(moved(seen=seen(document=live("new")))).record
    assert decide(moved(desired=asking, record=again)).effect, "it was verified there"


def test_what_is_verified_says_at_which_address() -> None:
    found = decide(moved(seen=seen(document=live("new"))))
    assert found.reason is Reason.CONVERGED
    assert found.record.observed is not None
    assert (found.record.observed.site_url, found.record.observed.verified_time) == (MOVED, stamp(NOW))
    body: dict[str, Any] = {"metadata": {"generation": 1, "name": "roads", "namespace": "gis"}}
    body["status"] = render(body, found, NOW)
    assert body["status"]["observed"]["siteURL"] == MOVED
    assert parse(body).observed == found.record.observed


def test_what_cannot_be_read_wants_nothing() -> None:
    unreadable = case(desired=None)
    assert (unreadable.digest, unreadable.leaves, unreadable.was_proved) == ("", (), False)
