"""Breadth-first over all states that can be reached, each once, with the shortest way to what is broken."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from search_decisions import Rec
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
    """The same state with ids in the order of their appearance, without what nobody can see any more.

    The holder of the lease comes first: the two processes run the same code.
    """
    state = _without_the_unseen(_holder_first(state))
    intents, jobs = _numbered(_intents(state)), _numbered(_job_ids(state))
    in_order = all(old == new for names in (intents, jobs) for old, new in names.items())
    return state if in_order else _renamed(state, intents, jobs)


def _holder_first(state: State) -> State:
    if state.holder == 0:
        return state
    net = tuple(one._replace(asker=1 - one.asker) if one.asker >= 0 else one for one in state.net)
    return state._replace(holder=0, processes=(state.processes[1], state.processes[0]), net=net)


def _without_the_unseen(state: State) -> State:
    record, processes = state.record, state.processes
    if state.jobs:
        held = {record.job, *(process.job for process in processes), *(one.fact[2] for one in processes)}
        held |= {job for one in processes if one.turn for job in (one.turn.record.job, one.turn.job)}
        intent = record.intent if record.phase == "W" else 0
        jobs = tuple(
            job
            for job in state.jobs
            if job.state == "runs" or job.id in held or (job.intent and job.intent == intent)
        )
        state = state if len(jobs) == len(state.jobs) else state._replace(jobs=jobs)
    if any(process.fact[0] for process in processes):
        first, second = (_tidy(process, state) for process in processes)
        state = state._replace(processes=(first, second))
    return state


def _tidy(process: Process, state: State) -> Process:
    """A fact about an intent that is nowhere on record is of no use."""
    intent = process.fact[0]
    used = intent in (state.record.intent, process.turn.record.intent if process.turn else 0)
    return process if used or not intent else process._replace(fact=(0, "", 0))


def _intents(state: State) -> Iterator[int]:
    yield state.record.intent
    for job in state.jobs:
        yield job.intent
    for request in state.net:
        yield request.intent
    for process in state.processes:
        if turn := process.turn:
            yield turn.record.intent
            if turn.verdict:
                yield turn.verdict.intent
        yield process.fact[0]


def _job_ids(state: State) -> Iterator[int]:
    yield state.record.job
    for job in state.jobs:
        yield job.id
    for process in state.processes:
        if turn := process.turn:
            yield turn.record.job
            if turn.verdict:
                yield turn.verdict.job
            yield turn.job
        yield process.fact[2]
        yield process.job


def _numbered(ids: Iterator[int]) -> dict[int, int]:
    """New names by the old ones, in order; 0 is nobody's."""
    names = {0: 0}
    for old in ids:
        names.setdefault(old, len(names))
    return names


def _renamed(state: State, intents: dict[int, int], ids: dict[int, int]) -> State:
    def record(old: Rec) -> Rec:
        return old._replace(intent=intents[old.intent], job=ids[old.job])

    def process(old: Process) -> Process:
        turn = old.turn and old.turn._replace(
            record=record(old.turn.record),
            verdict=old.turn.verdict and record(old.turn.verdict),
            job=ids[old.turn.job],
        )
        fact = (intents[old.fact[0]], old.fact[1], ids[old.fact[2]])
        return old._replace(turn=turn, fact=fact, job=ids[old.job])

    return state._replace(
        record=record(state.record),
        jobs=tuple(job._replace(id=ids[job.id], intent=intents[job.intent]) for job in state.jobs),
        net=tuple(one._replace(intent=intents[one.intent]) for one in state.net),
        processes=(process(state.processes[0]), process(state.processes[1])),
    )
