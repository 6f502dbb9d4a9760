"""The answer to an edit is lost: Ready when its job has ended, nothing else sent before all is settled."""

from collections.abc import Iterator

import pytest

from arcgis_devcluster import Cluster
from harness.bench import Workbench

SETTLE_SECONDS = 6


@pytest.fixture(scope="module")
def settling_slowly(control_plane: Cluster) -> Iterator[Workbench]:
    """Jobs end long before a request can no longer arrive."""
    with Workbench(control_plane) as bench:
        bench.start_site("--services=5")
        bench.register()
        bench.start_operator(settle_seconds=SETTLE_SECONDS)
        yield bench


def lose_the_answer(bench: Workbench, service: str) -> None:
    bench.site.fault({"drop": True}, when="after", operation="edit", service=service)


def phase(body: dict[str, object]) -> str:
    status = body["status"]
    assert isinstance(status, dict)
    return str(status["journal"]["phase"])


def test_a_change_whose_answer_was_lost_is_ready_once_its_job_has_ended(settling_slowly: Workbench) -> None:
    bench, service = settling_slowly, settling_slowly.fresh_service()
    lose_the_answer(bench, service)
    bench.declare("lost", service, {"description": "wanted"})
    body = bench.converged("lost")
    assert phase(body) == "Intended"
    assert body["status"]["job"]["id"] == bench.edits(service)[0]["job"]
    assert body["status"]["job"]["status"] == "COMPLETED"
    bench.converged("lost", also=lambda body: phase(body) == "Idle")
    assert len(bench.edits(service)) == 1
    assert bench.reasons("lost") == ["Submitting", "LookingForJob", "Converged"]


def test_the_next_change_waits_until_the_lost_one_can_no_longer_arrive(settling_slowly: Workbench) -> None:
    bench, service = settling_slowly, settling_slowly.fresh_service()
    lose_the_answer(bench, service)
    bench.converge_on("next", service, {"description": "first"})
    bench.declare("next", service, {"description": "second"})
    bench.converged("next")
    first, second = bench.edits(service)
    assert second["time_ms"] - first["time_ms"] >= SETTLE_SECONDS * 1000
    assert bench.sent(service, "description") == ["first", "second"]
