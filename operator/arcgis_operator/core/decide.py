"""One turn's conclusion, from what was seen. Pure; what becomes of a request is folded in by `settle`.

The protocol that both keep is explained rule for rule in `docs/explanation/architecture.md`.
"""

from collections.abc import Mapping
from dataclasses import replace

from arcgis_operator.core import control, gates, plan, sentences
from arcgis_operator.core.bounds import counted, recent_sends, retry_time
from arcgis_operator.core.case import Case, Hold, Seen
from arcgis_operator.core.change import shown as shown_change
from arcgis_operator.core.changers import told
from arcgis_operator.core.history import outcome_of, with_last
from arcgis_operator.core.identity import operation_uri
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.jobs import MACHINE, Cell, Signal
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.line import told as told_place
from arcgis_operator.core.look import LEFT_ALONE, SITE_AWAY, Sight, guess, look
from arcgis_operator.core.operations import Operation, Request, due, owned
from arcgis_operator.core.plan import DRIFT
from arcgis_operator.core.planning import Target, plan_of, plan_while_waiting, show_plan
from arcgis_operator.core.record import (
    KEPT_SENDS,
    JobShown,
    Journal,
    LineShown,
    Observed,
    Phase,
    Record,
    Tried,
    moment,
    stamp,
)
from arcgis_operator.core.said import ID_LEAST, UNSAID, Raw, Shown, cut, kept
from arcgis_operator.core.shown import shown
from arcgis_operator.core.texts import (
    changed_text,
    converged_text,
    drift_notes,
    new_settings,
    part_notes,
    stray_notes,
    waiting_text,
)
from arcgis_operator.core.usual import expecting
from arcgis_operator.core.verdict import ROWS, Look, Note, Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, NOW, RESYNC, After, Wake

ID_LENGTH = 64


def decide(case: Case) -> Verdict:
    """What this turn concludes: the reason to show, the record to store, and at most one edit to send."""
    sight = look(case)
    cell = MACHINE[case.record.journal.phase, sight.signal]
    if cell.again:
        verdict = decide(replace(case, record=_closed(case, sight), seen=_without_ours(case.seen)))
        return replace(verdict, notes=(*part_notes(case, sight.signal, _job_of(case)), *verdict.notes))
    if sight.target:
        return _intend(case, sight.target)
    if sight.signal is Signal.MATCHES:
        return _converged(case)
    if sight.signal is Signal.LIVE:
        return _live(case, sight)
    return _waiting(case, sight, cell)


def rests_on_version(case: Case, verdict: Verdict) -> bool:
    """Whether this edit is sent only because of the version that the site is thought to have."""
    return verdict.effect is not None and decide(replace(case, site_version="")).effect is None


def _without_ours(seen: Seen | None) -> Seen:
    """What was seen, once the operation is given up: a job that still runs is like that of somebody else."""
    seen = replace(seen or Seen(), hidden_in=0.0)
    ours = seen.ours
    if isinstance(ours, Job) and ours.state is JobState.RUNNING:
        return replace(seen, ours=None, others=(*seen.others, ours))
    return seen


def _closed(case: Case, sight: Sight) -> Record:
    """The record after its operation is over, with what that counts for."""
    record, journal = case.record, case.record.journal
    job = _job_of(case)
    if sight.signal is Signal.DONE:
        journal = journal.counting(journal.tried.forgiven())
    elif sight.failure:
        journal = counted(journal, sight.failure, case.now, case.policy)
    elif sight.signal is Signal.JOB_LOST and case.as_intended:
        journal = counted(journal, _lost(case), case.now, case.policy)
    elif journal.phase is Phase.INTENDED and journal.tried.attempt > 1:
        journal = journal.counting(_without_trace(case, journal.tried))
    history = with_last(record, outcome_of(sight.signal, sight.failure), job, case.now)
    planned = record.plan
    if planned and sight.signal is Signal.DONE:
        planned = planned.after(record.journal.operation, stamp(case.now))
    return replace(record, known=True, journal=journal.closed(), job=job, history=history, plan=planned)


def _lost(case: Case) -> Hold:
    """An attempt in vain as well: a site that forgets every job would be edited for ever."""
    limit = case.policy.job_timeout_seconds
    return Hold(Reason.JOB_FAILED, sentences.job_lost(case.show(case.record.journal.job_id), limit))


