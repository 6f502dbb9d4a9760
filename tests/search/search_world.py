"""The world of the search: one service, two processes, one stored record, one site, one lease.

Every step of a turn is a step of its own, so any two of them may have anything between them: read → jobs →
document (and decide) → store → check and send → answer → fold. What the floors above the core do meanwhile is
written out here in a few lines each: compare-and-swap, the check of the term before the store and the send,
the settle time (`Memory.settle_in`), the order of the reads and the job of an intent that this process sent
(`observe`), outcomes folded by the intent's id (`reconcilers/sending`). The real code says what is
decided, and what follows from a list of jobs.

Assumed of the site and of time, as the design does: a request on its way and a job that is not listed yet
show within the settle time, in which a process looks more than once; a job that cannot be found does within
its deadline, and has ended a grace before it, as has what has no job; an old document is read for a grace at
most.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import search_decisions as core
from search_decisions import Rec, Sight


class Job(NamedTuple):
    """`intent` 0 is somebody else's. One that no list shows is the work of a request without a job, which
    `asker` waits for; -1 when nobody does any more.
    """

    id: int
    intent: int
    value: str
    state: str = "runs"
    listed: bool = True
    found: bool = True
    asker: int = -1

    @property
    def jobless(self) -> bool:
        """No list will ever show it."""
        return self.value in core.JOBLESS


class Request(NamedTuple):
    """An edit on its way; `asker` is -1 when nobody waits for the answer any more."""

    intent: int
    value: str
    generation: int
    uid: int
    asker: int


class Turn(NamedTuple):
    """One turn under way. `newest`: the object has not moved since it was read; `term`: still the same.

    `false`: it concluded Ready while an edit of ours was under way. By the design a job that the site denies
    is none, if it sets what is live and wanted. `older`: it sends a document of before our last edit.
    """

    step: str
    newest: bool
    term: bool
    generation: int
    uid: int
    record: Rec
    settled: bool = False
    sight: Sight | None = None
    verdict: Rec | None = None
    value: str = ""
    outcome: str = ""
    job: int = 0
    converged: bool = False
    false: bool = False
    older: bool = False


class Process(NamedTuple):
    """`fact` is the outcome of the last send; `job` one of ours that was not seen to end; `busy`: it has seen
    one run that its record does not name; `ended`: it has seen one end, and what it reads may be old.

    `believes`: it takes itself for the leader, until a check of the term tells it better. `over`: nothing
    without a job can be at work any more, be it of before its term or of its own last request; `doubts`: that
    had no job, and no answer.
    """

    turn: Turn | None = None
    believes: bool = False
    starts_settled: bool = False
    term_over: bool = False
    sure: bool = True
    calm: bool = True
    fact: tuple[int, str, int] = (0, "", 0)
    job: int = 0
    busy: bool = False
    ended: bool = False
    over: bool = False
    doubts: bool = False


class State(NamedTuple):
    """`left` are the faults that may still happen. `old` is what is still read at times, after a change of
    `ours` or another. `wishes` are what each generation declares. The site begins with `a`, stopped, on pods
    of its own; others write `z`. `vain` are the values of our jobs that ended without success since they were
    last live.
    """

    generation: int = 1
    uid: int = 0
    record: Rec = Rec()
    live: str = "aTO"
    old: str = ""
    ours: bool = False
    jobs: tuple[Job, ...] = ()
    net: tuple[Request, ...] = ()
    holder: int = 0
    processes: tuple[Process, Process] = (
        Process(believes=True, starts_settled=True, term_over=True, over=True),
        Process(),
    )
    accepted: int = 0
    left: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ("b", "c", "b")
    vain: tuple[str, ...] = ()

    @property
    def wanted(self) -> str:
        """What is declared now."""
        return self.wishes[self.generation - 1]

    @property
    def declares_jobless(self) -> bool:
        """Some generation needs what has no job."""
        return not core.JOBLESS.isdisjoint("".join(self.wishes))


class Broken(Exception):
    """A promise does not hold."""


@dataclass
class Rules:
    """What the harness does on the controller's behalf; each can be taken away."""

    intent_first: bool = True
    compare_and_swap: bool = True
    term_at_send: bool = True
    term_not_leader: bool = True
    term_at_store: bool = True
    doubt_for_all: bool = True
    folded_by_id: bool = True
    settle_time: bool = True
    settle_term: bool = True
    look_without_status: bool = True
    jobs_before_document: bool = True
    others_are_looked_at: bool = True
    gone_is_unseen: bool = True
    listed_is_there: bool = True
    grace: bool = True
    ends_remembered: bool = True
    calm_release: bool = True
    jobless_time: bool = True


