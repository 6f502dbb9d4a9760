"""Who speaks for a service that several resources are about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.core.case import Case, Hold, Seen
from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import Desired
from arcgis_operator.core.record import Observed, Record
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.reconcilers.hearing import PASSED_OVER, STEPS_BACK, Heard, Hearing
from arcgis_operator.reconcilers.registry import Claim

ELDER, YOUNGER = Name("gis", "elder"), Name("gis", "younger")
CLAIM = Claim(ELDER, (YOUNGER,))
AWAY = KubeFailure(KubeFailureKind.UNREACHABLE, "429 too many requests", 429, retry_after=3.0)
GONE = KubeFailure(KubeFailureKind.MISSING, "404", 404)
HOLDS = {
    reason: Hold(reason, f"{reason}.")
    for reason in (Reason.SITE_NOT_ALLOWED, Reason.SITE_NOT_FOUND, Reason.ACCESS_UNKNOWN)
}


class Place:
    """Two resources on one service: what reading each gives, and what its site says to it."""

    def __init__(self) -> None:
        self.answers: dict[Name, Any] = {name: body(name) for name in (ELDER, YOUNGER)}
        self.holds: dict[str, Hold] = {}
        self.forgotten: list[tuple[Name, str]] = []
        self.stored: list[tuple[str, Verdict]] = []

    async def read(self, name: Name) -> Any:
        return self.answers[name]

    async def store(self, resource: Any, verdict: Verdict) -> None:
        self.stored.append((resource["metadata"]["name"], verdict))

    async def resolve(self, aim: Any, namespace: str, within: float) -> Any:
        return self.holds.get(aim.site.name, "a session")

    def uid(self, name: Name) -> str:
        return f"uid-{name.name}"

    def forget(self, name: Name, uid: str) -> None:
        self.forgotten.append((name, uid))

    async def hear(self, claim: Claim = CLAIM) -> Heard | KubeFailure:
        return await Hearing(cast("Any", self), cast("Any", self), cast("Any", self)).hear(claim)

    async def tell(self) -> dict[str, Verdict]:
        heard = await self.hear()
        assert isinstance(heard, Heard)
        await Hearing(cast("Any", self), cast("Any", self), cast("Any", self)).tell(heard)
        return dict(self.stored)


CREATED = {"elder": "2026-01-01T00:00:00Z", "younger": "2026-01-02T00:00:00Z"}


def body(name: Name, phase: str = "Idle", settings: object = None) -> dict[str, Any]:
    """Each refers to an ArcGISSite of its own name."""
    spec = {
        "siteRef": {"name": name.name},
        "service": {"name": "Roads", "type": "MapServer"},
        "settings": settings,
    }
    ready = {"type": "Ready", "status": "False", "reason": "JobFailed", "observedGeneration": 1}
    status = {"conditions": [ready], "observedGeneration": 1, "journal": {"phase": phase, "id": "intent"}}
    metadata = {"namespace": name.namespace, "name": name.name, "uid": f"uid-{name.name}"}
    metadata["creationTimestamp"] = CREATED[name.name]
    return {"metadata": metadata, "spec": spec, "status": status}


def speaker(heard: Heard | KubeFailure) -> Name | None:
    """Who speaks."""
    assert isinstance(heard, Heard)
    return heard.speaker


async def test_the_oldest_speaks_and_the_other_is_told_that_it_is_older() -> None:
    place = Place()
    told = await place.tell()
    assert speaker(await place.hear()) == ELDER
    assert told["younger"].reason is Reason.CONFLICT
    assert told["younger"].message == (
        "gis/elder already manages this service and is older (its state: JobFailed), so this resource is "
        "ignored. Delete one of the two."
    )


async def test_of_two_that_are_made_in_one_second_none_is_called_older(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(CREATED, "younger", CREATED["elder"])
    message = (await Place().tell())["younger"].message
    assert message.startswith("gis/elder already manages this service (its state: JobFailed)")


@pytest.mark.parametrize("reason", [Reason.SITE_NOT_ALLOWED, Reason.SITE_NOT_FOUND])
async def test_who_has_no_site_that_allows_it_steps_back_and_is_told_so(reason: Reason) -> None:
    place = Place()
    place.holds["elder"] = HOLDS[reason]
    assert speaker(await place.hear()) == YOUNGER
    assert (await place.tell())["elder"].reason is reason
    place.holds["younger"] = HOLDS[reason]
    assert speaker(await place.hear()) == ELDER, "where nobody may, the oldest says why"


async def test_what_could_not_be_read_is_no_refusal() -> None:
    """Rights that are not known keep the oldest where it is; so does a spec with an error in it."""
    place = Place()
    place.holds["elder"] = HOLDS[Reason.ACCESS_UNKNOWN]
    assert speaker(await place.hear()) == ELDER
    place.answers[ELDER] = body(ELDER, settings={"properties": {"key": {"nested": 1}}})
    assert speaker(await place.hear()) == ELDER


@pytest.mark.parametrize("unread", [ELDER, YOUNGER])
async def test_while_one_of_them_cannot_be_read_nobody_speaks(unread: Name) -> None:
    """It may have an operation open."""
    place = Place()
    place.answers[unread] = AWAY
    assert await place.hear() == AWAY


async def test_one_that_is_gone_is_forgotten_as_the_object_it_was() -> None:
    place = Place()
    place.answers[ELDER] = GONE
    assert speaker(await place.hear()) == YOUNGER
    assert place.forgotten == [(ELDER, "uid-elder")]
    place.answers[YOUNGER] = GONE
    assert speaker(await place.hear()) is None


@pytest.mark.parametrize("phase", ["Intended", "Running"])
async def test_an_open_operation_speaks_before_an_older_resource(phase: str) -> None:
    """Only its own record can follow it; even where its site does not allow it any more."""
    place = Place()
    place.answers[YOUNGER] = body(YOUNGER, phase)
    place.holds["younger"] = HOLDS[Reason.SITE_NOT_ALLOWED]
    heard = await place.hear()
    assert speaker(heard) == YOUNGER
    assert isinstance(heard, Heard)
    assert heard.hold
    assert heard.hold.reason is Reason.CONFLICT
    assert (
        "already manages this service (its state: an operation is under way)"
        in (await place.tell())["elder"].message
    )


async def test_one_resource_alone_is_not_read_twice() -> None:
    place = Place()
    place.answers = {}
    heard = await place.hear(Claim(ELDER))
    assert heard == Heard(ELDER)
    assert isinstance(heard, Heard)
    assert heard.hold is None


@pytest.mark.parametrize(("speaks", "unread"), [(ELDER, YOUNGER), (YOUNGER, ELDER)])
@pytest.mark.parametrize("phase", ["Intended", "Running"])
async def test_an_open_operation_is_followed_though_another_resource_cannot_be_read(
    phase: str, speaks: Name, unread: Name
) -> None:
    """To its end only: what cannot be read may have the word, so nothing is sent meanwhile."""
    place = Place()
    place.answers |= {speaks: body(speaks, phase), unread: AWAY}
    heard = await place.hear()
    assert speaker(heard) == speaks
    assert isinstance(heard, Heard)
    assert heard.hold
    assert heard.hold.reason is Reason.ACCESS_UNKNOWN
    assert f"{unread} is about the same service and cannot be read: 429 too many" in heard.hold.message


def test_whoever_steps_back_is_passed_over() -> None:
    assert set(STEPS_BACK) < set(PASSED_OVER)


LIVE = {"description": "live", "extensions": []}


def live_instead(place: Place, heard: Heard | KubeFailure, observed: Observed | None = None) -> Hold | None:
    """What keeps the speaker from sending, over a service whose description is "live"."""
    assert isinstance(heard, Heard)
    desired = parse_service(place.answers[ELDER])
    case = Case(
        desired=desired if isinstance(desired, Desired) else None,
        generation=1,
        record=replace(Record(), observed=observed),
        seen=Seen(document=LIVE),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return heard.live_instead(case)


@pytest.fixture
def restored() -> Place:
    """The one that was made first wants something else than what is live, the other one what is."""
    place = Place()
    place.answers[ELDER]["spec"]["settings"] = {"description": "else"}
    place.answers[YOUNGER]["spec"]["settings"] = {"description": "live"}
    return place


async def test_a_map_does_not_change_hands_by_the_order_in_which_a_backup_was_put_back(
    restored: Place,
) -> None:
    hold = live_instead(restored, await restored.hear())
    assert hold is not None
    assert (hold.reason, "gis/younger" in hold.message) == (Reason.CONFLICT, True)


async def test_who_was_once_verified_may_change_its_mind(restored: Place) -> None:
    assert live_instead(restored, await restored.hear(), Observed(digest="sha256:1")) is None
    restored.answers[YOUNGER]["status"]["observed"] = {"digest": "sha256:1"}
    assert live_instead(restored, await restored.hear()) is None


@pytest.mark.parametrize("settings", [{}, {"description": "other"}, {"maxIdleTime": 1}, None])
async def test_who_loses_nothing_that_is_live_keeps_nobody(restored: Place, settings: object) -> None:
    restored.answers[YOUNGER]["spec"]["settings"] = settings
    assert live_instead(restored, await restored.hear()) is None


async def test_who_is_not_allowed_keeps_nobody(restored: Place) -> None:
    restored.holds["younger"] = HOLDS[Reason.SITE_NOT_ALLOWED]
    assert live_instead(restored, await restored.hear()) is None
