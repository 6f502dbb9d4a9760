"""One case: a flow, and an operator that is killed at one of its requests. Then the judge is asked."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fault_sites import RequestSite, learned
from stage_player import StagePlayer

from arcgis_demo import parts
from harness.bench import PASSWORD, PLANTED, SERVICES
from harness.fault import CHANGES
from harness.flows import CREATE, FLOWS
from harness.history import read
from harness.invariants import violations
from harness.kubeproxy import KubeProxy
from harness.planted import Match, Moment, Rule
from harness.stage import PATIENCE, Replica, Stage

Json = Any
HOLD = "cut"
ANSWERED_SECONDS = 0.05
JOBLESS_SECONDS = 3
"""So long, and a settle time, a lost answer is waited out that no job tells of."""
OF_THE_SERVICE = CHANGES | {"service"}


@dataclass(frozen=True, slots=True)
class Cut:
    """When the request is parked, and whether it is dropped after the kill, goes on, or goes on before."""

    when: Moment
    drop: bool = False
    answered: bool = False


CUTS: Mapping[str, Cut] = {
    "it never arrives": Cut("before", drop=True),
    "it arrives after the end": Cut("before"),
    "its answer is lost": Cut("after"),
    "it was answered": Cut("after", answered=True),
}


class Trap:
    """Parks one request of the operator behind `proxy`."""

    def __init__(self, stage: Stage, proxy: KubeProxy, site: RequestSite, cut: Cut) -> None:
        self.stage, self.proxy, self.cut = stage, proxy, cut
        self._rule: Rule | None = None
        if site.peer == "kubernetes":
            self._rule = proxy.rule(site.match, when=cut.when, hold=True, skip=site.nth - 1)
        else:
            about = {"service": stage.service} if site.what in OF_THE_SERVICE else {}
            does = {"hold": HOLD}
            stage.site.fault(does, when=cut.when, skip=site.nth - 1, operation=site.what, **about)

    def sprung(self) -> None:
        """Waits until the request is parked."""
        self.stage.wait(self._is_parked)

    def release(self) -> None:
        """Lets the request go on, or drops it."""
        if self._rule is not None:
            self.proxy.release(self._rule, drop=self.cut.drop)
        else:
            self.stage.site.release(HOLD, drop=self.cut.drop)

    def _is_parked(self) -> bool:
        if self._rule is not None:
            return self._rule.parked.is_set()
        return any(one["hold"] == HOLD for one in self.stage.site.holds())


class Case:
    """Runs a flow on a stage. `settled_seconds`: from the last kill or thaw until all had settled."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage, self.flow = stage, FLOWS[name]
        self.player = StagePlayer(stage)
        if self.flow.has_jobless:
            stage.chosen = {"job_timeout_seconds": JOBLESS_SECONDS}
        self.settled_seconds = 0.0
        self._fault_over = time.monotonic()
        self._hand = ThreadPoolExecutor(1)
        self._played: Future[None] | None = None

    def clean(self) -> list[str]:
        """A run in which nothing breaks; the request sites it shows."""
        leader = self._prepared()
        asked = 0 if self.flow.starts else len(leader.proxy.requests(Match()))
        seq = self.stage.site.stats()["seq"]
        self._play(self.flow.then)
        victim = self.stage.replicas[-1] if self.flow.starts else leader
        self._settled(victim)
        sites = learned(victim.proxy.requests(Match())[asked:], self._operations(seq))
        self.judge()
        return sites

    def killed(self, *kills: tuple[RequestSite, Cut]) -> None:
        """A run that is killed at a request, and its successor at one of the next kill, and so on."""
        leader = self._prepared()
        first, *later = kills
        if self.flow.starts:
            trap = self._started_with("second", first)
        else:
            trap = Trap(self.stage, leader.proxy, *first)
            if first[0].what == "token" and self.flow is FLOWS[CREATE]:
                self.stage.site.expire_tokens()  # the ArcGISSite's own turn may have signed in already
            self._act()
        self._kill(leader if not self.flow.starts else self.stage.replicas[-1], trap)
        for number, kill in enumerate(later):
            trap = self._started_with(f"again-{number}", kill)
            self._kill(self.stage.replicas[-1], trap)
        last = self.stage.replicas[1] if self.flow.has_standby else self.stage.start("last")
        self._settled(last)
        self.judge()

    def frozen(self, site: RequestSite, *, comes_back: bool) -> None:
        """A leader stands still at a request until another one has done the work, then goes on.

        `comes_back`: the other one is killed, and the leader gets the lease back, in a new term. What was to
        change the service is dropped: applied so late it would be the one breach that no client can close.
        """
        leader = self._prepared()
        trap = Trap(self.stage, leader.proxy, site, Cut("before", drop=site.what in CHANGES))
        if site.what == "token" and self.flow is FLOWS[CREATE]:
            self.stage.site.expire_tokens()
        self._act()
        trap.sprung()
        leader.process.freeze()
        successor = self.stage.start("successor")
        if comes_back:
            successor.said("lease acquired")
            assert successor.process.kill() == -9
        else:
            self._settled(successor)
        before = self.stage.received()
        trap.release()
        leader.process.thaw()
        self._fault_over = time.monotonic()
        leader.said("lease lost")
        if comes_back:
            self.stage.judge_new_term(leader, before)
            self._settled(leader)
        else:
            assert leader.process.terminate() == 0
            assert self.stage.received() == before, f"sent under the old term\n{self.stage.story()}"
        self.judge()

    def judge(self) -> None:
        """Asks for one more look, then reads the histories."""
        stage = self.stage
        if not self.flow.gone:
            stage.looked_again()
        ours = stage.bench.operations(stage.service)
        assert ours == self.flow.operations, f"{ours} instead of {self.flow.operations}\n{stage.story()}"
        history = read(
            stage.site.journal(stage.since),
            stage.bench.audited(*stage.names),
            stage.service,
            parts.USERNAME,
            before=stage.before,
            after=stage.site.document(stage.service),
            wanted=stage.wanted_document(),
            secrets=(PASSWORD, PLANTED),
            gone=frozenset(name for name in stage.names if stage.bench.get(name) is None),
        )
        broken = violations(history)
        assert not broken, "\n".join([*broken, stage.story()])
        stage.judge_logs()

    # -- inside ------------------------------------------------------------------------

    def _operations(self, seq: int) -> list[str]:
        """What the site was asked for since, but about a neighbour."""
        requests = self.stage.site.journal(after=seq, kind="request")
        return [one["operation"] for one in requests if one.get("service") in (None, "", self.stage.service)]

    def _prepared(self) -> Replica:
        leader = self.stage.start("first").leads().watches()
        self._play(self.flow.before)
        return leader

    def _act(self) -> None:
        """Beside what breaks: a step may wait for what comes only after it."""
        self._played = self._hand.submit(self._play, self.flow.then)

    def _play(self, steps: tuple[str, ...]) -> None:
        for step in steps:
            self.player.play(step)

    def _started_with(self, name: str, kill: tuple[RequestSite, Cut]) -> Trap:
        traps: list[Trap] = []
        self.stage.start(name, arm=lambda proxy: traps.append(Trap(self.stage, proxy, *kill)))
        return traps[0]

    def _kill(self, victim: Replica, trap: Trap) -> None:
        trap.sprung()
        if trap.cut.answered:
            trap.release()
            self._goes_on(victim)
        assert victim.process.kill() == -9
        if not trap.cut.answered:
            trap.release()
        self._fault_over = time.monotonic()

    def _goes_on(self, victim: Replica) -> None:
        """Until its next request, or a moment."""
        before = len(victim.proxy.requests(Match()))
        self.stage.moment(lambda: len(victim.proxy.requests(Match())) > before, ANSWERED_SECONDS)

    def _settled(self, leader: Replica) -> None:
        """The flow has come to its end: all edits, and the resource is Ready or gone, and no job runs."""
        stage = self.stage
        leader.leads().watches()
        if self._played:
            self._played.result(PATIENCE)
        stage.wait(lambda: len(stage.bench.operations(stage.service)) >= len(self.flow.operations))
        if self.flow.gone:
            stage.wait(lambda: stage.bench.api.get(SERVICES, stage.name) is None)
        else:
            stage.converged()
        stage.all_is_well()
        stage.wait(lambda: not stage.running_jobs())
        self.settled_seconds = time.monotonic() - self._fault_over
