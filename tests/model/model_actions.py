"""What may happen next: steps of the processes, answers of the site, and everything that goes wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from model_process import Process, Term
from model_world import HIDE, LAG, SETTLE, Request, World, WorldJob

from arcgis_operator.core.failures import Accepted, Failure, Kind

TEXTS = ("first", "second", "third")
ENDS = ("failed", "failed but applied", "completed without effect")
KINDS = {
    "answers": ("lost", "late", "lag", "refused", "endings", "forget", "hide"),
    "processes": ("crash", "lease", "release"),
    "objects": ("spec", "suspend", "touch", "store", "wipe", "recreate", "second", "ask"),
    "site": ("drift", "foreign", "stale", "down", "slow"),
}
"""Kinds of fault. `late`: requests are long on their way, also when they seem lost; `slow`: so are jobs."""
RARE = ("wipe", "recreate", "crash", "lease", "release", "hide", "second", "down", "store")
PACE = 0.5  # of faults among steps: so that they are spread over the schedule
RESET = Failure(Kind.UNSURE, "the connection was reset")
REFUSALS = {
    "busy": Failure(Kind.BUSY, "another administrative operation"),
    "answered with an error": Failure(Kind.UNSURE, "500 store is locked", code=500),
    "not authorised": Failure(Kind.UNAUTHORISED, "403"),
}


@dataclass(frozen=True)
class Action:
    """One thing that may happen next. `name` is the same whenever the same thing may happen again."""

    name: str
    weight: float
    do: Callable[[], None]
    kind: str = ""


class Stage:
    """The world with two replicas of the operator; `left`: how many faults of each kind may still happen."""

    def __init__(self, left: dict[str, int]) -> None:
        self.world = World()
        self.left = left
        self.slow = "slow" in left
        self.late = "late" in left
        self.ids = 0
        self.dead: list[Process] = []
        self.processes = {name: self._process(name) for name in "AB"}
        self._faults: dict[str, Callable[[], Iterator[Action]]] = {
            "spec": self._spec,
            "suspend": lambda: self._each("suspend", 0.7, "suspend", self._toggle),
            "ask": lambda: self._each("ask", 0.7, "asks", self._ask),
            "touch": lambda: self._each("touch", 1, "touched", self.world.touch),
            "wipe": self._wipe,
            "recreate": self._recreate,
            "second": self._second,
            "drift": self._drift,
            "foreign": self._foreign,
            "stale": self._stale,
            "down": self._down,
            "store": self._store,
            "crash": self._crashes,
            "lease": self._lease,
            "release": self._releases,
        }

    def actions(self) -> Iterator[Action]:
        """Everything that may happen now."""
        for process in self.processes.values():
            yield from self._steps(process)
        for number, request in enumerate(self.world.inbox):
            if not request.delivered:
                yield from self._fates(f"request {number}", request)
        for job in self.world.jobs:
            if job.status != "forgotten":
                yield from self._moves(job)
        yield from self._time()
        yield from self._vacant()
        yield from self._work()
        for kind, make in self._faults.items():
            if self._may(kind):
                yield from (replace(action, weight=action.weight * PACE) for action in make())

    def _may(self, kind: str) -> bool:
        return self.left.get(kind, 0) > 0

    # ---- the course of things

    def _steps(self, process: Process) -> Iterator[Action]:
        name = process.name
        for number, (label, _) in enumerate(process.points):
            if label != "answer" or self._answered(process):
                yield Action(f"{name} goes on {number}", 10, lambda n=number: process.go_on(n))
        if process.term and process.task is None:
            yield Action(f"{name} turn", 6 if process.wake_at <= self.world.at else 0.5, process.begin)
        if process.term and process.term is not self.world.lease:
            yield Action(f"{name} notices", 1, lambda: self.demote(process))
        yield Action(f"{name} sync", 2 if process.synced != self.world.news else 0.1, process.sync)

    def _answered(self, process: Process) -> bool:
        ours = [request for request in self.world.inbox if request.intent == process.intent()]
        return any(request.answer is not None or self.world.at > request.sent_at + 30 for request in ours)

    def _fates(self, name: str, request: Request) -> Iterator[Action]:
        def arrives(how: str, weight: float, kind: str, ends: str, lag: float, lost: bool) -> Action:
            return Action(
                f"{name} arrives{how}", weight, lambda: self._deliver(request, ends, lag, lost), kind
            )

        yield arrives("", 0.5 if self.late else 6, "", "applied", 0, False)
        for ends in ENDS if self._may("endings") else ():
            yield arrives(f", {ends}", 1.5, "endings", ends, 0, False)
        if self._may("lag"):
            yield arrives(", listed late", 4, "lag", "applied", LAG, False)
        if self._may("lag") and self._may("lost"):
            yield arrives(", listed late, answer lost", 4, "lag", "applied", LAG, True)
        if self._may("lost"):
            yield arrives(", answer lost", 4, "lost", "applied", 0, True)
            yield Action(f"{name} is lost", 2, lambda: self._answer(request, RESET, over=True), "lost")
            if self.late:
                yield Action(
                    f"{name} seems lost", 3, lambda: self._answer(request, RESET, over=False), "lost"
                )
        for word, failure in REFUSALS.items() if self._may("refused") else ():
            yield Action(
                f"{name} is {word}", 1, lambda f=failure: self._answer(request, f, over=True), "refused"
            )

    def _deliver(self, request: Request, ends: str, lag: float, lost: bool) -> None:
        job_id = self.world.deliver(request, ends, lag)
        request.answer = request.answer or (RESET if lost else Accepted(job_id, "SUBMITTED"))

    def _answer(self, request: Request, failure: Failure, over: bool) -> None:
        request.answer = request.answer or failure
        request.delivered = over

    def _moves(self, job: WorldJob) -> Iterator[Action]:
        if job.runs:
            yield Action(f"{job.id} moves", 0.5 if self.slow else 2, lambda: self.world.move(job))
            if self._may("hide"):
                yield Action(f"{job.id} hides", 3, lambda: self._hide(job), "hide")
        elif self._may("forget"):
            yield Action(f"{job.id} is forgotten", 2, lambda: setattr(job, "status", "forgotten"), "forget")

    def _hide(self, job: WorldJob) -> None:
        job.hidden_until, job.was_hidden = self.world.at + HIDE, True

    def _time(self) -> Iterator[Action]:
        """Seldom while a turn is under way, for a turn is short; else mostly up to the next one."""
        wakes = [one.wake_at for one in self.processes.values() if one.term and one.task is None]
        busy = any(process.task for process in self.processes.values())
        for seconds, weight in ((1, 2.0), (6, 1.0), (31, 0.6), (SETTLE + 1, 0.5), (700, 0.1)):
            share = 0.1 if busy else 1.0
            yield Action(f"{seconds:g} s pass", weight * share, lambda s=seconds: self.world.advance(s))
        if not busy and wakes and min(wakes) > self.world.at:
            yield Action("time for a turn", 8, lambda: self.world.advance(min(wakes) - self.world.at))

    def _work(self) -> Iterator[Action]:
        """Where all is well, somebody wants something new."""
        ready = self.verdicts().get("roads", {}).get("Ready", "")
        if ready.startswith("True") and not any(one.task for one in self.processes.values()):
            for text in TEXTS:
                if text != self.world.description("roads"):
                    yield Action(f"roads wants {text}", 3, lambda t=text: self._want("roads", t))

    def _vacant(self) -> Iterator[Action]:
        """Nobody leads: one of them will."""
        if all(one.term is None or one.term is not self.world.lease for one in self.processes.values()):
            for name in self.processes:
                yield Action(f"{name} takes the lease", 4, lambda n=name: self.take_over(n))

    # ---- people and the API server

    def _each(self, kind: str, weight: float, what: str, do: Callable[[str], None]) -> Iterator[Action]:
        """One action for every resource there is."""
        for name in list(self.world.objects):
            yield Action(f"{name} {what}", weight, lambda n=name: do(n), kind)

    def _spec(self) -> Iterator[Action]:
        for text in TEXTS:
            yield from self._each("spec", 0.6, f"wants {text}", lambda name, t=text: self._want(name, t))

    def _want(self, name: str, text: str) -> None:
        self.world.respecify(name, lambda spec: spec["settings"].update(description=text))

    def _toggle(self, name: str) -> None:
        def turned(spec: dict[str, Any]) -> None:
            spec["suspend"] = not spec.get("suspend", False)

        self.world.respecify(name, turned)

    def _ask(self, name: str) -> None:
        self.world.annotate(name, {"arcgis-operator.dev/requestedAt": f"t{self.world.at}"})

    def _wipe(self) -> Iterator[Action]:
        for part in ("status", "journal"):
            yield from self._each(
                "wipe", 0.7, f"loses its {part}", lambda name, p=part: self.world.wipe(name, p)
            )

    def _recreate(self) -> Iterator[Action]:
        yield from self._each("recreate", 0.7, "re-created", self._again)
        yield from self._each("recreate", 0.7, "deleted", self.world.delete)
        if "roads" not in self.world.objects:
            yield Action("roads is back", 3, lambda: self.world.create("roads", "second"), "recreate")

    def _again(self, name: str) -> None:
        text = self.world.description(name)
        self.world.delete(name)
        self.world.create(name, text)

    def _second(self) -> Iterator[Action]:
        if "roads2" not in self.world.objects:
            yield Action("a second resource", 2, lambda: self.world.create("roads2", "third"), "second")

    def _store(self) -> Iterator[Action]:
        for fault in ("lost before", "lost after", "touched"):
            name = f"the next write is {fault}"
            yield Action(name, 1, lambda f=fault: setattr(self.world, "patch_fault", f), "store")

    # ---- the site

    def _drift(self) -> Iterator[Action]:
        for text in TEXTS:
            yield Action(f"drift to {text}", 0.4, lambda t=text: self.world.drift(t), "drift")

    def _foreign(self) -> Iterator[Action]:
        for user in ("anna", "gitops"):
            for text in (None, *TEXTS):
                name = f"{user} edits {text}"
                yield Action(name, 0.25, lambda u=user, t=text: self.world.foreign(u, t), "foreign")

    def _stale(self) -> Iterator[Action]:
        late = not self.world.stale
        name = f"reads are {'late' if late else 'prompt'}"
        yield Action(name, 2, lambda: setattr(self.world, "stale", late), "stale")

    def _down(self) -> Iterator[Action]:
        up = not self.world.up
        yield Action(
            f"the site is {'back' if up else 'away'}", 2, lambda: setattr(self.world, "up", up), "down"
        )

    # ---- processes and the lease

    def _process(self, name: str) -> Process:
        return Process(self.world, name, self._new_id)

    def _new_id(self) -> str:
        self.ids += 1
        return f"i{self.ids}"

    def _crashes(self) -> Iterator[Action]:
        for name in self.processes:
            yield Action(f"{name} crashes", 1.5, lambda n=name: self._crash(n), "crash")

    def _crash(self, name: str) -> None:
        old = self.processes[name]
        old.stop(kill=True)
        self.dead.append(old)
        self.processes[name] = self._process(name)

    def _lease(self) -> Iterator[Action]:
        """The leader is silent for so long that the other one takes over."""
        for name, process in self.processes.items():
            if self.world.lease is not None and process.term is not self.world.lease:
                yield Action(f"{name} takes over", 2, lambda n=name: self.take_over(n), "lease")

    def take_over(self, name: str) -> None:
        """A new term begins, as app.leading begins one: with a full list."""
        world, process = self.world, self.processes[name]
        process.term = Term(world, name, world.at, starts_settled=world.lease is None and world.clean)
        world.lease, world.clean = process.term, False
        process.sync()

    def _releases(self) -> Iterator[Action]:
        for name, process in self.processes.items():
            if process.term is not None and process.term is self.world.lease:
                yield Action(f"{name} releases", 2, lambda p=process: self._release(p), "release")

    def _release(self, process: Process) -> None:
        """The turns end; the lease is given back and says whether the next term may start settled."""
        term = process.term
        self.demote(process)
        rested = term is not None and (term.starts_settled or self.world.at - term.acquired_at >= SETTLE)
        self.world.lease, self.world.clean = None, rested and process.ledger.calm()

    def demote(self, process: Process) -> None:
        """It knows that it does not lead any more: its turns stop where they are."""
        process.term = None
        process.stop(kill=False)

    def verdicts(self) -> dict[str, dict[str, str]]:
        """The conditions of every object."""
        return {
            name: {
                one["type"]: f"{one['status']} {one['reason']}"
                for one in (body.get("status") or {}).get("conditions") or []
            }
            for name, body in self.world.objects.items()
        }
