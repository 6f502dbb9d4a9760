"""The table of scenarios, with the goals of the project. Read `changes` and `calm` for what they do.

The unit of a figure is in its name: `_s`, `_ms`, `_mib`, `_kib`, `_percent`; all others are counts or ratios.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from arcgis_bench import calm, changes, room, soon, steady, storm
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.sizes import Sizes

Run = Callable[[Contender, Sizes, Path | None], Figures]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`goals` are upper bounds, by figure. `reference`: whether the reference can be measured too."""

    title: str
    run: Run
    goals: Mapping[str, float] = field(default_factory=dict)
    reference: bool = True


def _burst(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    return changes.at_once(contender, sizes, profile, sizes.burst, 10)


def _burst_30(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    return changes.at_once(contender, sizes, profile, sizes.burst, 30)


def _big(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    return changes.at_once(contender, sizes, profile, sizes.big, 30)


LEASE_SECONDS = 17  # 15, and the pause between two tries

_EACH = {
    "edits_mean": 1,
    "edits_most": 1,
    "api_writes_mean": 4,
    "connections_per_change": 0.1,
    "cpu_ms_per_change": 20,
}

SCENARIOS: Mapping[str, Scenario] = {
    "single": Scenario(
        "one change at a time, idle system",
        changes.single,
        {
            "submit_ms_p50": 60,
            "submit_ms_p99": 250,
            "edits_most": 1,
            "status_writes_most": 4,
            "site_requests_besides_polls": 4,
        },
    ),
    "burst-10": Scenario(
        "200 at once, job 10 s",
        _burst,
        {
            **_EACH,
            "makespan_s": 13,
            "ready_s_p50": 0.6,
            "ready_s_p99": 2,
            "rss_peak_mib": 90,
            "descriptors_most": 100,
        },
    ),
    "burst-30": Scenario(
        "200 at once, job 30 s",
        _burst_30,
        {**_EACH, "makespan_s": 34, "submit_s_p50": 2, "rss_peak_mib": 90, "descriptors_most": 100},
    ),
    "big": Scenario(
        "2,000 at once on 20 sites, job 30 s",
        _big,
        {**_EACH, "makespan_s": 75, "polls_mean": 8, "rss_peak_mib": 160},
    ),
    "capped": Scenario(
        "2,000 at once, 50 jobs at a time, job 1 s",
        changes.capped,
        {"over_ideal": 1.25, "cap_exceeded_by": 0, "edits_most": 1},
        reference=False,
    ),
    "shared": Scenario(
        "100 at once, 50 jobs at a time, job 10 s, through four ArcGISSites of one address and through one",
        changes.shared,
        {"over_one": 1.1, "edits_most": 1, "most_jobs": changes.SLOTS},
        reference=False,
    ),
    "unavailable": Scenario(
        "50 at once, job 10 s, one request of twenty answered 503",
        changes.unavailable,
        {"makespan_s": 20, "edits_mean": 1, "edits_most": 1},
        reference=False,
    ),
    "lost": Scenario(
        "20 at once, job 10 s, the answer to each edit lost",
        changes.lost,
        {"ready_s_p50": 2, "ready_s_p99": 2, "edits_mean": 1, "edits_most": 1},
        reference=False,
    ),
    "hanging": Scenario("one site of 20 hangs", changes.hanging, {"p99_ratio": 1.2}),
    "load": Scenario(
        "20 sites × 500 services, 10 changes a second for 10 minutes",
        steady.load,
        {
            "submit_s_p99": 2,
            "submit_s_p99_beside_a_burst": 2,
            "lost": 0,
            "edits_most": 1,
            "rss_mib_growth_percent": 5,
            "descriptors_growth_percent": 5,
        },
        reference=False,
    ),
    "retained": Scenario(
        "first start beside 5,000 ended jobs, ten requests a second allowed",
        steady.retained,
        {"first_submit_s": 60, "edits_most": 1},
        reference=False,
    ),
    "long-list": Scenario(
        "100 changes at a site that keeps no ended job, and at one that keeps 5,000",
        steady.long_list,
        {"cpu_ratio": 1.5},
        reference=False,
    ),
    "day": Scenario(
        "a day in six minutes: resyncs, changes, token renewals, restarts of the API server",
        steady.day,
        {
            "rss_mib_growth_percent": 5,
            "descriptors_growth_percent": 5,
            "sockets_growth_percent": 5,
            "threads_growth_percent": 5,
        },
        reference=False,
    ),
    "idle": Scenario(
        "10,000 converged, nothing happens, one resync",
        calm.idle,
        {"status_writes": 0, "site_reads_s": 0.3, "cpu_percent": 2, "rss_mib": 150},
    ),
    "restart": Scenario(
        "restart with 10,000 converged",
        calm.restart,
        {
            "edits_of_others": 0,
            "status_writes_of_others": 0,
            "new_change_submitted_s": 5,
            "all_known_s": 30,
        },
        reference=False,
    ),
    "busy-resync": Scenario(
        "changes while 10,000 resyncs are due", calm.busy_resync, {"submit_s_p99": 0.5}, reference=False
    ),
    "room": Scenario(
        "30,000 (or --room) on a site for each 500: a start, a resync, a take-over",
        room.room,
        {
            "cpu_ms_per_resource": 0.25,
            "all_known_to_bare_list": 5,
            "change_sent_to_bare_list": 3,
            "next_edit_after_a_kill_s": LEASE_SECONDS + 3,
            "beside_a_resync_submit_s_p99": 0.5,
            "terms_lost": 0,
            "edits_of_others": 0,
            "lost": 0,
            "edits_most": 1,
        },
        reference=False,
    ),
    "soon": Scenario(
        "10,000 at rest on 20 sites, each folder looked at every minute; then 100 drifts",
        soon.soon,
        {"cpu_percent": 2, "site_reads_s_each": 0.3, "status_writes": 0, "restored_s_p99": 90},
        reference=False,
    ),
    "storm": Scenario(
        "1,000 services of two sites differ at once, in six ways; the operator is killed, or hands over",
        storm.storm,
        {"unasked": 0, "lost": 0, "edits_most": 1, "cap_exceeded_by": 0},
        reference=False,
    ),
    "growth": Scenario(
        "100 changes beside 100, 1,000, 10,000 resources",
        calm.growth,
        {"rss_kib_per_resource": 8, "cpu_ratio": 1.2},
    ),
}