RULES = Rules()
UNTOLD = ("?",)
"""In the place of what was in vain, once a job was hidden."""
NAMES = ("the leader", "the other")
Step = tuple[str, bool, State]
"""What happened, whether it is a fault, and the state after it."""


def steps(state: State) -> Iterator[Step]:
    """Everything that can happen next."""
    for index in (0, 1):
        yield from _process_steps(state, index)
    yield from _site_steps(state)
    for fault in dict.fromkeys(state.left):
        left = list(state.left)
        left.remove(fault)
        for what, after in FAULTS[fault](state._replace(left=tuple(left))):
            yield f"{fault}: {what}", True, after


def at_rest(state: State) -> bool:
    """Converged, or given up with a reason, with nothing under way."""
    if state.net or any(job.state == "runs" for job in state.jobs) or state.record.phase != "I":
        return False
    record = state.record
    due = next((value for value in state.wanted if value not in state.live), "")
    stalled = record.ended(due) >= core.POLICY.jobs_per_digest
    return stalled or (record.ready == state.generation and not due)


# ---- processes


def _process_steps(state: State, index: int) -> Iterator[Step]:
    process = state.processes[index]
    turn, name = process.turn, NAMES[index]
    if (
        process.believes
        and not (process.term_over and process.sure and process.calm)
        and _nothing_hides(state)
    ):
        busy = process.busy or _runs(state) or bool(state.old)  # it ran a grace ago, when it was looked at
        over = process._replace(term_over=True, sure=True, calm=True, busy=busy)
        yield f"{name}'s settle time is over", False, _with(state, index, over)
    works = not state.declares_jobless or state.net or state.old or any(job.jobless for job in state.jobs)
    if process.believes and process.term_over and process.sure and not (process.over or works):
        yield (
            f"{name} has waited for what has no job",
            False,
            _with(state, index, process._replace(over=True)),
        )
    if turn is None:
        if process.believes:
            began = _read(state, process, state.holder == index)
            yield f"{name} reads the object", False, _with(state, index, process._replace(turn=began))
        return
    for what, after in _TURN[turn.step](state, index, process, turn):
        yield f"{name} {what}", False, after


def _runs(state: State) -> bool:
    """A job that every look would show; told only while an old document may come of it."""
    may = "an old document" in state.left
    return may and any(job.state == "runs" and job.listed and job.found for job in state.jobs)


def _nothing_hides(state: State) -> bool:
    return not state.net and all(job.listed or job.jobless for job in state.jobs)


def _read(state: State, process: Process, term: bool) -> Turn:
    record = state.record
    intent, outcome, job = process.fact
    if record.phase == "W" and record.intent == intent and outcome:
        record = core.settle(record, outcome, job)
    settled = _is_settled(process, record)
    early = None if RULES.jobs_before_document else Sight(state.live)
    return Turn("jobs", True, term, state.generation, state.uid, record, settled, early)


def _is_settled(process: Process, record: Rec) -> bool:
    """As `Memory.settle_in`; sooner in one way: an intent of others is not timed from when it was met."""
    if not RULES.settle_time:
        return True
    if record.phase == "I" and record.known:
        return process.sure or not RULES.doubt_for_all
    if record.phase == "I" and not RULES.look_without_status:
        return True
    waits = record.phase != "I" or not process.starts_settled
    return process.sure and (process.term_over or not waits or not RULES.settle_term)


def _jobs(state: State, index: int, process: Process, turn: Turn) -> Iterator[tuple[str, State]]:
    """As `observe`: ours first; only when nothing more can be learned from it the list.

    A job that we remember and the site has forgotten counts as running until its deadline.
    """
    forgotten = process.job not in (0, *(job.id for job in state.jobs))
    for presumed in [True, False] if forgotten else [False]:
        sight = _seen_jobs(state, process, turn, presumed)
        if turn.sight:
            sight = sight._replace(document=turn.sight.document)
        elif sight.ours == "runs":
            sight = sight._replace(document="-")
        step = turn._replace(step="document", sight=sight)
        ended = bool(state.old) and (process.ended or _saw_an_end(process, turn.record, sight))
        whole = sight.ours != "runs" and sight.listed
        busy = (sight.others and _runs(state)) if whole else process.busy
        after = process._replace(turn=step, busy=busy, ended=ended)
        yield "reads the jobs", _with(state, index, after)


