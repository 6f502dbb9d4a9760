"""Schedules: who does the next step and what goes wrong meanwhile, drawn from a seed; the search over them.

A schedule allows a few kinds of fault (swarm testing), walks at random, then ends all faults and waits: the
resource must converge, or say why not, and then nothing may be written or sent any more (P5).
"""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from model_actions import KINDS, RARE, Action, Stage
from model_process import KEY, Process
from model_world import Broken

from arcgis_operator.core.failures import Accepted

STEPS = 150
SHARE = (("answers", 4), ("processes", 2), ("objects", 3), ("site", 2))
TURNS_TO_REST = 400


@dataclass(frozen=True)
class Draw:
    """A schedule before it is run: the seed, and which faults it allows (None: drawn as well).

    `each` is how many faults of each kind; None: a few.
    """

    seed: int
    kinds: tuple[str, ...] | None = None
    each: int | None = None
    steps: int = STEPS

    def allowed(self, rng: random.Random) -> dict[str, int]:
        kinds = self.kinds if self.kinds is not None else swarm(rng)
        return {kind: self.each or (2 if kind in RARE else 4) for kind in kinds}


def swarm(rng: random.Random) -> tuple[str, ...]:
    """A few kinds of each group, so that a schedule has something to say about them together."""
    return tuple(kind for group, most in SHARE for kind in rng.sample(KINDS[group], rng.randint(0, most)))


class Schedule:
    """One run. Raises `Broken`, or whatever a turn raised."""

    def __init__(self, draw: Draw) -> None:
        self.random = random.Random(draw.seed)
        self.steps = draw.steps
        self.stage = Stage(draw.allowed(self.random))
        self.trace: list[str] = []
        self.stage.world.create("roads", "first" if self.random.random() < 0.2 else "second")
        self.stage.take_over("A")

    async def run(self, plan: Sequence[str] | None = None) -> None:
        """`plan`: the names of the actions to do, where they are possible; else drawn."""
        try:
            if plan is None:
                await self._walk()
            else:
                await self._follow(plan)
            await self._calm_down()
        finally:
            await _end_all()

    async def _walk(self) -> None:
        for _ in range(self.steps):
            enabled = list(self.stage.actions())
            await self._do(self.random.choices(enabled, [action.weight for action in enabled])[0])

    async def _follow(self, plan: Sequence[str]) -> None:
        for name in plan:
            chosen = next((action for action in self.stage.actions() if action.name == name), None)
            if chosen:
                await self._do(chosen)

    async def _do(self, action: Action) -> None:
        self.trace.append(action.name)
        if action.kind:
            self.stage.left[action.kind] -= 1
            self.stage.world.tally(action.kind)
        action.do()
        if any(process.task for process in self.stage.processes.values()):
            await _pump()
        for process in self.stage.processes.values():
            process.finish()

    # ---- the end

    async def _calm_down(self) -> None:
        """All faults end; one leader is left."""
        stage, world = self.stage, self.stage.world
        world.up, world.stale, world.patch_fault = True, False, ""
        for process in stage.processes.values():
            stage.demote(process)
        await _pump()
        for process in stage.processes.values():
            process.task = None
        for job in world.jobs:
            job.hidden_until, job.ends = -1.0, "applied"
        for body in world.objects.values():
            body["spec"].pop("suspend", None)
        stage.take_over("A")
        await self._until_quiet(stage.processes["A"])

    async def _until_quiet(self, leader: Process) -> None:
        world, quiet = self.stage.world, 0
        for _ in range(TURNS_TO_REST):
            before = world.writes
            await self._whole_turn(leader)
            quiet = 0 if world.writes != before or world.ours_run() else quiet + 1
            if quiet >= 4 and self._at_rest(leader):
                return
            world.advance(max(15.0, leader.wake_at - world.at))
        raise Broken(f"P5: no rest after the faults ended: {self.stage.verdicts()}, live {world.live}")

    async def _whole_turn(self, leader: Process) -> None:
        world = self.stage.world
        leader.sync()
        await whole_turn(leader)
        for job in world.jobs:
            if job.runs:
                world.move(job)

    def _at_rest(self, leader: Process) -> bool:
        """Converged, or stalled with a reason."""
        winner = leader.registry.claim(KEY).winner
        if winner is None:
            return True
        conditions = self.stage.verdicts()[winner.name]
        if conditions.get("Ready", "").startswith("True"):
            return bool(self.stage.world.live["description"] == self.stage.world.description(winner.name))
        return "Stalled" in conditions


async def whole_turn(process: Process) -> None:
    """One turn without a fault; the site takes what is sent."""
    world = process.world
    process.begin()
    while process.task:
        for request in world.inbox:
            if not request.delivered:
                request.answer = Accepted(world.deliver(request, "applied", 0), "SUBMITTED")
        for number in reversed(range(len(process.points))):
            process.go_on(number)
        await _pump()
        process.finish()


async def _pump() -> None:
    """Let everything run that can."""
    for _ in range(8):
        await asyncio.sleep(0)


async def _end_all() -> None:
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


# ---- searching


@dataclass(frozen=True)
class Found:
    """A broken promise: what, and a short list of actions that still shows it."""

    draw: Draw
    error: str
    plan: tuple[str, ...]

    def __str__(self) -> str:
        steps = "\n".join(f"    {name!r}," for name in self.plan)
        return f"{self.error}\n  to repeat: asyncio.run(attempt({self.draw}))\n  the shortest way:\n{steps}"


@dataclass
class Search:
    """What a search met on its way, and the first broken promise."""

    met: dict[str, int] = field(default_factory=dict)
    found: Found | None = None

    async def through(self, draws: Iterable[Draw], shrink: bool = True) -> "Search":
        """Run schedules until one breaks a promise."""
        for draw in draws:
            schedule, error = await attempt(draw)
            for what, count in schedule.stage.world.tally.counts.items():
                self.met[what] = self.met.get(what, 0) + count
            if error:
                plan = await _shrunk(draw, schedule.trace, error) if shrink else schedule.trace
                self.found = Found(draw, error, tuple(plan))
                break
        return self


async def attempt(draw: Draw, plan: Sequence[str] | None = None) -> tuple[Schedule, str | None]:
    """One schedule and what it broke."""
    schedule = Schedule(draw)
    try:
        await schedule.run(plan)
    except Exception as error:
        return schedule, f"{type(error).__name__}: {error}"
    return schedule, None


async def _shrunk(draw: Draw, plan: list[str], error: str) -> list[str]:
    """Leave out whatever the failure does not need."""
    size = len(plan) // 2
    while size:
        start = 0
        while start < len(plan):
            schedule, again = await attempt(draw, plan[:start] + plan[start + size :])
            if again and again[:12] == error[:12]:
                plan = schedule.trace
            else:
                start += size
        size //= 2
    return plan
