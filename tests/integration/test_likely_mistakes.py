"""A service that the site does not have: the message names the likely mistake, and nothing not open here."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from arcgis_devcluster import Cluster
from harness.bench import Workbench, condition

SETTINGS = {"description": "wanted"}
OPEN = [{"namespaces": {"from": "Same"}, "folders": ["/", "Transport", "Water"]}]
CASES = {
    "a folder that was forgotten": (
        "TrafficCounts.MapServer",
        "There is Transport/TrafficCounts.MapServer: set spec.service.folder.",
    ),
    "another type": (
        "Transport/Addresses.MapServer",
        "There is Transport/Addresses.GeocodeServer: set spec.service.type.",
    ),
    "a letter that is missing": (
        "FireWeatherWach.MapServer",
        "There is FireWeatherWatch.MapServer: check spec.service.name.",
    ),
    "a folder that was misspelled": (
        "Water/RoadClosures.FeatureServer",
        "There is Transport/RoadClosures.FeatureServer: set spec.service.folder.",
    ),
    "what stands only where it may not look": (
        "PrintingTools.GPServer",
        "Nothing is created; publish it first.",
    ),
}


@pytest.fixture(scope="module")
def walled(control_plane: Cluster) -> Iterator[Workbench]:
    """Of a site only some folders are open here; the operator looks again every second."""
    with Workbench(control_plane) as bench:
        bench.start_site()
        bench.register(access=OPEN)
        bench.start_operator(resync_seconds=1)
        yield bench


@pytest.mark.parametrize(("service", "said"), CASES.values(), ids=CASES)
def test_the_message_names_the_likely_mistake(walled: Workbench, service: str, said: str) -> None:
    name = service.replace("/", "-").casefold()
    walled.declare(name, service, SETTINGS)

    def names_it(body: Any) -> bool:
        return said in condition(body)["message"]

    body = walled.wait(name, "ServiceNotFound", also=names_it)
    assert not [word for word in ("Utilities", "Hosted", "System") if word in str(body["status"])]


def test_beside_its_own_folder_a_look_reads_no_list_twice_and_none_that_is_not_open(
    walled: Workbench,
) -> None:
    """Where the site says that a service is missing, its folder is read as well to be sure."""
    asked = walled.site.journal(kind="request")
    below = [one["path"].removeprefix("/arcgis/admin/services").strip("/") for one in asked]
    operations = [one["operation"] for one in asked]
    lists = Counter(
        path for path, word in zip(below, operations, strict=True) if word in ("folder", "services")
    )
    looks = Counter(
        path.rpartition("/")[0] for path, word in zip(below, operations, strict=True) if word == "service"
    )
    assert lists.keys() <= {"", "Transport", "Water"}
    assert lists["Transport"] <= looks["Transport"] + 1
    assert lists["Water"] <= looks["Water"] + 1