def _saw_an_end(process: Process, record: Rec, sight: Sight) -> bool:
    """As `Memory.follow`, `meets` and `met`: our job has ended; another process closed what is on
    record; or a job of ours that no record names any more has ended.
    """
    ours = sight.ours not in ("", "runs", "gone") or bool(sight.candidate)
    elsewhere = record.phase == "I" and bool(record.value) and record.intent != process.fact[0]
    unnamed = process.busy or process.job not in (0, record.job)
    if not RULES.ends_remembered:
        return ours
    return ours or elsewhere or (unnamed and sight.listed and sight.ours != "runs" and not sight.others)


def _seen_jobs(state: State, process: Process, turn: Turn, presumed: bool) -> Sight:
    record, by_id = turn.record, {job.id: job for job in state.jobs}
    ours = ""
    if record.phase == "R":
        job = by_id.get(record.job)
        ours = job.state if job and job.found else "gone"
        if ours == "runs":
            return Sight("", ours="runs")
        if ours == "gone" and not RULES.gone_is_unseen:
            ours = "void"
    listed = [job for job in state.jobs if job.listed and job.id != record.job]
    seen, hidden = core.jobs_on(tuple((job.id, job.state, job.found) for job in listed))
    others = not all(ended for _, ended in seen)
    remembered = by_id.get(process.job)
    if process.job and process.job != record.job:
        others = others or (not remembered.found or remembered.state == "runs" if remembered else presumed)
    traceable = record.phase == "W" and process.fact[0] == record.intent and bool(process.fact[1])
    same = core.OWNERS.get(record.value)
    ended = [
        by_id[job_id]
        for job_id, ended in seen
        if ended and by_id[job_id].intent and core.OWNERS.get(by_id[job_id].value) == same
    ]
    candidate = ended[-1].state if record.phase == "W" and ended else ""
    return Sight(
        "",
        ours,
        others and RULES.others_are_looked_at,
        candidate,
        traceable=traceable,
        listed=not (hidden and RULES.listed_is_there),
        settled=turn.settled,
        hidden=_may_work_unseen(state, process, record),
        grace_over=not RULES.grace,
    )


def _may_work_unseen(state: State, process: Process, record: Rec) -> bool:
    """As `Memory.hidden_in`; whoever has waited for it does not."""
    declared = any(value in core.JOBLESS for value in state.wanted)
    intent, outcome, _ = process.fact
    doubt = outcome == "unsure" and process.doubts and intent != record.intent
    return not process.over and RULES.jobless_time and ((declared and not record.known) or doubt)


def _document(state: State, index: int, process: Process, turn: Turn) -> Iterator[tuple[str, State]]:
    """Reads the service and decides; what depends on how much time has passed comes in all ways it can."""
    assert turn.sight
    documents = (
        [turn.sight.document] if turn.sight.document else [state.live, *([state.old] if state.old else [])]
    )
    runs = any(job.state == "runs" and job.id == turn.record.job for job in state.jobs)
    hidden = runs or (state.old and state.ours)
    late = [False, True] if _is_awaited(state, turn) and not hidden else [False]
    ended = turn.sight.ours in ("done", "void", "failed") or turn.sight.candidate or process.ended
    grace = [True] if not ended else [False] if state.old else [False, True]
    for document in documents:
        for is_late in late:
            for over in grace:
                for retry in [False, True] if turn.record.failure else [True]:
                    sight = turn.sight._replace(
                        document=document,
                        late=is_late,
                        grace_over=over or turn.sight.grace_over,
                        retry_over=retry,
                        hidden=turn.sight.hidden or (_is_jobless(turn) and not is_late),
                    )
                    yield "reads the service and decides", _decided(state, index, process, turn, sight)


