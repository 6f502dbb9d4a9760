"""A status is stored when the API server's copy says so, not when it answers 200."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arcgis_operator.adapters.kube.events import Announcement
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, ARCGIS_SITES
from arcgis_operator.core.identity import Name
from arcgis_operator.core.record import Journal, Phase, PlanShown, Record
from arcgis_operator.core.status import parse, ready
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.core.wake import After
from arcgis_operator.reconcilers.store import StatusStore
from arcgis_operator.telemetry.happenings import Happening, StatusWritten
from harness.merge_patch import merged

Json = Any
FIRE = Name("gis", "fire")
INTENT = Record(known=True, journal=Journal(phase=Phase.INTENDED, id="a1", sends=("2026-11-23T12:00:00Z",)))
SENDING = Verdict(Reason.SUBMITTING, "An edit is about to be sent.", INTENT, wake=After(2.0))
LIVE = Verdict(Reason.CONVERGED, "As declared.", Record(known=True), wake=After(2.0))


@dataclass
class ApiServer:
    """One object. `keeps` changes a status on its way to the store, `answers` what is answered."""

    body: Json = field(
        default_factory=lambda: {
            "metadata": {"namespace": "gis", "name": "fire", "generation": 1, "resourceVersion": "1"},
            "status": {},
        }
    )
    keeps: Callable[[Json], None] = lambda status: None
    answers: Callable[[Json, Json], Json] = lambda before, after: after
    writes: int = 0
    tries: int = 0

    async def get(self, kind: Json, namespace: str, name: str) -> Json:
        return copy.deepcopy(self.body)

    async def patch_status(self, kind: Json, namespace: str, name: str, version: str, patch: Json) -> Json:
        self.tries += 1
        before = self.body
        if version != before["metadata"]["resourceVersion"]:
            return KubeFailure(KubeFailureKind.CONFLICT, "409", 409)
        status = copy.deepcopy(merged(before["status"], patch["status"]))
        self.keeps(status)
        if status != before["status"]:
            self.writes += 1
            metadata = {**before["metadata"], "resourceVersion": str(self.writes + 1)}
            self.body = {**before, "metadata": metadata, "status": status}
        return self.answers(copy.deepcopy(before), copy.deepcopy(self.body))


class Place:
    """A store before an API server; what it told and counted."""

    def __init__(self, kind: Any = ARCGIS_SERVICES) -> None:
        self.api = ApiServer()
        self.told: list[Announcement] = []
        self.wrote: list[Happening] = []
        self.time = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        self.store = StatusStore(self.api, kind, self, self, self.wrote.append)  # type: ignore[arg-type]

    def post(self, regarding: Json, announcement: Announcement) -> None:
        self.told.append(announcement)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def turn(self, verdict: Verdict, minutes: float = 10.0) -> Json:
        """After any pause, unless `minutes` matter."""
        self.time += timedelta(minutes=minutes)
        body = await self.store.read(FIRE)
        assert isinstance(body, dict)
        return await self.store.store(body, verdict)


def without_journal(status: Json) -> None:
    status.pop("journal", None)


def with_another_id(status: Json) -> None:
    status.setdefault("journal", {})["id"] = "b2"


def with_another_phase(status: Json) -> None:
    status.setdefault("journal", {})["phase"] = "Idle"


def without_sends(status: Json) -> None:
    status.get("journal", {}).pop("sends", None)


def with_another_generation(status: Json) -> None:
    status["observedGeneration"] = -1


def without_conditions(status: Json) -> None:
    status["conditions"] = []


def ready_for_others(status: Json) -> None:
    for one in status.get("conditions", []):
        one.update(status="True", reason="Fine")


def emptied(status: Json) -> None:
    status.clear()


MISTAKES = {
    without_journal: "journal",
    with_another_id: "journal",
    with_another_phase: "journal",
    without_sends: "journal",
    with_another_generation: "observedGeneration",
    without_conditions: "conditions",
    ready_for_others: "conditions",
    emptied: "observedGeneration, conditions, journal",
}


@pytest.mark.parametrize(("mistake", "lost"), MISTAKES.items(), ids=lambda one: getattr(one, "__name__", ""))
async def test_a_status_that_lost_something_on_its_way_is_not_stored(
    mistake: Callable[[Json], None], lost: str
) -> None:
    place = Place()
    place.api.keeps = mistake
    failure = await place.turn(SENDING)
    assert isinstance(failure, KubeFailure)
    assert failure.kind is KubeFailureKind.NOT_KEPT
    assert failure.detail == f"changed or missing: {lost}"
    assert place.wrote[0] == StatusWritten("StatusNotKept")


async def test_what_was_asked_for_is_lost_when_it_is_not_kept() -> None:
    place = Place()
    place.api.keeps = lambda status: status.pop("lastHandledReconcileAt", None)
    failure = await place.turn(replace(SENDING, record=replace(INTENT, handled="now")))
    assert isinstance(failure, KubeFailure)
    assert failure.detail == "changed or missing: lastHandledReconcileAt"


async def test_what_only_people_read_may_be_lost_and_others_may_add_to_it() -> None:
    place = Place()

    def keeps(status: Json) -> None:
        status.pop("history", None)
        status.setdefault("conditions", []).append({"type": "Approved", "status": "True"})
        status["theirs"] = 1

    place.api.keeps = keeps
    stored = await place.turn(replace(SENDING, record=replace(INTENT, history=({"id": "j0"},))))
    assert isinstance(stored, dict)
    assert place.wrote == [StatusWritten("Written")]


WAITING = Verdict(
    Reason.SITE_NOT_FOUND, "ArcGISSite gis/prod not found.", Record(known=True), wake=After(2.0)
)


def without_waiting_since(status: Json) -> None:
    status.pop("waitingSince", None)


def without_part_of_the_plan(status: Json) -> None:
    status.get("plan", {}).pop("hash", None)


def with_a_condition_of_others(status: Json) -> None:
    status.setdefault("conditions", []).append({"type": "Approved", "status": "True"})


@pytest.mark.parametrize(
    "mistake", [without_waiting_since, without_part_of_the_plan, with_a_condition_of_others]
)
async def test_what_an_older_schema_drops_is_not_written_at_every_look(
    mistake: Callable[[Json], None],
) -> None:
    place = Place()
    place.api.keeps = mistake
    verdict = replace(WAITING, record=Record(known=True, plan=PlanShown(hash="a1", cause="Spec")))
    for _ in range(5):
        stored = await place.turn(verdict, minutes=0.5)
        assert ready(stored) == ("False", "SiteNotFound")
    assert place.api.tries == 1


async def test_beside_what_is_dropped_every_change_is_written_and_the_new_schema_keeps_all() -> None:
    place = Place()

    def keeps(status: Json) -> None:
        without_waiting_since(status)
        with_a_condition_of_others(status)

    place.api.keeps = keeps
    await place.turn(WAITING)
    stored = await place.turn(replace(WAITING, message="ArcGISSite gis/prod is not there."))
    assert stored["status"]["conditions"][0]["message"] == "ArcGISSite gis/prod is not there."
    assert ready(await place.turn(LIVE)) == ("True", "Converged")
    place.api.keeps = lambda status: None
    stored = await place.turn(WAITING)
    assert "waitingSince" in stored["status"]
    tries = place.api.tries
    await place.turn(WAITING, minutes=0.5)
    assert place.api.tries == tries


async def test_the_resource_says_that_its_status_is_not_kept_and_what_to_look_at() -> None:
    place = Place()
    place.api.keeps = without_journal
    await place.turn(SENDING)
    (is_ready, stalled) = place.api.body["status"]["conditions"]
    assert (is_ready["status"], is_ready["reason"]) == ("False", "StatusNotKept")
    assert stalled["type"] == "Stalled"
    for word in ("changed or missing: journal", "crds", "policies", "arcgisservices", "Nothing is sent"):
        assert word in is_ready["message"]
    assert [one.reason for one in place.told] == ["StatusNotKept"]


async def test_a_status_that_is_never_kept_is_tried_ever_less_often_and_writes_nothing_more() -> None:
    place = Place()
    place.api.keeps = without_journal
    first = await place.turn(SENDING)
    assert isinstance(first, KubeFailure)
    pauses, written = [first.retry_after], place.api.writes
    for number in range(10):
        again = replace(INTENT, journal=replace(INTENT.journal, id=f"i{number}"))
        failure = await place.turn(replace(SENDING, record=again))
        assert isinstance(failure, KubeFailure)
        assert failure.kind is KubeFailureKind.NOT_KEPT
        pauses.append(failure.retry_after)
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]
    assert place.api.writes == written
    assert len(place.told) == 1


async def test_before_its_time_nothing_is_tried_again_whatever_calls_for_it() -> None:
    """An API server that stores something of each write tells of it, and that is a call for the next one."""
    place = Place()
    place.api.keeps = without_journal
    await place.turn(SENDING)
    tries = place.api.tries
    body = await place.store.read(FIRE)
    assert isinstance(body, dict)
    failure = await place.store.store(body, SENDING)
    assert isinstance(failure, KubeFailure)
    assert failure.kind is KubeFailureKind.NOT_KEPT
    assert 0 < (failure.retry_after or 0) <= 5
    assert place.api.tries == tries


async def test_once_the_status_is_kept_again_all_goes_on_without_a_word_that_is_not_so() -> None:
    place = Place()
    place.api.keeps = without_journal
    await place.turn(SENDING)
    place.api.keeps = lambda status: None
    stored = await place.turn(SENDING)
    assert isinstance(stored, dict)
    assert parse(stored).journal.id == "a1"
    assert ready(stored) == ("False", "Submitting")
    assert ready(place.api.body) == ("False", "Submitting")
    writes = place.api.tries
    await place.turn(replace(SENDING, record=replace(INTENT, handled="x")))
    assert place.api.tries == writes + 1, "nothing is tried twice any more"


async def test_a_resource_that_keeps_no_journal_never_says_ready_while_it_is_tried() -> None:
    place = Place()
    place.api.keeps = without_journal
    await place.turn(LIVE)
    said = set()
    place.api.answers = lambda before, after: said.add(ready(after)) or after
    for _ in range(3):
        await place.turn(LIVE)
    assert said == {("False", "StatusNotKept")}


async def test_an_answer_that_is_older_than_what_is_stored_costs_one_read() -> None:
    place = Place()
    place.api.answers = lambda before, after: before
    stored = await place.turn(SENDING)
    assert isinstance(stored, dict)
    assert parse(stored).journal.id == "a1"
    assert stored["metadata"]["resourceVersion"] == "2"
    assert place.wrote == [StatusWritten("Written")]


async def test_what_cannot_be_read_back_is_not_stored() -> None:
    place = Place()
    body = await place.store.read(FIRE)
    place.api.answers = lambda before, after: before

    async def away(*_: Any) -> KubeFailure:
        return KubeFailure(KubeFailureKind.UNREACHABLE, "no answer")

    place.api.get = away  # type: ignore[method-assign]
    assert isinstance(body, dict)
    failure = await place.store.store(body, SENDING)
    assert isinstance(failure, KubeFailure)
    assert failure.kind is KubeFailureKind.UNREACHABLE


async def test_the_same_status_again_asks_nothing() -> None:
    place = Place()
    await place.turn(LIVE)
    stored = await place.turn(LIVE)
    assert isinstance(stored, dict)
    assert place.api.tries == 1


async def test_a_site_that_loses_its_conditions_is_told_too() -> None:
    place = Place(ARCGIS_SITES)
    place.api.keeps = without_conditions
    body = await place.store.read(FIRE)
    assert isinstance(body, dict)
    verdict = Verdict(Reason.REACHABLE, "The site answers.", Record(), wake=After(2.0))
    failure = await place.store.store_site(body, verdict, {"version": "12.0"})
    assert isinstance(failure, KubeFailure)
    assert failure.kind is KubeFailureKind.NOT_KEPT
    assert [one.reason for one in place.told] == ["StatusNotKept"]


def refusal(detail: str, kind: KubeFailureKind = KubeFailureKind.INVALID, code: int = 422) -> KubeFailure:
    return KubeFailure(kind, detail, code)


async def test_a_refused_status_is_told_once_for_each_reason_with_the_words_of_the_api_server() -> None:
    place = Place()
    for words in (
        "422 Too long",
        "422 Too long",
        "403 label owner is required",
        "403 label owner is required",
    ):
        place.api.answers = lambda before, after, words=words: refusal(words)
        failure = await place.turn(SENDING)
        assert isinstance(failure, KubeFailure)
        place.api.body["status"] = {}
    assert [(one.reason, one.type) for one in place.told] == [("StatusRefused", "Warning")] * 2
    assert "422 Too long" in place.told[0].note
    assert "label owner is required" in place.told[1].note


async def test_after_a_success_a_refusal_is_news_again_and_its_pauses_begin_anew() -> None:
    place = Place()
    seen = []
    for words in ("422 a", "", "422 a"):
        place.api.answers = lambda before, after, words=words: refusal(words) if words else after
        seen.append(await place.turn(SENDING))
        place.api.body["status"] = {}
    assert [one.retry_after for one in seen if isinstance(one, KubeFailure)] == [5.0, 5.0]
    assert len(place.told) == 2


@pytest.mark.parametrize(
    "failure",
    [
        refusal("401 Unauthorized", KubeFailureKind.FORBIDDEN, 401),
        refusal("409", KubeFailureKind.CONFLICT, 409),
        refusal("500", KubeFailureKind.UNREACHABLE, 500),
    ],
    ids=lambda failure: failure.detail,
)
async def test_what_is_no_refusal_of_this_status_is_left_to_others(failure: KubeFailure) -> None:
    place = Place()
    place.api.answers = lambda before, after: failure
    assert await place.turn(SENDING) == failure
    assert place.told == []


async def test_of_what_is_gone_nothing_is_remembered() -> None:
    place = Place()
    place.api.keeps = without_journal
    await place.turn(SENDING)

    async def gone(*_: Any) -> KubeFailure:
        return KubeFailure(KubeFailureKind.MISSING, "404", 404)

    found, place.api.get = place.api.get, gone  # type: ignore[method-assign]
    await place.store.read(FIRE)
    place.api.get = found  # type: ignore[method-assign]
    failure = await place.turn(SENDING)
    assert isinstance(failure, KubeFailure)
    assert failure.retry_after == 5.0
