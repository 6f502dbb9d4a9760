"""Room to grow: what a start, a resync and a take-over cost with many resources on many sites.

Times stand beside a bare paged list of the same objects, so that machines can be compared.
"""

import threading
import time
from pathlib import Path

from arcgis_bench import figures, population, work
from arcgis_bench.audit import SERVICES
from arcgis_bench.contenders import Contender
from arcgis_bench.figures import Figures
from arcgis_bench.load import IN_A_PAGE, Target, new_value
from arcgis_bench.meter import Meter, cpu_seconds, memory_mib, wanted_seconds
from arcgis_bench.sizes import Sizes
from arcgis_bench.stage import Plan, Stage, TookTooLongError
from arcgis_bench.story import tell
from arcgis_devcluster import ChildProcess

ON_A_SITE = 500
HOSTS = 2  # processes that serve the sites
BUSY_CHANGES = 200  # ten a second, from the moment a list begins
BEFORE_THE_KILL, AFTER_THE_KILL = 5.0, 25.0
PERIOD_SECONDS = 120.0  # between two resyncs, and a second more for each thousand
_LOOK_SECONDS = 5.0
_QUIET_SECONDS, _QUIET_SHARE = 3.0, 0.1
_START_SECONDS = 1200.0


def room(contender: Contender, sizes: Sizes, profile: Path | None) -> Figures:
    """One start, one resync and one take-over."""
    period = PERIOD_SECONDS + sizes.room / 500
    plan = Plan(
        sites=max(1, sizes.room // ON_A_SITE),
        hosts=HOSTS,
        services=ON_A_SITE,
        settings=sizes.settings(resync_seconds=period),
    )
    targets = plan.targets()[: sizes.room]
    with Stage(plan, contender, profile) as stage:
        populate(stage, targets)
        bare = min(stage.load.list_all() for _ in range(3))
        found = {"bare_list_s": bare, **_start(stage, targets, bare)}
        found |= _resync(stage, targets)
        found["terms_lost"] = _lost(stage.process)
        return found | _take_over(stage, targets)


def populate(stage: Stage, targets: list[Target]) -> None:
    """The first one by the real operator, all others after its pattern; nothing runs then."""
    first, *others = targets
    stage.start()
    work.converge(stage, [first])
    stage.process.terminate()
    population.write(stage, population.Pattern(stage, first), others)


def _start(stage: Stage, targets: list[Target], bare: float) -> Figures:
    """A start with everything at rest but one change, made before."""
    changed = targets[len(targets) // 2]
    stage.load.change([changed], new_value("before the start"))
    mark = time.time()
    process = stage.start()
    leading = time.time() - mark
    known = _all_known(stage, targets, mark)
    stage.wait_ready([changed], mark, _START_SECONDS)
    wait_until_calm(process)
    sent = tell(stage, [changed], mark).list[0].received - mark
    return {
        "leading_s": leading,
        "all_known_s": known,
        "all_known_to_bare_list": known / bare,
        "change_sent_s": sent,
        "change_sent_to_bare_list": sent / bare,
        "cpu_ms_per_resource": 1000 * cpu_seconds(process.pid) / len(targets),
        "rss_mib": memory_mib(process.pid),
        "rss_peak_mib": memory_mib(process.pid, "VmHWM"),
        "edits_of_others": tell(stage, [], mark).asked["edit"] - 1,
    }


def _resync(stage: Stage, targets: list[Target]) -> Figures:
    """Changes, ten a second, from the moment in which the full list begins."""
    stage.wait_for_resync()
    mark = time.time()
    with Meter(stage.process.pid) as meter:
        spread = targets[:: max(1, len(targets) // BUSY_CHANGES)][:BUSY_CHANGES]
        chosen = work.stream(stage, spread, BUSY_CHANGES, "beside a resync")
        stage.wait_ready(chosen, mark, work.patience(len(chosen)))
        story = tell(stage, chosen, mark)
        return {
            **figures.spread("beside_a_resync_submit_s", figures.submit_seconds(story.list)),
            "machine_busy_percent": meter.machine_busy_percent,
        }


def _take_over(stage: Stage, targets: list[Target]) -> Figures:
    """The leader is killed under ten changes a second, with a standby that has watched for a while."""
    leader, before = stage.process, time.time()
    standby = stage.start(leads=False)
    _wait_until_listed(stage, before, len(targets))
    wait_until_calm(standby)
    at_rest = {"standby_cpu_s": cpu_seconds(standby.pid), "standby_rss_mib": memory_mib(standby.pid)}
    kill, mark = threading.Timer(BEFORE_THE_KILL, leader.kill), time.time()
    kill.start()
    some = targets[7 :: max(1, len(targets) // 600)]
    chosen = work.stream(stage, some, BEFORE_THE_KILL + AFTER_THE_KILL, "beside a kill")
    killed = mark + BEFORE_THE_KILL
    lost = _lost_changes(stage, chosen)
    story = tell(stage, chosen, before)
    after = [one for one in story.list if one.received > killed + 1]
    return {
        **at_rest,
        "next_edit_after_a_kill_s": min(one.received for one in after) - killed,
        "backlog_sent_s": max(one.received for one in after if one.applied < killed + 10) - killed,
        "lost": lost,
        "edits_most": max(one.edits for one in story.list),
    }


def _lost_changes(stage: Stage, chosen: list[Target]) -> int:
    """How many are not Ready in the end: the last writes of who is killed are in no audit log as done."""
    names, deadline = {one.name for one in chosen}, time.monotonic() + _START_SECONDS
    while (left := names & stage.load.not_ready()) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return len(left)


def _all_known(stage: Stage, targets: list[Target], mark: float) -> float:
    """Seconds from `mark` until the last of the services was read, alone or with its folder."""
    deadline = time.time() + _START_SECONDS
    while time.time() < deadline:
        seen = _reads(stage, mark)
        times = [
            min(seen.get((one.site, one.folder), _NEVER), seen.get((one.site, one.title), _NEVER))
            for one in targets
        ]
        if max(times) < _NEVER:
            return max(times) - mark
        time.sleep(_LOOK_SECONDS)
    raise TookTooLongError(f"not all is known after {_START_SECONDS:g} s\n{stage.process.log_tail(5)}")


_NEVER = float("inf")


def _reads(stage: Stage, mark: float) -> dict[tuple[str, str], float]:
    """When a folder or a service of a site was first read since `mark`."""
    found: dict[tuple[str, str], float] = {}
    for site, record in stage.journals():
        if record["kind"] != "request" or record["at"] < mark:
            continue
        if record["operation"] == "folder":
            found.setdefault((site, record["path"].partition("?")[0].rpartition("/")[2]), record["at"])
        elif record["operation"] == "service":
            found.setdefault((site, record["service"]), record["at"])
    return found


def _wait_until_listed(stage: Stage, mark: float, count: int) -> None:
    """Until so many resources were listed since `mark`, as far as the number of pages tells."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        stage.audit.read()
        asked = stage.audit.since(mark, stage.contender.user)
        if sum(one.verb == "list" and one.resource == SERVICES for one in asked) * IN_A_PAGE >= count:
            return
        time.sleep(1.0)
    raise TookTooLongError(f"the standby has not listed after {_START_SECONDS:g} s")


def wait_until_calm(process: ChildProcess) -> None:
    """Until it hardly wants the processor, whether it gets it or not."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        before = wanted_seconds(process.pid)
        time.sleep(_QUIET_SECONDS)
        if wanted_seconds(process.pid) - before <= _QUIET_SHARE * _QUIET_SECONDS:
            return
    raise TookTooLongError(f"{process.name} is not calm after {_START_SECONDS:g} s")


def _lost(process: ChildProcess) -> int:
    """Terms that ended while the process went on."""
    return sum('"lease lost"' in line for line in process.lines())