def _is_awaited(state: State, turn: Turn) -> bool:
    """Something that cannot be seen is waited for, and may have been for its whole time."""
    assert turn.sight
    works = bool(state.net) or any(job.jobless for job in state.jobs)
    return turn.sight.ours == "gone" or (_is_jobless(turn) and turn.sight.settled and not works)


def _is_jobless(turn: Turn) -> bool:
    """What is on record has no answer, and no job that would tell of it."""
    return turn.record.phase == "W" and turn.record.value in core.JOBLESS and RULES.jobless_time


def _decided(state: State, index: int, process: Process, turn: Turn, sight: Sight) -> State:
    wanted = state.wishes[turn.generation - 1]
    verdict = core.decide(turn.record, turn.generation, wanted, sight, 90 + index)
    hidden = state.old and not state.ours
    live = core.shows(state.live, wanted) or hidden
    if verdict.converged and not (core.shows(sight.document, wanted) and live):
        raise Broken("P6: Ready although something else was read, or would be now")
    value = turn.record.value
    counts = verdict.record.ended(value) > turn.record.ended(value) and sight.ours == "done"
    if counts and value in state.live:
        raise Broken("P4: an edit that is live counts as one that did not stick")
    for value in wanted:
        if verdict.record.ended(value) < turn.record.ended(value) and value not in sight.document:
            raise Broken("P4: what counts against one operation was forgotten for another one")
    if verdict.value and verdict.value != next(one for one in wanted if one not in sight.document):
        raise Broken("P10: an operation before its time")
    running = [job for job in state.jobs if job.intent and job.state == "runs"]
    unseen = [job for job in running if (sight.ours == "gone" or job.jobless) and job.value in wanted]
    under_way = bool(state.net) or len(unseen) < len(running)
    job = process.job
    over = verdict.record.phase == "I" or bool(verdict.value)
    if over and sight.ours != "runs" and not sight.others:
        job = 0  # as `Memory.concluded`
    after = turn._replace(
        step="store",
        sight=None,
        verdict=verdict.record,
        value=verdict.value,
        converged=verdict.converged,
        false=verdict.converged and under_way,
        older=bool(verdict.value) and state.ours and sight.document != state.live,
    )
    return _with(state, index, process._replace(turn=after, job=job))


def _store(state: State, index: int, process: Process, turn: Turn) -> Iterator[tuple[str, State]]:
    """Compare-and-swap, in the term of the turn."""
    assert turn.verdict
    if not turn.term and RULES.term_at_store:
        deposed = process._replace(turn=None, believes=state.holder == index)
        yield "may not store", _with(state, index, deposed)
        return
    if not turn.newest and RULES.compare_and_swap:
        yield "cannot store", _with(state, index, process._replace(turn=None))
        return
    after = turn._replace(step="send", newest=True, record=turn.verdict) if turn.value else None
    if not RULES.intent_first and turn.value:
        yield "stores nothing", _with(state, index, process._replace(turn=after))
        return
    if turn.converged and turn.uid != state.uid:
        raise Broken("P6: Ready on an object that nobody has looked at")
    if turn.false:
        raise Broken("P6: Ready although an edit of ours is under way")
    job, ended = turn.verdict.job or process.job, process.ended and not turn.value
    stored = process._replace(turn=after, job=job, ended=ended)
    yield "stores", _moved(_with(state, index, stored), turn.verdict, index)


def _send(state: State, index: int, process: Process, turn: Turn) -> Iterator[tuple[str, State]]:
    leads = state.holder == index
    allowed = (turn.term if RULES.term_not_leader else leads) or not RULES.term_at_send
    if not allowed:
        after = turn._replace(step="fold", outcome="not sent")
        yield (
            "may not send",
            _with(state, index, process._replace(turn=after, fact=(turn.record.intent, "not sent", 0))),
        )
        return
    if turn.older:
        raise Broken("P9: an edit is built on a document of before our last one")
    request = Request(turn.record.intent, turn.value, turn.generation, turn.uid, index)
    waits = process._replace(turn=turn._replace(step="answer"), calm=False)
    yield "sends", _with(state, index, waits)._replace(net=(*state.net, request))


def _answer(state: State, index: int, process: Process, turn: Turn) -> Iterator[tuple[str, State]]:
    """Comes from the site, or never."""
    return iter(())


