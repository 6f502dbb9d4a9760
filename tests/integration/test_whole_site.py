"""A site that nobody declared yet, from the first look to the morning after: observe, read, approve, wait."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arcgis_devcluster import Cluster
from harness.apiserver import wait_until
from harness.bench import SERVICES, Workbench, is_current, ready

Json = Any
COUNT, AS_DECLARED, NOT_APPROVED, JOBS = 300, 100, 10, 8
PATIENCE = 180.0


def resources(bench: Workbench) -> list[Json]:
    found: list[Json] = bench.api.everything(SERVICES)
    return found


def wait_for_counts(bench: Workbench, wanted: dict[str, int]) -> list[Json]:
    """Waits until so many resources have each reason; all of them."""
    counts: dict[str, int] = {}

    def look() -> list[Json] | None:
        bodies, _ = resources(bench), counts.clear()
        for body in bodies:
            reason = ready(body) if is_current(body) else "not read yet"
            counts[reason] = counts.get(reason, 0) + 1
        return bodies if counts == wanted else None

    found: list[Json] = wait_until(look, PATIENCE, lambda: str(counts), every=0.5)
    return found


def having(bodies: list[Json], reason: str) -> list[Json]:
    return [body for body in bodies if ready(body) == reason]


def full_minute(after: float) -> datetime:
    """The first one that is so many seconds away."""
    return (datetime.now(UTC) + timedelta(seconds=after + 60)).replace(second=0, microsecond=0)


@pytest.mark.timeout(600)
def test_a_site_of_many_services_is_adopted_without_a_surprise(
    control_plane: Cluster, say: Callable[[str], None]
) -> None:
    """300 services, of which 200 differ: seen, approved for tonight's window, done in the morning."""
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={COUNT}")
        limits = {"requestsPerSecond": 500, "maxJobs": JOBS}
        shipped = {"limits": limits, "drift": {}}
        bench.register(managementPolicy="Observe", **shipped)
        bench.start_operator()
        services = [bench.fresh_service() for _ in range(COUNT)]
        live = bench.site.document(services[0])["maxIdleTime"]
        for number, service in enumerate(services):
            idle = live if number < AS_DECLARED else live + 60
            bench.declare(
                f"s{number:03}", service, {"maxIdleTime": idle}, change={"approval": "WhenRestarting"}
            )

        differing = COUNT - AS_DECLARED
        bodies = wait_for_counts(bench, {"Converged": AS_DECLARED, "Observing": differing})
        for body in having(bodies, "Observing"):
            (change,) = body["status"]["plan"]["changes"]
            assert (change["path"], change["from"], change["to"]) == (
                "settings.maxIdleTime",
                str(live),
                str(live + 60),
            )
        assert bench.site.journal(kind="accepted") == []
        shown = {
            body["metadata"]["name"]: body["status"]["plan"]["hash"] for body in having(bodies, "Observing")
        }

        def manage(opens: datetime) -> None:
            night = {"schedule": opens.strftime("%M %H * * *"), "duration": "8h"}
            bench.register(managementPolicy="Manage", change={"windows": [night]}, **shipped)

        tonight = full_minute(after=3 * 3600)
        manage(tonight)
        bodies = wait_for_counts(bench, {"Converged": AS_DECLARED, "AwaitingApproval": differing})
        waiting = having(bodies, "AwaitingApproval")
        assert {body["metadata"]["name"]: body["status"]["plan"]["hash"] for body in waiting} == shown

        for body in waiting[NOT_APPROVED:]:
            change = {**body["spec"]["change"], "approvedPlan": body["status"]["plan"]["hash"]}
            bench.api.respecify(SERVICES, body["metadata"]["name"], {**body["spec"], "change": change})
        approved = differing - NOT_APPROVED
        left = {"Converged": AS_DECLARED, "AwaitingApproval": NOT_APPROVED}
        bodies = wait_for_counts(bench, {**left, "OutsideWindow": approved})
        for body in having(bodies, "OutsideWindow"):
            assert datetime.fromisoformat(body["status"]["nextWindowTime"]) == tonight
        assert bench.site.journal(kind="accepted") == []

        opens = full_minute(after=5)
        manage(opens)
        morning = {"Converged": AS_DECLARED + approved, "AwaitingApproval": NOT_APPROVED}
        wait_for_counts(bench, morning)
        edits = bench.site.journal(kind="accepted")
        assert len(edits) == len({edit["service"] for edit in edits}) == approved
        assert min(edit["time_ms"] for edit in edits) >= opens.timestamp() * 1000
        assert bench.most_jobs_at_once() <= JOBS
        seconds = (datetime.now(UTC) - opens).total_seconds()
        say(f"{approved} approved changes were live {seconds:.0f} s after the window opened")
