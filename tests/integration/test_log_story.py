"""The log of a running operator: one search for a resource finds its whole story, and nothing twice."""

import json
from typing import Any

from harness.bench import PASSWORD, Workbench

Line = dict[str, Any]
NAMES = ("kind", "namespace", "name", "site", "service")


def found(bench: Workbench, resource: str) -> list[Line]:
    """The lines that a search for the resource shows, as `grep` would."""
    return [json.loads(line) for line in bench.operator.lines() if resource in line]


def test_one_search_tells_what_became_of_a_resource(bench: Workbench) -> None:
    bench.start_site("--services=5")
    bench.register()
    bench.start_operator(log_level="info", resync_seconds=1)
    service = bench.fresh_service()
    bench.converge_on("told", service, {"description": "wanted"})
    bench.site.drift(service, {"description": "quick fix"})
    bench.wait_edits(service, 2)
    bench.converged("told")
    bench.looked_at(service, times=3)
    lines = found(bench, f"{bench.namespace}/told")
    for line in lines:
        expected = ("ArcGISService", bench.namespace, "told", f"{bench.namespace}/prod", service)
        assert tuple(line[name] for name in NAMES) == expected

    heads = [line["msg"].partition(". ")[0] for line in lines]
    passing = ("Verifying", "JobRunning")
    steps = ["Submitting", "edit sent", "edit answered", "Converged"]
    assert [head for head in heads if head not in passing] == [*steps, "DriftDetected", *steps]
    assert {line["level"] for line in lines} == {"info", "warning"}
    assert "quick fix" in next(line["msg"] for line in lines if line["level"] == "warning")
    jobs = [job["job"] for job in bench.edits(service)]
    assert [line["job_id"] for line in lines if line["msg"] == "edit answered"] == jobs
    assert all(line["attempt"] == 1 for line in lines if line["msg"].startswith("edit "))
    live = [line["msg"] for line in lines if line["msg"].startswith("Converged. ")]
    assert all("description" in text for text in live), "that it went live says what was changed"
    assert PASSWORD not in "\n".join(bench.operator.lines())