def _without_trace(case: Case, tried: Tried) -> Tried:
    """No job of the attempt was found: no failure, but the next one has to wait."""
    return replace(
        tried,
        reason=Reason.SUBMITTING.value,
        text=sentences.no_trace(tried.attempt),
        retry_time=retry_time(tried.attempt - 2, case.now, case.policy),
    )


def _intend(case: Case, target: Target) -> Verdict:
    record, operation = case.record, due(target.leaves, target.documents)
    made, journal = plan_of(case, target), _intent(case, target, operation)
    part = plan.changes(operation.owned(target.leaves), target.document)
    changes = [shown_change(change, case.show) for change in part]
    attempt = journal.tried.attempt
    found = made.cause == DRIFT and attempt == 1
    return Verdict(
        Reason.SUBMITTING,
        sentences.sending([str(change) for change in changes], attempt, found, operation.name),
        replace(
            record,
            known=True,
            handled=_handled(case),
            overridden=control.heard(case, made),
            journal=journal,
            job=None,
            plan=replace(show_plan(case, made), override=control.override_used(case, made)),
        ),
        wake=After(case.policy.poll_seconds),
        effect=Request(
            operation,
            target.service,
            operation.request(operation.owned(target.leaves), target.documents),
            journal.id,
            control.windows_in_force(case, made),
        ),
        notes=(
            *(drift_notes(changes, told(case, made)) if found else ()),
            *control.override_notes(case, made),
            *stray_notes(case),
        ),
    )


def _handled(case: Case) -> str:
    return case.requested or case.record.handled


def _intent(case: Case, target: Target, operation: Operation) -> Journal:
    context = case.site_url.rsplit("/", 1)[-1]
    tried = {name: _counts(case, name, target) for name in case.wanted}
    last = tried[operation.name]
    return Journal(
        phase=Phase.INTENDED,
        id=case.fresh_id,
        operation=operation.name,
        operation_uri=operation_uri(context, target.service, operation.path),
        site_url=case.site_url,
        service_id=_id(case, target.document),
        username=kept(case.username, case.show),
        generation=case.generation,
        intent_time=stamp(case.now),
        attempts={**tried, operation.name: replace(last, attempt=last.attempt + 1, retry_time="")},
        sends=(*recent_sends(case), stamp(case.now))[-KEPT_SENDS:],
    )


def _counts(case: Case, operation: str, target: Target) -> Tried:
    """What counts of an operation while another one is sent: nothing, if what it owns is live."""
    tried, part = case.tried(operation), owned(operation, target.leaves)
    return tried if plan.differing(part, target.document) else tried.forgiven()


def _converged(case: Case) -> Verdict:
    record, job = case.record, _job_of(case)
    notes = stray_notes(case)
    if isinstance(case.seen and case.seen.ours, Job) and job and job.status != "COMPLETED":
        notes += (Note(Reason.JOB_FAILED, sentences.live_though_failed(job.id, job.status)),)
    return Verdict(
        Reason.CONVERGED,
        converged_text(case, job),
        replace(
            record,
            known=True,
            handled=_handled(case),
            journal=replace(record.journal.closed(), attempts=_nothing_counts(case)),
            job=job,
            history=_with_this(case, job),
            plan=None,
            observed=_observed(case),
        ),
        wake=NOW if gates.to_look(case) else RESYNC,
        notes=notes,
        aside=" ".join(filter(None, (changed_text(case), *guess(case)))),
    )


def _with_this(case: Case, job: JobShown | None) -> tuple[Mapping[str, Json], ...]:
    """The history, with the operation that this look has shown to be live, if one is open."""
    if not case.record.journal.open:
        return case.record.history
    return with_last(case.record, outcome_of(Signal.MATCHES, as_intended=case.as_intended), job, case.now)


def _nothing_counts(case: Case) -> Mapping[str, Tried]:
    return {name: Tried(digest) for name, digest in case.wanted.items()}


def _live(case: Case, sight: Sight) -> Verdict:
    """Ready, while the intent stays open: nothing else is sent before the settle time is over."""
    verdict = _converged(case)
    before, now = case.record.observed, verdict.record.observed
    told = case.record.is_ready(case.generation) and before and now and before.digest == now.digest
    record = replace(
        verdict.record,
        journal=case.record.journal,
        history=case.record.history,
        observed=before if told else now,
    )
    return replace(verdict, record=record, wake=_wake(case, verdict.reason, sight))


