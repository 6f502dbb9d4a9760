"""How often what is at rest is looked at between two resyncs, and which resyncs pass it over."""

from dataclasses import dataclass, field

import pytest

from arcgis_operator.core.keys import FolderKey, Key, ServiceKey
from arcgis_operator.reconcilers.rhythm import EARLIEST, READS_PER_SECOND, SHARE, SOON_SECONDS, Look, Rhythm

RESYNC_SECONDS = 600.0
URL = "https://gis.example.com/arcgis"
FOLDER = f"{URL}|roads"
KEY = f"{FOLDER}/a.mapserver"
WHOLE, IN_PARTS = Look(True, 1, 0.1), Look(False, 1, 0.1)


@dataclass
class Known:
    """Everything that is known of one service."""

    own: float | None = None
    site: float | None = None
    rests: bool = True
    folder: bool = True

    def own_interval(self, key: str) -> float | None:
        return self.own

    def site_interval(self, key: str) -> float | None:
        return self.site

    def shelf_of(self, key: str) -> str | None:
        return FOLDER if self.rests else None

    def is_at_rest(self, key: str) -> bool:
        return self.rests

    def has_folder(self, folder: str) -> bool:
        return self.folder


@dataclass
class World:
    """The looks that were asked for."""

    known: Known = field(default_factory=Known)
    now: float = 1000.0
    asked: list[tuple[Key, float]] = field(default_factory=list)

    def rhythm(self, chance: float = 1.0) -> Rhythm:
        return Rhythm(
            self.known,
            lambda *asked: self.asked.append(asked),
            RESYNC_SECONDS,
            lambda: self.now,
            lambda: chance,
        )


def test_a_folder_that_is_answered_for_as_a_whole_is_looked_at_again_soon() -> None:
    world = World()
    world.rhythm().glanced(FOLDER, [KEY], WHOLE)
    assert world.asked == [(FolderKey(FOLDER), SOON_SECONDS)]


def test_looks_that_began_together_spread() -> None:
    world = World()
    world.rhythm(chance=0.0).glanced(FOLDER, [KEY], WHOLE)
    assert world.asked == [(FolderKey(FOLDER), SOON_SECONDS * EARLIEST)]


def test_a_folder_that_is_not_waits_for_the_resync() -> None:
    world = World()
    world.rhythm().glanced(FOLDER, [KEY], IN_PARTS)
    world.rhythm().glanced(FOLDER, [], IN_PARTS)
    assert not world.asked


def test_a_folder_in_which_something_is_done_for_all_services_is_looked_at_again() -> None:
    """Until nobody declares any of them any more."""
    world = World()
    rhythm = world.rhythm()
    rhythm.glanced(FOLDER, [KEY], WHOLE)
    rhythm.glanced(FOLDER, [], IN_PARTS)
    assert world.asked == [(FolderKey(FOLDER), SOON_SECONDS)] * 2
    world.known.folder = False
    rhythm.glanced(FOLDER, [], IN_PARTS)
    assert len(world.asked) == 2


def test_who_takes_long_to_answer_is_asked_more_rarely() -> None:
    world = World()
    world.rhythm().glanced(FOLDER, [KEY], Look(whole=True, groups=1, seconds=2.0))
    assert world.asked == [(FolderKey(FOLDER), 2.0 / SHARE)]


def test_many_sites_of_one_address_share_its_budget() -> None:
    world = World()
    world.rhythm().glanced(FOLDER, [KEY], Look(whole=True, groups=20, seconds=0.1))
    folders_and_lists_of_jobs = 20 + 20
    assert folders_and_lists_of_jobs / (world.asked[0][1] * EARLIEST) == pytest.approx(READS_PER_SECOND)


def test_after_a_restart_the_interval_of_a_service_begins_with_the_look_at_its_folder() -> None:
    world = World(Known(own=30.0))
    world.rhythm().glanced(FOLDER, [KEY], WHOLE)
    assert world.asked == [(ServiceKey(KEY), 30.0)], "and its folder need not be looked at for it"


def test_a_long_interval_of_one_takes_no_look_from_the_others_of_its_folder() -> None:
    world = World()
    rhythm = world.rhythm()
    world.known.site_interval = {KEY: 86_400.0}.get  # type: ignore[method-assign, assignment]
    rhythm.glanced(FOLDER, [KEY, f"{KEY}2"], WHOLE)
    assert world.asked == [(FolderKey(FOLDER), SOON_SECONDS)]


@pytest.mark.parametrize(("folders", "seconds"), [(1, SOON_SECONDS), (13, SOON_SECONDS), (59, 250.0)])
def test_the_more_folders_a_site_has_the_more_rarely_each_is_looked_at(folders: int, seconds: float) -> None:
    world = World()
    rhythm = world.rhythm()
    for name in [f"{URL}|{number}" for number in range(folders)] * 2:
        rhythm.glanced(name, [KEY], WHOLE)
    assert world.asked[-1][1] == pytest.approx(seconds)
    a_list_of_jobs = 1
    assert (folders + a_list_of_jobs) / (seconds * EARLIEST) <= READS_PER_SECOND * 1.001


def test_the_interval_of_a_site_holds_for_its_folders_and_single_services() -> None:
    world = World(Known(site=120.0))
    rhythm = world.rhythm()
    rhythm.glanced(FOLDER, [KEY], WHOLE)
    rhythm.rested(KEY)
    world.known.rests = False
    rhythm.rested(KEY)
    assert world.asked == [(FolderKey(FOLDER), 120.0), (FolderKey(FOLDER), 120.0), (ServiceKey(KEY), 120.0)]


def test_the_interval_of_a_service_wins_over_that_of_its_site() -> None:
    world = World(Known(own=30.0, site=120.0))
    world.rhythm().rested(KEY)
    assert world.asked == [(ServiceKey(KEY), 30.0)]


def test_whoever_declares_none_is_left_to_the_resync() -> None:
    world = World()
    rhythm = world.rhythm()
    rhythm.rested(KEY)
    assert not world.asked
    assert not rhythm.passes_over(KEY)


def test_a_long_interval_is_passed_over_until_the_next_resync_would_be_too_late() -> None:
    world = World(Known(own=3600.0))
    rhythm = world.rhythm()
    assert not rhythm.passes_over(KEY), "it has not been looked at in this term"
    rhythm.rested(KEY)
    assert not world.asked
    for minutes, passed in ((10, True), (50, True), (51, False)):
        world.now = 1000.0 + 60 * minutes
        assert rhythm.passes_over(KEY) is passed
    world.now = 1000.0
    world.known.rests = False
    assert not rhythm.passes_over(KEY), "something is to be done for it"


def test_a_long_interval_counts_from_a_look_at_the_folder_as_well_and_ends_with_the_term() -> None:
    world = World(Known(site=3600.0))
    rhythm = world.rhythm()
    rhythm.glanced(FOLDER, [KEY], WHOLE)
    assert not world.asked, "no resync is that far away"
    assert rhythm.passes_over(KEY)
    rhythm.begin()
    assert not rhythm.passes_over(KEY)


def test_an_interval_that_was_made_shorter_is_not_passed_over_any_more() -> None:
    world = World(Known(own=3600.0))
    rhythm = world.rhythm()
    rhythm.rested(KEY)
    world.known.own = 500.0
    assert not rhythm.passes_over(KEY)
    rhythm.rested(KEY)
    world.known.own = 3600.0
    assert not rhythm.passes_over(KEY), "the look before counted for another interval"
