"""A glance at a folder: what it takes for granted, and what it leaves to a turn."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from arcgis_operator.adapters.admin import FolderAnswer
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import Name, ServiceRef
from arcgis_operator.core.job import JobsOn
from arcgis_operator.core.model import Desired, Leaf, LeafKind, SiteRef
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import RESYNC, Wake
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.folder_line import FOLDERS_AT_ONCE, FolderLine
from arcgis_operator.reconcilers.glance import Glance
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.reconcilers.registry import Resting
from arcgis_operator.reconcilers.retries import FIRST_SECONDS
from arcgis_operator.reconcilers.rhythm import Look

URL = "https://gis.example.com/arcgis"
WANTED = "as declared"
LIST_SECONDS, PATIENCE_SECONDS = 60.0, 300.0


class FakeSite:
    """Its folders hold documents by `name.type`."""

    def __init__(self, folders: dict[str, dict[str, Mapping[str, Any]]]) -> None:
        self.folders = folders
        self.told: list[bool] = []
        self.failure: Failure | None = None
        self.no_jobs: Failure | None = None
        self.failing = ""
        self.hold: Hold | None = None

    def gate(self) -> Hold | None:
        return self.hold

    async def pace(self) -> None:
        return None

    async def folder(self, name: str, refs: Sequence[ServiceRef], known: str) -> FolderAnswer | Failure:
        if self.failure or name == self.failing:
            return self.failure or Failure(Kind.BUSY, "503")
        digest = str(self.folders[name])
        self.told.append(digest != known)
        return FolderAnswer(digest, self.folders[name] if self.told[-1] else None)

    async def jobs_on(self, service_key: str, within: float) -> JobsOn:
        assert within == LIST_SECONDS
        return JobsOn(failure=self.no_jobs)


def resting(name: str, folder: str, key_folder: str = "") -> Resting:
    """A resource at rest, under the key of its own folder or of another one that it was joined with."""
    ref = ServiceRef(name, "MapServer", folder)
    key = f"{URL}|{(key_folder or folder).casefold()}/{ref.leaf.casefold()}"
    leaf = Leaf(("description",), LeafKind.TEXT, WANTED)
    return Resting(key, Name("gis", name.lower()), Desired(SiteRef("gis", "prod"), ref, (leaf,)))


class Glanced:
    """A glance at one site; `woken` are the keys that get a turn of their own."""

    def __init__(self, site: FakeSite) -> None:
        self.at_rest: list[Resting] = []
        self.woken: list[str] = []
        self.rhythm: list[tuple[str, list[str], bool]] = []
        self.again: list[float] = []
        self.paused: list[str] = []
        self.now = 0.0
        self.same = True

        async def resolve(*_: object) -> FakeSite:
            return site

        self.ledger = Ledger(lambda: self.now, 90.0, 1800.0)
        self._glance = Glance(
            cast("Any", SimpleNamespace(resolve=resolve)),
            cast("Any", SimpleNamespace(resting=lambda _: self.at_rest, identify=lambda *_: self.same)),
            self.ledger,
            self.woken.append,
            lambda _, within: self.again.append(within),
            LIST_SECONDS,
            Breath(),
            cast("Any", SimpleNamespace(looked=lambda *_, **__: None, paused=self.paused.append)),
            lambda: self.now,
            cast("Any", SimpleNamespace(glanced=self._rhythm)),
            PATIENCE_SECONDS,
        )

    def _rhythm(self, folder: str, keys: list[str], look: Look) -> None:
        self.rhythm.append((folder, keys, look.whole))

    async def look(self, *at_rest: Resting) -> list[str]:
        """Who is woken by it."""
        self.at_rest = list(at_rest)
        self.woken.clear()
        await self._glance.turn(f"{URL}|transport")
        return list(self.woken)


def document(description: str) -> Mapping[str, Any]:
    """What the site says of a service."""
    return {"serviceName": "Roads", "type": "MapServer", "description": description}


async def test_each_service_is_compared_with_the_document_of_its_own_folder() -> None:
    """Under a key of one folder a resource may speak that names the service by its address in another one."""
    site = FakeSite(
        {
            "Archive": {"rivers.mapserver": document(WANTED), "roads.mapserver": document(WANTED)},
            "Transport": {"roads.mapserver": document("drifted")},
        }
    )
    joined = resting("Rivers", "Archive", key_folder="Transport")
    roads = resting("Roads", "Transport")
    glance = Glanced(site)
    assert await glance.look(joined, roads) == [roads.key]
    assert glance.rhythm == [(f"{URL}|transport", [joined.key, roads.key], True)]


async def test_an_answer_that_is_the_same_to_the_last_byte_is_not_read_once_more() -> None:
    site = FakeSite({"Transport": {"roads.mapserver": document(WANTED)}})
    glance, roads = Glanced(site), resting("Roads", "Transport")
    for _ in range(3):
        assert await glance.look(roads) == []
    assert site.told == [True, False, False]
    site.folders["Transport"]["roads.mapserver"] = document("drifted")
    assert await glance.look(roads) == [roads.key]
    assert await glance.look(roads) == [roads.key], "it drifts, though the answer is the same as before"
    assert site.told[3:] == [True, True]


async def test_what_is_declared_otherwise_is_compared_though_the_answer_is_the_same() -> None:
    site = FakeSite({"Transport": {"roads.mapserver": document(WANTED)}})
    glance, roads = Glanced(site), resting("Roads", "Transport")
    await glance.look(roads)
    (leaf,) = roads.desired.leaves
    other = replace(roads, desired=replace(roads.desired, leaves=(replace(leaf, value="another"),)))
    assert await glance.look(other) == [other.key]
    assert site.told == [True, True]


TROUBLES: Mapping[str, tuple[str, object]] = {
    "no answer of the folder": ("failure", Failure(Kind.BUSY, "503")),
    "no list of jobs": ("no_jobs", Failure(Kind.BUSY, "503")),
    "a pause that the site asked for": ("hold", Hold(Reason.SITE_BUSY, "later")),
    "a site that failed often": ("hold", Hold(Reason.CIRCUIT_OPEN, "later")),
}


@pytest.mark.parametrize(("part", "trouble"), TROUBLES.values(), ids=TROUBLES)
async def test_a_failure_is_tried_again_for_a_while_before_each_service_is_asked_for(
    part: str, trouble: object
) -> None:
    """A site that is busy for a moment is not asked five hundred questions for it."""
    site = FakeSite({"Transport": {"roads.mapserver": document(WANTED)}})
    glance, roads = Glanced(site), resting("Roads", "Transport")
    setattr(site, part, trouble)
    for _ in range(3):
        assert await glance.look(roads) == []
        glance.now += PATIENCE_SECONDS / 2
    assert len(glance.again) == 3
    assert FIRST_SECONDS / 2 <= glance.again[0] <= FIRST_SECONDS
    assert glance.paused == [roads.key] * 3, "a count of drifts does not end meanwhile"
    assert glance.ledger[roads.key].vain_for(now=glance.now) == PATIENCE_SECONDS * 3 / 2, (
        "Ready stays no longer than it would"
    )
    glance.now += 1
    assert await glance.look(roads) == [roads.key]
    setattr(site, part, None)
    assert await glance.look(roads) == []
    assert glance.rhythm[-1][-1]
    setattr(site, part, trouble)
    assert await glance.look(roads) == [], "this is another one"


async def test_a_pause_that_the_site_asks_for_is_kept() -> None:
    site = FakeSite({"Transport": {"roads.mapserver": document(WANTED)}})
    glance = Glanced(site)
    site.failure = Failure(Kind.BUSY, "429", retry_after=120.0)
    await glance.look(resting("Roads", "Transport"))
    assert glance.again == [120.0]


async def test_services_of_a_site_that_is_suspended_get_turns_at_once() -> None:
    """They have something to say."""
    site = FakeSite({"Transport": {"roads.mapserver": document(WANTED)}})
    site.hold = Hold(Reason.SUSPENDED, "suspended")
    roads = resting("Roads", "Transport")
    assert await Glanced(site).look(roads) == [roads.key]


async def test_one_group_that_fails_is_told_from_another_that_does_not() -> None:
    """In the folder of a key that was joined with one of another folder."""
    site = FakeSite({"Transport": {"roads.mapserver": document(WANTED)}})
    site.failing = "Archive"
    joined, roads = resting("Rivers", "Archive", key_folder="Transport"), resting("Roads", "Transport")
    glance = Glanced(site)
    assert await glance.look(joined, roads) == []
    glance.now += PATIENCE_SECONDS + 1
    assert await glance.look(joined, roads) == [joined.key]


async def test_a_service_that_is_not_listed_or_has_become_another_gets_a_turn() -> None:
    site = FakeSite({"Transport": {"roads.mapserver": {**document(WANTED), "id": "s2"}}})
    glance, roads = Glanced(site), resting("Roads", "Transport")
    assert await glance.look(roads, resting("Rivers", "Transport")) == [f"{URL}|transport/rivers.mapserver"]
    glance.same = False
    assert await glance.look(roads) == [roads.key]


class SlowSite(FakeSite):
    """Answers for a folder only when it is told to."""

    def __init__(self, under_way: list["SlowSite"]) -> None:
        super().__init__({"Transport": {"roads.mapserver": document(WANTED)}})
        self.under_way, self.asked, self.answer = under_way, asyncio.Event(), asyncio.Event()

    async def folder(self, name: str, refs: Sequence[ServiceRef], known: str) -> FolderAnswer | Failure:
        self.under_way.append(self)
        self.asked.set()
        await self.answer.wait()
        self.under_way.remove(self)
        return await super().folder(name, refs, known)


async def test_few_folders_are_held_at_a_time_and_who_waits_gives_its_worker_back() -> None:
    """Sixteen at once took 80 MiB, which the process kept; a site that hangs keeps one place."""
    under_way: list[SlowSite] = []
    names = ("hangs", *"abcdef")
    sites = {name: SlowSite(under_way) for name in names}
    turns: dict[str, asyncio.Task[Wake]] = {}

    async def resolve(aim: Any, *_: object) -> SlowSite:
        return sites[aim.site.name]

    def at_rest(folder: str) -> list[Resting]:
        one = resting("Roads", "Transport")
        return [replace(one, desired=replace(one.desired, site=SiteRef("gis", folder.partition("|")[0])))]

    def give(folder: str, within: float = 0.0) -> None:
        turns[folder] = asyncio.create_task(made.turn(folder))

    made = Glance(
        cast("Any", SimpleNamespace(resolve=resolve)),
        cast("Any", SimpleNamespace(resting=at_rest, identify=lambda *_: True)),
        Ledger(lambda: 0.0, 90.0, 1800.0),
        lambda _: None,
        give,
        LIST_SECONDS,
        Breath(),
        cast("Any", SimpleNamespace(looked=lambda *_, **__: None)),
        lambda: 0.0,
        cast("Any", SimpleNamespace(glanced=lambda *_, **__: None)),
        PATIENCE_SECONDS,
    )
    for folder in [*(f"{name}|transport" for name in names), "hangs|another"]:
        give(folder)
    async with asyncio.timeout(10):
        await sites["c"].asked.wait()
        for folder in ("d|transport", "e|transport", "f|transport", "hangs|another"):
            assert await turns[folder] is RESYNC, "it waits without a worker"
        for name in "abcdef":
            await sites[name].asked.wait()
            assert len(under_way) <= FOLDERS_AT_ONCE
            assert under_way.count(sites["hangs"]) == 1
            sites[name].answer.set()
            await turns[f"{name}|transport"]
        sites["hangs"].answer.set()
        await turns["hangs|transport"]
        await turns["hangs|another"]


def test_who_leaves_calls_the_first_in_line_and_each_is_called_once() -> None:
    line = FolderLine()
    looking = [f"{number}|a" for number in range(FOLDERS_AT_ONCE)]
    assert all(map(line.enter, looking))
    assert not any(map(line.enter, ("0|b", "x|a", "y|a")))
    assert line.leave("1|a") == "x|a", "the site of the first one is still being looked at"
    assert line.leave("2|a") == "y|a"
    assert line.leave("3|a") is None
    assert line.enter("x|a")
    assert line.leave("0|a") == "0|b"
    assert line.enter("0|b")
    assert line.leave("0|b") is None