def _observed(case: Case) -> Observed:
    before, digest, document = case.record.observed, case.digest, case.document or {}
    count, paths = new_settings(case)
    proved = case.record.journal.open or before is None or before.digest != digest
    return Observed(
        service_id=_id(case, document),
        provider=_said(case, document, "provider"),
        configured_state=_said(case, document, "configuredState"),
        digest=digest,
        verified_time=stamp(case.now) if proved or before is None else before.verified_time,
        new_count=count,
        new_settings=paths,
        site_url=case.site_url,
    )


def _id(case: Case, document: Mapping[str, Json]) -> Raw:
    """The service's id, which decides later; nothing where the status could not hold it as it is."""
    whole = Raw(str(document.get("id") or ""))
    return kept(whole, case.show, ID_LEAST) if len(whole) <= ID_LENGTH else UNSAID


def _said(case: Case, document: Mapping[str, Json], name: str) -> Shown:
    """A word of the site's within what the schema of the status takes: a longer one could not be stored."""
    return cut(case.show(Raw(str(document.get(name) or ""))), 32)


def _waiting(case: Case, sight: Sight, cell: Cell) -> Verdict:
    reason = cell.reason or (sight.hold.reason if sight.hold else Reason.SITE_UNREACHABLE)
    message = sight.hold.message if sight.hold else waiting_text(case, sight.signal)
    gate = gates.to_look(case) if case.record.journal.open else None
    if gate and not (sight.hold is gate or _passes(gate)):
        message = sentences.afterwards(message, gate.message)
    away = reason in SITE_AWAY and case.vain_for < case.policy.stale_after_seconds
    calm = case.record.known and (not case.record.journal.open or case.record.is_ready(case.generation))
    same = sight.signal is Signal.OTHERS_RUN and case.matches
    line = _line(case, reason)
    return Verdict(
        reason,
        _with_place(message, line),
        replace(_seen_record(case), next_window=sight.opens, line=line),
        wake=_wake(case, reason, sight),
        notes=stray_notes(case),
        keep_ready=calm and (away or same),
        spent=sight.spent,
    )


def _line(case: Case, reason: Reason) -> LineShown | None:
    """The place to tell of, where it is a slot that is waited for.

    An API server with an older CRD does not keep it: told anew at each look, it would be written each time.
    """
    before = case.record
    unkept = before.line is None and before.ready.reason == Reason.QUEUED.value
    if reason is not Reason.QUEUED or case.standing is None or unkept:
        return None
    return told_place(case.record.line, case.standing, case.now)


def _with_place(message: str, line: LineShown | None) -> str:
    if line is None:
        return message
    told = sentences.in_line(line.place, line.length, line.told_time, line.expected_start_time)
    return f"{message} {told}"


def _passes(gate: Hold) -> bool:
    """It says nothing of the time after the open operation: the site is looked at for that all the same."""
    return gate.reason in LEFT_ALONE


def _seen_record(case: Case) -> Record:
    record = replace(case.record, plan=plan_while_waiting(case))
    if record.journal.open:
        return replace(record, job=_job_of(case))
    if case.seen is None or not case.asked:
        return record
    return replace(record, handled=case.requested, journal=record.journal.forgiven())


def _job_of(case: Case) -> JobShown | None:
    """The job to show after this turn: ours as last read, or what an unanswered intent became."""
    job, before = case.record.job, case.record.journal
    seen = case.seen.ours if case.seen and isinstance(case.seen.ours, Job) else None
    if before.phase is Phase.INTENDED and case.seen and case.seen.candidate:
        seen = case.seen.candidate
    if seen is None:
        return job
    quiet = case.open_for < case.policy.quiet_seconds
    return shown(seen, job or _unanswered(before, case), case.desired, quiet)


def _unanswered(journal: Journal, case: Case) -> JobShown:
    planned = case.record.plan
    job = JobShown(
        operation=journal.operation,
        generation=journal.generation,
        attempt=journal.tried.attempt,
        submit_time=journal.intent_time,
        change_count=planned.count_of(journal.operation) if planned else 0,
    )
    return expecting(job, case.policy.usual, moment(journal.intent_time))


def _wake(case: Case, reason: Reason, sight: Sight) -> Wake:
    if sight.wake is not None:
        return sight.wake
    looks = ROWS[reason].look
    if looks is Look.POLL or (case.record.journal.open and looks is Look.RESYNC):
        return After(case.policy.pause(max(case.open_for, case.busy_for)))
    return RESYNC if looks is Look.RESYNC else BACKOFF