def _fold(state: State, index: int, process: Process, turn: Turn) -> Iterator[tuple[str, State]]:
    idle = process._replace(turn=None)
    record = state.record
    same = record.intent == turn.record.intent or not RULES.folded_by_id
    if record.phase == "W" and same:
        yield (
            "folds in what became of it",
            _moved(_with(state, index, idle), core.settle(record, turn.outcome, turn.job), index),
        )
    else:
        yield "folds nothing in", _with(state, index, idle)


_TURN = {
    "jobs": _jobs,
    "document": _document,
    "store": _store,
    "send": _send,
    "answer": _answer,
    "fold": _fold,
}


# ---- the site


def _site_steps(state: State) -> Iterator[Step]:
    for request in state.net:
        yield "the site takes an edit", False, _delivered(state, request, "accepted")
    for job in state.jobs:
        if job.state == "runs":
            yield f"job {job.id} ends", False, _ended(state, job, "done")
        if not job.found:
            yield f"job {job.id} is found again", False, _job(state, job._replace(found=True))
        if not (job.listed or job.jobless):
            yield f"job {job.id} is listed", False, _job(state, job._replace(listed=True))
    if state.old:
        yield "the service is read as it is", False, _shown(state)


def _delivered(state: State, request: Request, told: str, listed: bool = True) -> State:
    """The site starts a job for it; `told` is what the asker hears."""
    if any(job.intent and job.state == "runs" for job in state.jobs):
        raise Broken("P1: two jobs of ours at once")
    if request.uid == state.uid and request.generation < state.accepted:
        raise Broken("P8: an older generation after a newer one")
    if state.vain.count(request.value) >= core.POLICY.jobs_per_digest:
        raise Broken("P4: one more job after so many in vain")
    job = Job(80 + request.intent, request.intent, request.value, listed=listed)
    if job.jobless:
        job = job._replace(listed=False, asker=request.asker if told == "accepted" else -1)
    accepted = max(state.accepted, request.generation) if request.uid == state.uid else state.accepted
    after = state._replace(jobs=(*state.jobs, job), accepted=accepted)
    if job.jobless and told == "accepted":
        return after._replace(net=tuple(one for one in after.net if one is not request))
    return _heard(after, request, told, job.id)


def _heard(state: State, request: Request, told: str, job: int = 0) -> State:
    net = tuple(one for one in state.net if one is not request)
    state = state._replace(net=net)
    if request.asker < 0:
        return state
    process = state.processes[request.asker]
    assert process.turn
    turn = process.turn._replace(step="fold", outcome=told, job=job if told == "accepted" else 0)
    heard = process._replace(turn=turn, fact=(request.intent, told, turn.job), sure=told != "unsure")
    if told == "accepted":
        heard = heard._replace(job=job)
    jobless = told == "unsure" and request.value in core.JOBLESS
    heard = heard._replace(doubts=jobless, over=heard.over and not jobless)
    return _with(state, request.asker, heard)


ANSWERS = {"done": "applied", "void": "applied", "failed": "refused"}


def _answered(state: State, job: Job, told: str) -> State:
    """Whoever asked for what has no job hears of it, if anybody waits."""
    return _heard(state, Request(job.intent, job.value, 0, 0, job.asker), told)


def _ended(state: State, job: Job, how: str) -> State:
    after = _job(state, job._replace(state=how))
    if job.jobless:
        after = state._replace(jobs=tuple(one for one in state.jobs if one is not job))
        after = _answered(after, job, ANSWERS[how])
        if how != "done" and job.asker < 0:
            return after._replace(vain=UNTOLD)
    if how == "done":
        vain = tuple(value for value in after.vain if value != job.value)
        return after._replace(live=core.put(after.live, job.value), vain=vain)
    counts = job.intent and after.vain != UNTOLD
    return after._replace(vain=tuple(sorted((*after.vain, job.value)))) if counts else after


def _counted_anew(state: State) -> tuple[str, ...]:
    return UNTOLD if state.vain == UNTOLD else ()


def _shown(state: State) -> State:
    """No old document is read any more."""
    first, second = (one._replace(ended=False) for one in state.processes)
    return state._replace(old="", ours=False, processes=(first, second))


def _job(state: State, job: Job) -> State:
    return state._replace(jobs=tuple(job if one.id == job.id else one for one in state.jobs))


