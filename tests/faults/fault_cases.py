"""One case: a flow, and an operator that is killed at one of its requests. Then the judge is asked."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fault_sites import RequestSite, learned
from stage_player import StagePlayer

from arcgis_demo import parts
from harness.bench import PASSWORD, PLANTED, SERVICES
from harness.flows import FLOWS
from harness.history import read
from harness.invariants import violations
from harness.kubeproxy import KubeProxy
from harness.planted import Match, Moment, Rule
from harness.stage import Replica, Stage

Json = Any
HOLD = "cut"
ANSWERED_SECONDS = 0.05
OF_THE_SERVICE = frozenset({"edit", "service"})


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
        self.settled_seconds = 0.0
        self._fault_over = time.monotonic()

    def clean(self) -> list[str]:
        """A run in which nothing breaks; the request sites it shows."""
        leader = self._prepared()
        asked = 0 if self.flow.starts else len(leader.proxy.requests(Match()))
        seq = self.stage.site.stats()["seq"]
        self._act()
        victim = self.stage.replicas[-1] if self.flow.starts else leader
        self._settled(victim)
        requests = self.stage.site.journal(after=seq, kind="request")
        sites = learned(victim.proxy.requests(Match())[asked:], [one["operation"] for one in requests])
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
            if first[0].what == "token" and self.flow is FLOWS["create"]:
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

        `comes_back`: the other one is killed, and the leader gets the lease back, in a new term. An edit that
        was under way is dropped: applied so late it would be the one breach that no client can close.
        """
        leader = self._prepared()
        trap = Trap(self.stage, leader.proxy, site, Cut("before", drop=site.what == "edit"))
        if site.what == "token" and self.flow is FLOWS["create"]:
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
        ours = stage.bench.edits(stage.service)
        assert len(ours) == len(self.flow.edits), (
            f"{len(ours)} edits instead of {len(self.flow.edits)}\n{stage.story()}"
        )
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

    def _prepared(self) -> Replica:
        leader = self.stage.start("first").leads().watches()
        for step in self.flow.before:
            self.player.play(step)
        return leader

    def _act(self) -> None:
        for step in self.flow.then:
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
        stage.wait(lambda: len(stage.bench.edits(stage.service)) >= len(self.flow.edits))
        if self.flow.gone:
            stage.wait(lambda: stage.bench.api.get(SERVICES, stage.name) is None)
        else:
            stage.converged()
        stage.wait(lambda: not stage.running_jobs())
        self.settled_seconds = time.monotonic() - self._fault_over
