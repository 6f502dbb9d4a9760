"""Many services at rest in one folder: a resync is a glance, and still sees what has changed."""

from collections.abc import Iterator

import pytest

from arcgis_demo import parts
from arcgis_devcluster import Cluster
from harness.apiserver import wait_until
from harness.bench import Workbench

MANY = 30
RESYNC = 3
PROOFS = 3
LIVE = {"properties": {"maxRecordCount": 1000}}


@pytest.fixture(scope="module")
def crowd(control_plane: Cluster) -> Iterator[Workbench]:
    """Thirty resources at rest; a resync every three seconds."""
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={MANY}")
        bench.register()
        bench.start_operator(resync_seconds=RESYNC)
        for number in range(1, MANY + 1):
            bench.declare(name(number), title(number), LIVE)
        for number in range(1, MANY + 1):
            bench.converged(name(number))
        yield bench


def name(number: int) -> str:
    return f"layer-{number:04}"


def title(number: int) -> str:
    return f"Generated/Layer{number:04}.MapServer"


def asked(bench: Workbench, operation: str) -> int:
    """How often the operator has read so far."""
    return len(bench.site.journal(kind="request", operation=operation))


def glanced(bench: Workbench, times: int) -> None:
    """Waits until the folder was read so many times more."""
    before = asked(bench, "folder")
    wait_until(
        lambda: asked(bench, "folder") >= before + times, 30, lambda: f"{asked(bench, 'folder')} folder reads"
    )


def written(bench: Workbench) -> int:
    return sum(len(bench.status_writes(name(number))) for number in range(1, MANY + 1))


def edited(bench: Workbench) -> list[str]:
    return [edit["service"] for edit in bench.site.journal(kind="accepted", operation="edit")]


def test_a_resync_of_a_folder_is_one_request_and_writes_nothing(crowd: Workbench) -> None:
    glanced(crowd, 2)  # the first one proves the folder
    single, wrote = asked(crowd, "service"), written(crowd)
    glanced(crowd, 3)
    assert asked(crowd, "service") == single
    assert written(crowd) == wrote
    assert edited(crowd) == []


def test_drift_among_many_is_put_back_and_the_others_are_left_alone(crowd: Workbench) -> None:
    crowd.site.drift(title(7), {"properties.maxRecordCount": "17"})
    crowd.wait_edits(title(7), 1)
    crowd.converged(name(7))
    glanced(crowd, 2)
    assert edited(crowd) == [title(7)]
    assert crowd.site.document(title(7))["properties"]["maxRecordCount"] == "1000"


def test_an_edit_under_our_name_that_no_record_explains_is_told_of(crowd: Workbench) -> None:
    glanced(crowd, 1)
    crowd.site.foreign_job(title(9), username=parts.USERNAME)
    crowd.wait_event(name(9), "StrayEdit")
    glanced(crowd, 2)
    assert edited(crowd).count(title(9)) == 1


def test_a_restart_with_many_at_rest_reads_the_folder_and_neither_writes_nor_edits(crowd: Workbench) -> None:
    crowd.operator.terminate()
    single, wrote, edits = asked(crowd, "service"), written(crowd), edited(crowd)
    crowd.start_operator(resync_seconds=RESYNC)
    glanced(crowd, 2)
    assert edited(crowd) == edits
    assert written(crowd) == wrote
    assert asked(crowd, "service") - single <= PROOFS


HOURS = 7200


@pytest.fixture
def seldom(control_plane: Cluster) -> Iterator[Workbench]:
    """A site whose services are looked at every ten seconds, though a resync comes every two hours."""
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={MANY}")
        bench.register(resyncInterval="10s")
        bench.start_operator(resync_seconds=HOURS)
        yield bench


def test_a_drift_is_seen_long_before_the_next_resync_where_the_site_declares_an_interval(
    seldom: Workbench,
) -> None:
    """In a folder that is at rest by now, of which one service was changed a moment ago."""
    for number in range(1, MANY + 1):
        seldom.declare(name(number), title(number), LIVE)
    for number in range(1, MANY + 1):
        seldom.converged(name(number))
    seldom.declare(name(7), title(7), {"properties": {"maxRecordCount": 1500}})
    seldom.converged(name(7))
    glanced(seldom, 2)
    single = asked(seldom, "service")
    glanced(seldom, 2)
    assert asked(seldom, "service") == single, "one answer tells of the whole folder"
    seldom.site.drift(title(7), {"properties.maxRecordCount": "17"})
    seldom.wait_edits(title(7), 2)
    seldom.converged(name(7))
    assert edited(seldom) == [title(7)] * 2


def test_a_service_may_declare_an_interval_of_its_own(seldom: Workbench) -> None:
    seldom.register(resyncInterval="24h")
    seldom.declare(name(1), title(1), LIVE, resyncInterval="10s")
    seldom.converged(name(1))
    for edits in (1, 2):
        seldom.site.drift(title(1), {"properties.maxRecordCount": "17"})
        seldom.wait_edits(title(1), edits)
        seldom.converged(name(1))
        if edits == 1:  # also by a process that finds it at rest
            seldom.operator.terminate()
            seldom.start_operator(resync_seconds=HOURS)