# ---- faults


Happening = tuple[str, State]


def _answers_lost(state: State) -> Iterator[Happening]:
    for request in state.net:
        yield "applied", _delivered(state, request, "unsure")
    for job in state.jobs:
        if job.asker >= 0:
            deaf = _job(state, job._replace(asker=-1))
            yield "at work", _answered(deaf, job, "unsure")


def _requests_lost(state: State) -> Iterator[Happening]:
    for request in state.net:
        yield "not applied", _heard(state, request, "unsure")


def _slow(state: State) -> Iterator[Happening]:
    for request in state.net:
        if request.asker >= 0:
            late = _heard(state, request, "unsure")
            yield "still on its way", late._replace(net=(*late.net, request._replace(asker=-1)))


def _busy(state: State) -> Iterator[Happening]:
    for request in state.net:
        yield "refused", _heard(state, request, "busy")


def _unlisted(state: State) -> Iterator[Happening]:
    for request in state.net:
        if request.value in core.JOBLESS:
            continue
        yield "applied, told", _delivered(state, request, "accepted", listed=False)
        yield "applied, not told", _delivered(state, request, "unsure", listed=False)


def _take_over(state: State) -> Iterator[Happening]:
    yield "the lease moves", _leads(state, 1 - state.holder, clean=False)


def _restart(state: State) -> Iterator[Happening]:
    """A calm stop: turns end first."""
    process = state.processes[state.holder]
    if process.turn is None:
        rested = process.starts_settled or process.term_over
        clean = (rested and process.calm and process.sure) or not RULES.calm_release
        yield "calmly", _leads(_with(state, state.holder, Process()), 1 - state.holder, clean)


def _crash(state: State) -> Iterator[Happening]:
    for index in (0, 1):
        net = tuple(one._replace(asker=-1) if one.asker == index else one for one in state.net)
        jobs = tuple(one._replace(asker=-1) if one.asker == index else one for one in state.jobs)
        dead = _with(state, index, Process())._replace(net=net, jobs=jobs)
        if state.record.phase == "W" and state.record.value in core.JOBLESS:
            dead = dead._replace(vain=UNTOLD)
        if state.processes[index] != Process():
            yield NAMES[index], _leads(dead, 1 - index, clean=False) if state.holder == index else dead


def _spec(state: State) -> Iterator[Happening]:
    if state.generation < len(state.wishes):
        yield (
            "a new generation",
            _touched(state._replace(generation=state.generation + 1, vain=_counted_anew(state))),
        )


def _wiped(state: State) -> Iterator[Happening]:
    yield "no status", _touched(state._replace(record=Rec(), vain=_counted_anew(state)))


def _made_again(state: State) -> Iterator[Happening]:
    anew = state._replace(
        record=Rec(), uid=1 - state.uid, generation=1, accepted=0, vain=_counted_anew(state)
    )
    yield "another object", _touched(anew)


def _annotated(state: State) -> Iterator[Happening]:
    yield "another version", _touched(state)


def _drift(state: State) -> Iterator[Happening]:
    yield "z", _shown(state)._replace(live=core.put(state.live, "z"))


def _switched(state: State) -> Iterator[Happening]:
    """A colleague starts it, or stops it."""
    other = "S" if "T" in state.live else "T"
    yield other, _shown(state)._replace(live=core.put(state.live, other))


def _provided(state: State) -> Iterator[Happening]:
    """A colleague moves it to other pods."""
    other = "M" if "O" in state.live else "O"
    yield other, _shown(state)._replace(live=core.put(state.live, other))


def _set_as_wanted(state: State) -> Iterator[Happening]:
    """Somebody is quicker: what is declared is live, though not by our edit."""
    yield (
        "done by hand",
        state._replace(live=core.put(state.live, state.wanted), old="", vain=_counted_anew(state)),
    )


def _others_edit(state: State) -> Iterator[Happening]:
    yield "starts", state._replace(jobs=(*state.jobs, Job(79, 0, "z")))


def _forgets(state: State) -> Iterator[Happening]:
    for job in state.jobs:
        if job.state != "runs":
            jobs = tuple(one for one in state.jobs if one is not job)
            yield f"job {job.id}", state._replace(jobs=jobs, vain=_counted_anew(state))


