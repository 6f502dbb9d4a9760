"""The likely mistake in a service that the site does not have, from lists of folders."""

import pytest

from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.likely import Listing, likely
from arcgis_operator.core.said import Shown, plainly

OPEN = frozenset({"", "Transport", "Water"})


def listing(folder: str, *titles: str, folders: tuple[str, ...] = ()) -> Listing:
    return Listing(tuple(ref(f"{folder}/{title}") for title in titles), folders)


def ref(title: str) -> ServiceRef:
    folder, _, leaf = title.rpartition("/")
    name, _, kind = leaf.rpartition(".")
    return ServiceRef(name, kind, folder)


ROOT = listing(
    "", "Roads.MapServer", "Roads2.GPServer", folders=("Hosted", "Transport", "Water", "Secret", "Locked")
)
LISTS = {
    "": ROOT,
    "transport": listing("Transport", "TrafficCounts.MapServer", "Closures.FeatureServer"),
    "water": listing("Water", "Closures.FeatureServer", "Gauges.FeatureServer"),
    "secret": listing("Secret", "Bunkers.MapServer", "Gauges.FeatureServer", "TrafficCount.MapServer"),
}
CASES = {
    "nothing: it is listed where it was asked for": (
        "transport/trafficcounts.MapServer",
        "The list of its folder names it all the same: check on the site whether it can be opened there.",
    ),
    "the folder is forgotten": (
        "TrafficCounts.MapServer",
        "There is Transport/TrafficCounts.MapServer: set spec.service.folder.",
    ),
    "a folder where there is none": (
        "Water/Roads.MapServer",
        "There is Roads.MapServer: leave spec.service.folder out.",
    ),
    "several folders have it": (
        "Closures.FeatureServer",
        "There is Transport/Closures.FeatureServer and Water/Closures.FeatureServer: check spec.service.",
    ),
    "another type": (
        "Transport/TrafficCounts.FeatureServer",
        "There is Transport/TrafficCounts.MapServer: set spec.service.type.",
    ),
    "one letter too few": (
        "Transport/TraficCounts.MapServer",
        "There is Transport/TrafficCounts.MapServer: check spec.service.name.",
    ),
    "another type in another folder": (
        "Gauges.MapServer",
        "There is Water/Gauges.FeatureServer: check spec.service.",
    ),
    "a wrong name in another folder": (
        "TrafficCount.MapServer",
        "There is Transport/TrafficCounts.MapServer: check spec.service.",
    ),
    "a folder that is not there": (
        "Nothing/Anything.MapServer",
        "The site has no folder Nothing: check spec.service.folder.",
    ),
    "a folder that is nearly there": (
        "Transprt/Anything.MapServer",
        "The site has no folder Transprt; there is Transport: check spec.service.folder.",
    ),
    "nothing that is near": ("Transport/Anything.MapServer", ""),
    "one that is where nobody may look": ("Bunkers.MapServer", ""),
    "a folder that is nearly one where nobody may look": (
        "Locket/Anything.MapServer",
        "The site has no folder Locket: check spec.service.folder.",
    ),
}


@pytest.mark.parametrize(("asked", "said"), CASES.values(), ids=CASES)
def test_the_likely_mistake_is_named(asked: str, said: str) -> None:
    assert likely(ref(asked), LISTS, OPEN.__contains__, plainly) == said


def test_folders_that_were_not_read_are_named_as_places_to_look_in() -> None:
    asked = ref("TrafficCounts.MapServer")
    said = likely(asked, {"": ROOT}, OPEN.__contains__, plainly)
    assert said == "If it is in a folder (Transport, Water), set spec.service.folder."
    many = Listing((), tuple(f"Folder{number}" for number in range(9)))
    said = likely(asked, {"": many}, lambda folder: True, plainly)
    assert said == "If it is in a folder (Folder0, Folder1, Folder2 and others), set spec.service.folder."


def test_before_the_root_was_read_nothing_is_said_of_folders() -> None:
    assert likely(ref("Nowhere/Roads.MapServer"), {}, lambda folder: True, plainly) == ""


def test_names_of_the_site_are_shown_without_its_secrets() -> None:
    lists = {"": listing("", "hunter2Roads.MapServer")}
    said = likely(
        ref("hunter3Roads.MapServer"),
        lists,
        lambda folder: True,
        lambda text, least=1: Shown(text.replace("hunter2", "***")),
    )
    assert said == "There is ***Roads.MapServer: check spec.service.name."
