"""Breadth-first over all states that can be reached, each once, with the shortest way to what is broken."""

from collections import deque
from dataclasses import dataclass, field

from search_world import Broken, Process, State, at_rest, steps


@dataclass
class Found:
    """What a search met. `trace` is the shortest way to what is broken, empty when nothing is."""

    states: int = 0
    transitions: int = 0
    broken: str = ""
    trace: list[str] = field(default_factory=list)


class Graph:
    """The states met so far, by number; with the step that led there first, and who leads there in calm."""

    def __init__(self, start: State) -> None:
        self.numbers = {start: 0}
        self.causes: list[tuple[int, str]] = [(-1, "")]
        self.calm: list[list[int]] = [[]]
        self.resting: list[int] = [0] if at_rest(start) else []

    def met(self, state: State, cause: tuple[int, str]) -> tuple[int, bool]:
        """The number of a state, and whether it is new."""
        number = self.numbers.setdefault(state, len(self.causes))
        if number < len(self.causes):
            return number, False
        self.causes.append(cause)
        self.calm.append([])
        if at_rest(state):
            self.resting.append(number)
        return number, True

    def without_rest(self) -> int | None:
        """A state from which no way without faults leads to rest, the first that was met."""
        fine, waiting = set(self.resting), list(self.resting)
        while waiting:
            for before in self.calm[waiting.pop()]:
                if before not in fine:
                    fine.add(before)
                    waiting.append(before)
        return next((at for at in range(len(self.calm)) if at not in fine), None)

    def trace(self, at: int) -> list[str]:
        """How a state was reached."""
        found: list[str] = []
        while at > 0:
            at, what = self.causes[at]
            found.insert(0, what)
        return found


def search(start: State) -> Found:
    """Everything from `start` on; then whether there is a way to rest from everywhere without more faults."""
    graph, found = Graph(canonical(start)), Found()
    queue = deque(graph.numbers)
    at = 0
    try:
        while queue:
            state = queue.popleft()
            at = graph.numbers[state]
            found.transitions += _expanded(graph, state, at, queue)
    except Broken as broken:
        return Found(len(graph.causes), found.transitions, str(broken), graph.trace(at))
    found.states = len(graph.causes)
    lost = graph.without_rest()
    if lost is not None:
        found.broken, found.trace = "P5: from here there is no way to rest", graph.trace(lost)
    return found


def _expanded(graph: Graph, state: State, at: int, queue: deque[State]) -> int:
    count = 0
    for what, fault, after in steps(state):
        count += 1
        after = canonical(after)
        number, new = graph.met(after, (at, what))
        if new:
            queue.append(after)
        if not fault:
            graph.calm[number].append(at)
    return count


def canonical(state: State) -> State:
    """The same state with ids in the order of their appearance, without what nobody can see any more."""
    record = state.record
    held = {record.job}
    for process in state.processes:
        held |= {process.job, process.fact[2]}
        if process.turn:
            held |= {process.turn.record.job, process.turn.job}
    open_intent = record.intent if record.phase == "W" else 0
    jobs = tuple(
        job
        for job in state.jobs
        if job.state == "runs" or job.id in held or (job.intent and job.intent == open_intent)
    )
    processes = tuple(_tidy(process, state) for process in state.processes)
    intents, ids = {0: 0}, {0: 0}

    def intent(old: int) -> int:
        return intents.setdefault(old, len(intents))

    def name(old: int) -> int:
        return ids.setdefault(old, len(ids))

    record = record._replace(intent=intent(record.intent), job=name(record.job))
    jobs = tuple(job._replace(id=name(job.id), intent=intent(job.intent)) for job in jobs)
    net = tuple(one._replace(intent=intent(one.intent)) for one in state.net)
    renamed = []
    for process in processes:
        turn = process.turn
        if turn:
            verdict = turn.verdict
            turn = turn._replace(
                record=turn.record._replace(intent=intent(turn.record.intent), job=name(turn.record.job)),
                verdict=verdict and verdict._replace(intent=intent(verdict.intent), job=name(verdict.job)),
                job=name(turn.job),
            )
        fact = (intent(process.fact[0]), process.fact[1], name(process.fact[2]))
        renamed.append(process._replace(turn=turn, fact=fact, job=name(process.job)))
    return state._replace(record=record, jobs=jobs, net=net, processes=(renamed[0], renamed[1]))


def _tidy(process: Process, state: State) -> Process:
    """A fact about an intent that is nowhere on record is of no use."""
    intent = process.fact[0]
    used = intent in (state.record.intent, process.turn.record.intent if process.turn else 0)
    return process if used or not intent else process._replace(fact=(0, "", 0))