def _hides(state: State) -> Iterator[Happening]:
    """What ends meanwhile is not seen to end, so it need not count."""
    for job in state.jobs:
        if job.state == "runs" and not job.jobless:
            yield f"job {job.id}", _job(state._replace(vain=UNTOLD), job._replace(found=False))


def _fails(state: State) -> Iterator[Happening]:
    yield from _all_end(state, "failed")


def _in_vain(state: State) -> Iterator[Happening]:
    yield from _all_end(state, "void")


def _all_end(state: State, how: str) -> Iterator[Happening]:
    for job in state.jobs:
        if job.state == "runs":
            yield f"job {job.id}", _ended(state, job, how)


def _stale(state: State) -> Iterator[Happening]:
    for job in state.jobs:
        if job.state == "runs":
            after = _ended(state, job, "done")
            if job.asker >= 0:
                after = _with(after, job.asker, after.processes[job.asker]._replace(ended=True))
            yield f"after job {job.id}", after._replace(old=state.live, ours=bool(job.intent))


def _store_unheard(state: State) -> Iterator[Happening]:
    """The status is written, but the writer never hears of it."""
    for index in (0, 1):
        turn = state.processes[index].turn
        if turn and turn.step == "store" and turn.term and turn.newest and turn.verdict:
            deaf = _with(state, index, state.processes[index]._replace(turn=None))
            yield NAMES[index], _moved(deaf, turn.verdict, None)


def _fold_fails(state: State) -> Iterator[Happening]:
    for index in (0, 1):
        turn = state.processes[index].turn
        if turn and turn.step == "fold":
            yield NAMES[index], _with(state, index, state.processes[index]._replace(turn=None))


def _jobs_unreadable(state: State) -> Iterator[Happening]:
    for index in (0, 1):
        process = state.processes[index]
        turn = process.turn
        if turn and turn.step == "jobs" and turn.record.phase != "R":
            sight = Sight("", listed=False, settled=turn.settled)
            yield (
                NAMES[index],
                _with(state, index, process._replace(turn=turn._replace(step="document", sight=sight))),
            )


FAULTS = {
    "a crash": _crash,
    "a new spec": _spec,
    "an answer is lost": _answers_lost,
    "a request is lost": _requests_lost,
    "a request is slow": _slow,
    "the site is busy": _busy,
    "a job is listed late": _unlisted,
    "a take-over": _take_over,
    "another take-over": _take_over,
    "a restart": _restart,
    "a status is wiped": _wiped,
    "an object is made again": _made_again,
    "an annotation": _annotated,
    "drift": _drift,
    "a switch": _switched,
    "other pods": _provided,
    "the wanted value by others": _set_as_wanted,
    "a foreign job": _others_edit,
    "the site forgets": _forgets,
    "a job hides": _hides,
    "a job fails": _fails,
    "a job does nothing": _in_vain,
    "an old document": _stale,
    "a store is not heard of": _store_unheard,
    "a fold fails": _fold_fails,
    "jobs are unreadable": _jobs_unreadable,
}
ALWAYS = ("a crash", "a new spec")
OF_TWO = ("a switch", "other pods")
"""What concerns a service whose state is declared, beside its settings."""
"""Every search has these besides its own faults."""


# ---- small moves


def _with(state: State, index: int, process: Process) -> State:
    first, second = state.processes
    return state._replace(processes=(process, second) if index == 0 else (first, process))


def _moved(state: State, record: Rec, writer: int | None) -> State:
    """The record is stored: whoever else has read the object holds an old one."""
    return _touched(state._replace(record=record), writer)


def _touched(state: State, writer: int | None = None) -> State:
    for index in (0, 1):
        process = state.processes[index]
        if index != writer and process.turn and process.turn.newest:
            state = _with(state, index, process._replace(turn=process.turn._replace(newest=False)))
    return state


def _leads(state: State, index: int, clean: bool) -> State:
    """A new term: no turn under way belongs to it."""
    for one in (0, 1):
        process = state.processes[one]
        if process.turn:
            state = _with(state, one, process._replace(turn=process.turn._replace(term=False)))
    new = state.processes[index]._replace(believes=True, starts_settled=clean, term_over=False, over=False)
    return _with(state, index, new)._replace(holder=index)
