"""The one breach that no client can prevent: a request of ours that the site applies after the settle time.

It is told of, and what it changed is put right.
"""

from collections.abc import Iterator

import pytest

from arcgis_devcluster import Cluster
from harness.bench import Workbench


@pytest.fixture(scope="module")
def resyncing_late(control_plane: Cluster) -> Iterator[Workbench]:
    """An operator that looks at everything once a second."""
    with Workbench(control_plane) as bench:
        bench.start_site("--services=5")
        bench.register()
        bench.start_operator(resync_seconds=1)
        yield bench


def parked_edit(bench: Workbench, name: str, service: str, text: str) -> None:
    """An edit that waits before the site's door, given up by the operator."""
    bench.site.fault({"hold": name}, when="before", operation="edit", service=service)
    bench.declare(name, service, {"description": text})
    bench.site.wait_parked(name)
    bench.wait(name, "LookingForJob")


def test_an_edit_applied_after_the_settle_time_is_told_of(resyncing_late: Workbench) -> None:
    """Its settings are the wanted ones, so nothing more is sent."""
    bench, service = resyncing_late, resyncing_late.fresh_service()
    parked_edit(bench, "late", service, "wanted")
    bench.wait_edits(service, 1)
    bench.converged("late")
    bench.site.release("late")
    bench.wait_edits(service, 2)
    event = bench.wait_event("late", "StrayEdit")
    assert bench.edits(service)[1]["job"] in event["note"]
    bench.looked_at(service, times=3)
    bench.converged("late")
    assert bench.sent(service, "description") == ["wanted", "wanted"]


def test_an_old_edit_applied_after_a_newer_one_is_told_of_and_undone(resyncing_late: Workbench) -> None:
    """The newest generation wins in the end, with one edit more."""
    bench, service = resyncing_late, resyncing_late.fresh_service()
    parked_edit(bench, "older", service, "old")
    bench.wait_edits(service, 1)
    bench.converge_on("older", service, {"description": "new"})
    bench.site.release("older")
    bench.wait_edits(service, 4)
    bench.wait_event("older", "StrayEdit")
    bench.converged("older")
    assert bench.site.document(service)["description"] == "new"
    assert bench.sent(service, "description") == ["old", "new", "old", "new"]
