"""What one turn concludes, situation by situation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from situations import NOW, POLICY, URL, case, job, journal, live, proved, record, seen, wanting

from arcgis_operator.core.bounds import may_have_just_ended
from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.decide import decide
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.model import Approval, DriftPolicy
from arcgis_operator.core.record import Observed, Phase, Record, stamp
from arcgis_operator.core.said import Raw, Shown
from arcgis_operator.core.verdict import Progress, Reason, Verdict
from arcgis_operator.core.wake import BACKOFF, RESYNC, After
from arcgis_operator.core.wake import NOW as AT_ONCE
from arcgis_operator.core.windows import Window

IDLE, INTENDED, RUNNING = Phase.IDLE, Phase.INTENDED, Phase.RUNNING
GATE = Hold(Reason.SUSPENDED, "spec.suspend is true.")
MINUTE, HOUR = 60.0, 3600.0
AFTER_THE_GRACE = After(POLICY.verify_grace_seconds - 1.0)


def hidden(text: Raw, least: int = 1) -> Shown:
    """As a session does whose password the site says."""
    return Shown(text.replace("hunter2", "***"))


def ago(seconds: float) -> str:
    return stamp(NOW - timedelta(seconds=seconds))


def open_(phase: Phase, **changed: object) -> Case:
    """A case in the middle of an operation whose request can no longer arrive."""
    return case(record=record(phase), **changed)


def failed(kind: Kind, detail: str = "no answer") -> Failure:
    return Failure(kind, detail)


def refused_before(ended: int, reason: str = "JobFailed", retry: float = 60) -> Record:
    """A record of so many failures."""
    told = journal(ended=ended, attempt=ended, failure=f"{reason}: it broke.", retry_time=ago(-retry))
    return record(journal=told)


@dataclass(frozen=True)
class Expected:
    """`sends`: the intent is stored and its edit follows."""

    reason: Reason
    phase: Phase = IDLE
    sends: bool = False
    says: str = ""
    progress: Progress | None = None
    holds: Callable[[Verdict], bool] = lambda verdict: True


def gives(reason: Reason, phase: Phase = IDLE, says: str = "", **changed: object) -> Expected:
    return replace(Expected(reason, phase, says=says), **changed)  # type: ignore[arg-type]


R = Reason
OPEN = Hold(R.CIRCUIT_OPEN, "pause")
REPORTING = replace(wanting(), drift=DriftPolicy(report=True))
SITUATIONS: dict[str, tuple[Case, Expected]] = {
    # ---- nothing open
    "the settings differ": (
        case(),
        gives(
            R.SUBMITTING,
            INTENDED,
            'Sending the edit (attempt 1): settings.description "old" → "new".',
            sends=True,
        ),
    ),
    "the settings match": (
        case(seen=seen(document=live("new"))),
        gives(R.CONVERGED, says="1 declared setting verified on the site."),
    ),
    "nothing is declared": (
        case(desired=replace(wanting(), leaves=())),
        gives(R.CONVERGED, says="0 settings are declared"),
    ),
    "drift": (case(record=proved()), gives(R.SUBMITTING, INTENDED, "(after drift)", sends=True)),
    "drift, read so soon after our edit that it may be what was there before": (
        case(record=proved(), ended_for=1.0),
        gives(
            R.VERIFYING,
            IDLE,
            "read again",
            holds=lambda v: v.wake == AFTER_THE_GRACE,
        ),
    ),
    "drift, read so late after our edit that only the rounding of a clock is missing": (
        case(record=proved(), ended_for=POLICY.verify_grace_seconds - 1e-9),
        gives(R.SUBMITTING, INTENDED, sends=True),
    ),
    "another wish so soon after an edit that it may be built on what was there before": (
        case(record=proved(), desired=wanting("newer"), generation=2, ended_for=1.0),
        gives(R.VERIFYING, IDLE, "read again", holds=lambda v: v.wake == AFTER_THE_GRACE),
    ),
    "another wish so soon after our edit, which is not shown yet": (
        case(
            record=proved(),
            desired=wanting("newer"),
            generation=2,
            ended_for=1.0,
            sent=wanting("new").leaves,
        ),
        gives(R.VERIFYING, IDLE, "read again"),
    ),
    "another wish so soon after our edit, which is shown": (
        case(
            record=proved(),
            desired=wanting("newer"),
            generation=2,
            ended_for=1.0,
            sent=wanting("new").leaves,
            seen=seen(document=live("new")),
        ),
        gives(R.SUBMITTING, INTENDED, "attempt 1", sends=True),
    ),
    "a wish that seems to be live so soon after an edit of another one": (
        case(
            record=proved(),
            desired=wanting("old"),
            generation=2,
            ended_for=1.0,
            sent=wanting("new").leaves,
        ),
        gives(R.VERIFYING, IDLE, "read again", holds=lambda v: v.wake == AFTER_THE_GRACE),
    ),
    "a job of others ended a moment ago, and what is declared is live": (
        case(record=proved(), seen=seen(document=live("new")), ended_for=1.0),
        gives(R.CONVERGED),
    ),
    "an edit that failed so late that its pause is over before its end can be read": (
        case(record=refused_before(1, retry=-1), ended_for=1.0),
        gives(R.JOB_FAILED, IDLE, holds=lambda v: v.wake == AFTER_THE_GRACE),
    ),
    "a person asks again so soon after an edit that failed": (
        case(record=refused_before(1), requested="now", ended_for=1.0),
        gives(R.VERIFYING, IDLE, "read again"),
    ),
    "a job of somebody else runs": (
        case(record=record(), seen=seen(others=(job(job_id="j9", username="anna"),))),
        gives(R.SERVICE_BUSY, says="Job j9 of anna"),
    ),
    "a job of nobody we know runs": (
        case(record=record(), seen=seen(others=(job(job_id="j9", username=""),))),
        gives(R.SERVICE_BUSY, says="of somebody"),
    ),
    "no status, and a request of ours may still arrive": (
        case(seen=seen(settle_in=50.0)),
        gives(R.LOOKING_FOR_JOB, holds=lambda v: not v.record.known and v.wake == After(50.0)),
    ),
    "no status, a request may still arrive, and the settings match": (
        case(seen=seen(settle_in=50.0, document=live("new"))),
        gives(R.LOOKING_FOR_JOB, holds=lambda v: not v.record.known),
    ),
    "no status, and a job runs although the settings match": (
        case(seen=seen(others=(job(),), document=live("new"))),
        gives(R.SERVICE_BUSY, holds=lambda v: not v.record.known and not v.keep_ready),
    ),
    "a status that is idle waits as well, for the last request of somebody else may still arrive": (
        case(record=record(), seen=seen(settle_in=50.0)),
        gives(R.LOOKING_FOR_JOB, holds=lambda v: v.wake == After(50.0)),
    ),
    "a resource without status, where the site lists no jobs and one of before may still run": (
        case(record=Record(), seen=seen(listed=False, unseen_in=600.0)),
        gives(R.LOOKING_FOR_JOB, says="Nothing is sent before", holds=lambda v: v.wake is BACKOFF),
    ),
    "a status that names another intent than the one that may still run, where the site lists no jobs": (
        case(record=record(), seen=seen(listed=False, unseen_in=600.0)),
        gives(R.LOOKING_FOR_JOB, says="Nothing is sent before"),
    ),
    "the jobs cannot be listed": (case(seen=seen(listed=False)), gives(R.SUBMITTING, INTENDED, sends=True)),
    "the spec cannot be read": (
        case(desired=None, seen=None, unlooked=(Hold(R.SPEC_INVALID, "spec.settings: no"),)),
        gives(R.SPEC_INVALID, says="spec.settings: no", progress=Progress.STALLED),
    ),
    "a spec that cannot be read without anybody saying so": (case(desired=None), gives(R.SPEC_INVALID)),
    "suspended": (case(unlooked=(GATE,), seen=None), gives(R.SUSPENDED, progress=Progress.NONE)),
    "whether its site allows it is not known": (
        case(record=proved(), unlooked=(Hold(R.ACCESS_UNKNOWN, "labels: 429"),), seen=None),
        gives(R.ACCESS_UNKNOWN, holds=lambda v: v.keep_ready),
    ),
    "the budget of an hour is spent by what this process sent, whatever the status says": (
        case(record=Record(), sent_ago=tuple(60.0 * n for n in range(POLICY.edits_per_hour))),
        gives(R.EDIT_BUDGET_SPENT, holds=lambda v: v.wake == After(HOUR - 11 * MINUTE)),
    ),
    "only observed": (
        case(unsent=(Hold(R.OBSERVING, "spec.managementPolicy is Observe"),)),
        gives(
            R.OBSERVING,
            says='1 setting would be changed: settings.description "old" → "new". Nothing is sent, because '
            "spec.managementPolicy is Observe.",
            progress=Progress.NONE,
            holds=lambda v: v.record.plan is not None and v.record.plan.change_count == 1,
        ),
    ),
    "a drift that is only reported": (
        case(record=proved(), desired=REPORTING),
        gives(
            R.DRIFT_REPORTED,
            says='1 declared setting was changed on the site: settings.description "old" → "new". '
            "No recent job on the site tells who did it. Not restored, because spec.drift.policy is Report.",
            progress=Progress.NONE,
            holds=lambda v: v.record.plan is not None and v.record.plan.cause == "Drift",
        ),
    ),
    "a drift that is one of many": (
        case(record=proved(), drifts=(Hold(R.SITE_DIVERGED, "many"),)),
        gives(R.SITE_DIVERGED, says="many", progress=Progress.NONE, holds=lambda v: v.wake is RESYNC),
    ),
    "a drift while it is not known how many there are": (
        case(record=proved(), drifts=(Hold(R.VERIFYING, "counting"),)),
        gives(R.VERIFYING, says="counting", holds=lambda v: v.wake is RESYNC),
    ),
    "a new wish while many services drift": (
        case(record=proved(wanting("before")), drifts=(Hold(R.SITE_DIVERGED, "many"),)),
        gives(R.SUBMITTING, INTENDED, sends=True),
    ),
    "a new wish, where a drift is only reported": (
        case(record=proved(wanting("before")), desired=REPORTING),
        gives(R.SUBMITTING, INTENDED, sends=True),
    ),
    "another resource speaks for the service": (
        case(unsent=(Hold(R.CONFLICT, "gis/roads is older"),)),
        gives(R.CONFLICT, progress=Progress.STALLED),
    ),
    "the site is not allowed": (
        case(unlooked=(Hold(R.SITE_NOT_ALLOWED, "no"),), seen=None),
        gives(R.SITE_NOT_ALLOWED),
    ),
    "the site does not exist": (
        case(unlooked=(Hold(R.SITE_NOT_FOUND, "no"),), seen=None),
        gives(R.SITE_NOT_FOUND),
    ),
    "the circuit is open": (case(unlooked=(OPEN,), seen=None), gives(R.CIRCUIT_OPEN)),
    "its plan is not approved": (
        case(desired=replace(wanting(), approval=Approval.MANUAL)),
        gives(R.AWAITING_APPROVAL, says="kubectl patch agsvc", progress=Progress.NONE),
    ),
    "its window is closed": (
        case(desired=replace(wanting(), windows=(Window("0 3 * * *", timedelta(hours=2)),))),
        gives(R.OUTSIDE_WINDOW, says="opens at 2026-11-24T03:00:00Z", progress=Progress.RECONCILING),
    ),
    "all slots are taken": (case(unsent=(Hold(R.QUEUED, "full"),)), gives(R.QUEUED, says="full")),
    "the site is read-only": (case(unsent=(Hold(R.SITE_READ_ONLY, "upgrade"),)), gives(R.SITE_READ_ONLY)),
    "the site asks for a pause before the next edit, and how often it did so only the queue knows": (
        case(unsent=(Hold(R.SERVICE_BUSY, "later"),)),
        gives(R.SERVICE_BUSY, says="later", holds=lambda v: v.wake is BACKOFF),
    ),
    "a full site does not hold back who matches": (
        case(unsent=(Hold(R.QUEUED, "full"),), seen=seen(document=live("new"))),
        gives(R.CONVERGED),
    ),
    "it was open, and this try failed too": (
        case(seen=seen(document=failed(Kind.UNSURE)), trouble=OPEN),
        gives(R.CIRCUIT_OPEN, says="pause"),
    ),
    "the site asked this look for a pause": (
        case(seen=seen(jobs_failure=failed(Kind.BUSY)), trouble=Hold(R.SITE_BUSY, "later")),
        gives(R.SITE_BUSY, says="later"),
    ),
    "an open circuit does not hide what the site says": (
        case(seen=seen(document=failed(Kind.REFUSED)), trouble=OPEN),
        gives(R.BAD_ANSWER, says="No answer."),
    ),
    "nothing was read": (case(seen=None), gives(R.SITE_UNREACHABLE)),
    "the service was not read": (case(seen=seen(document=None)), gives(R.SITE_UNREACHABLE)),
    "the site is away": (
        case(seen=seen(document=failed(Kind.UNSURE))),
        gives(R.SITE_UNREACHABLE, says="No answer."),
    ),
    "the site is busy": (case(seen=seen(document=failed(Kind.BUSY))), gives(R.SITE_BUSY)),
    "the credentials are rejected": (
        case(seen=seen(document=failed(Kind.UNAUTHORISED))),
        gives(R.CREDENTIALS_REJECTED, progress=Progress.WAITING),
    ),
    "the credentials cannot be read": (
        case(seen=seen(jobs_failure=failed(Kind.NO_CREDENTIALS))),
        gives(R.CREDENTIALS_UNREADABLE),
    ),
    "the answer is not what this API speaks": (
        case(seen=seen(document=failed(Kind.GARBLED))),
        gives(R.BAD_ANSWER),
    ),
    "the document has another shape": (
        case(seen=seen(document=live(properties="", extensions=[5]))),
        gives(R.SUBMITTING, INTENDED, sends=True),
    ),
    "something stands where a setting would go": (
        case(seen=seen(document=live(description={"en": "old"}))),
        gives(R.SHAPE_MISMATCH, says="is an object on the site", progress=Progress.STALLED),
    ),
    "the service keeps the setting in other letters": (
        case(seen=seen(document={k: v for k, v in live(Description="x").items() if k != "description"})),
        gives(
            R.SPEC_INVALID, says="it has settings.Description. Use that spelling.", progress=Progress.STALLED
        ),
    ),
    "the document is that of another folder": (
        case(seen=seen(document=live(folderName="Utilities"))),
        gives(
            R.IDENTITY_MISMATCH, says='answers with "Utilities/Roads.MapServer"', progress=Progress.STALLED
        ),
    ),
    "the document of another folder says a secret": (
        case(show=hidden, seen=seen(document=live(folderName="hunter2"))),
        gives(R.IDENTITY_MISMATCH, says='answers with "***/Roads.MapServer"', progress=Progress.STALLED),
    ),
    "the document of another folder has what is declared": (
        case(seen=seen(document=live("new", folderName="Utilities"))),
        gives(R.IDENTITY_MISMATCH, progress=Progress.STALLED),
    ),
    "there is no such service": (
        case(seen=seen(document=failed(Kind.MISSING))),
        gives(R.SERVICE_NOT_FOUND, says="publish it first", progress=Progress.WAITING),
    ),
    "there is no such service, but one that is near": (
        case(seen=seen(document=failed(Kind.MISSING), likely="There is Roads2.MapServer.")),
        gives(R.SERVICE_NOT_FOUND, says="There is Roads2.MapServer.", progress=Progress.WAITING),
    ),
    "the jobs were not read": (case(seen=seen(jobs_failure=failed(Kind.UNSURE))), gives(R.SITE_UNREACHABLE)),
    # ---- bounds
    "a failed job, before its next attempt": (
        case(record=refused_before(1)),
        gives(
            R.JOB_FAILED,
            says="it broke. Attempt 2 follows at 2026-11-23T19:46:14Z",
            progress=Progress.RECONCILING,
            holds=lambda v: v.wake == After(MINUTE),
        ),
    ),
    "a failed job, at its next attempt": (
        case(record=refused_before(1, retry=0)),
        gives(
            R.SUBMITTING, INTENDED, "attempt 2", sends=True, holds=lambda v: v.record.journal.tried.ended == 1
        ),
    ),
    "three failed jobs": (
        case(record=refused_before(3)),
        gives(
            R.JOB_FAILED,
            says="Giving up after 3 attempts. Fix the cause or the spec; to retry now: kubectl annotate",
            progress=Progress.STALLED,
            holds=lambda v: v.wake is RESYNC,
        ),
    ),
    "three failed jobs of another wish": (
        case(record=refused_before(3), desired=wanting("newer")),
        gives(
            R.SUBMITTING, INTENDED, "attempt 1", sends=True, holds=lambda v: v.record.journal.tried.ended == 0
        ),
    ),
    "three failed jobs of a service that was published anew": (
        case(record=refused_before(3), seen=seen(document=live(id="s2"))),
        gives(R.SUBMITTING, INTENDED, "attempt 1", sends=True),
    ),
    "three failed jobs, and one more try is asked for": (
        case(record=refused_before(3), requested="now"),
        gives(R.SUBMITTING, INTENDED, "attempt 1", sends=True, holds=lambda v: v.record.handled == "now"),
    ),
    "three failed jobs, and the try asked for was given": (
        case(record=replace(refused_before(3), handled="now"), requested="now"),
        gives(R.JOB_FAILED, progress=Progress.STALLED),
    ),
    "three failed jobs, and the wish for another try was taken away": (
        case(record=replace(refused_before(3), handled="now"), requested=""),
        gives(R.JOB_FAILED, progress=Progress.STALLED, holds=lambda v: v.record.handled == "now"),
    ),
    "three failed jobs, and then the settings match": (
        case(record=refused_before(3), seen=seen(document=live("new"))),
        gives(
            R.CONVERGED,
            holds=lambda v: v.record.journal.tried.ended == 0 and v.record.journal.tried.reason == "",
        ),
    ),
    "a retry time a day ahead, because the clock jumped back": (
        case(record=refused_before(1, retry=24 * HOUR)),
        gives(R.SUBMITTING, INTENDED, sends=True),
    ),
    "a failure that another version wrote": (
        case(record=record(journal=journal(ended=3, failure="NewWord: it broke."))),
        gives(R.JOB_FAILED, says="it broke."),
    ),
    "twelve edits within an hour": (
        case(record=record(journal=journal(sends=tuple(ago(HOUR - 60 * n) for n in range(1, 13))))),
        gives(
            R.EDIT_BUDGET_SPENT,
            says="12 edits were sent within an hour",
            progress=Progress.RECONCILING,
            holds=lambda v: v.wake == After(MINUTE),
        ),
    ),
    "twelve edits, the first of them an hour ago": (
        case(record=record(journal=journal(sends=tuple(ago(HOUR - 60 * n) for n in range(12))))),
        gives(R.SUBMITTING, INTENDED, sends=True, holds=lambda v: len(v.record.journal.sends) == 12),
    ),
    "twelve edits that only this process remembers": (
        case(sends=tuple(ago(60 * n) for n in range(1, 13))),
        gives(R.EDIT_BUDGET_SPENT),
    ),
    "twelve edits, and the settings match": (
        case(
            record=record(journal=journal(sends=tuple(ago(60 * n) for n in range(1, 13)))),
            seen=seen(document=live("new")),
        ),
        gives(R.CONVERGED),
    ),
    # ---- an intent without an answer
    "an intent, before its request can no longer arrive": (
        open_(INTENDED, seen=seen(settle_in=30.0)),
        gives(R.LOOKING_FOR_JOB, INTENDED, holds=lambda v: v.wake == After(30.0)),
    ),
    "an intent, before that, although the settings match": (
        open_(INTENDED, seen=seen(settle_in=30.0, document=live("new"))),
        gives(R.LOOKING_FOR_JOB, INTENDED),
    ),
    "an intent, before that, and its own job has ended with what was wanted": (
        open_(
            INTENDED,
            seen=seen(settle_in=30.0, document=live("new"), candidate=job("COMPLETED"), traceable=True),
        ),
        gives(R.CONVERGED, INTENDED, says="(job j1)", holds=lambda v: v.wake == After(30.0)),
    ),
    "an intent, before that, and a job has ended that may be another one": (
        open_(
            INTENDED,
            seen=seen(settle_in=30.0, document=live("new"), candidate=job("COMPLETED"), traceable=False),
        ),
        gives(R.LOOKING_FOR_JOB, INTENDED, holds=lambda v: v.wake == After(30.0)),
    ),
    "an intent, before that, whose job is not there yet": (
        open_(INTENDED, seen=seen(settle_in=30.0, document=live("new"), traceable=True)),
        gives(R.LOOKING_FOR_JOB, INTENDED, holds=lambda v: v.wake == After(POLICY.poll_seconds)),
    ),
    "an intent, before that, and its own job has ended without what was wanted": (
        open_(INTENDED, seen=seen(settle_in=30.0, candidate=job("COMPLETED"), traceable=True)),
        gives(R.LOOKING_FOR_JOB, INTENDED),
    ),
    "an intent, before that, live already, and the site is away": (
        case(
            record=record(INTENDED, "True"),
            seen=seen(settle_in=30.0, jobs_failure=failed(Kind.UNSURE)),
        ),
        gives(R.SITE_UNREACHABLE, INTENDED, "No answer", holds=lambda v: v.keep_ready),
    ),
    "an intent, and some job runs": (
        open_(INTENDED, seen=seen(others=(job(job_id="j5"),), document=live("new"))),
        gives(R.LOOKING_FOR_JOB, INTENDED, "Job j5 of gitops"),
    ),
    "an intent, and the job it became runs": (
        open_(INTENDED, seen=seen(others=(job(job_id="j5"),), candidate=job(job_id="j5"))),
        gives(R.LOOKING_FOR_JOB, INTENDED, holds=lambda v: bool(v.record.job and v.record.job.id == "j5")),
    ),
    "an intent that took effect": (
        open_(INTENDED, seen=seen(document=live("new"), candidate=job("COMPLETED"))),
        gives(R.CONVERGED, says="(job j1)"),
    ),
    "an intent that left no trace is tried again at once": (
        open_(INTENDED),
        gives(
            R.SUBMITTING, INTENDED, "attempt 2", sends=True, holds=lambda v: v.record.journal.id == "intent-2"
        ),
    ),
    "a second intent without trace is tried again after a while": (
        case(record=record(journal=journal(INTENDED, attempt=2))),
        gives(
            R.SUBMITTING,
            IDLE,
            "No job or change of attempt 2 was found",
            holds=lambda v: v.wake == After(POLICY.retry_seconds) and v.record.journal.tried.ended == 0,
        ),
    ),
    "an intent of an older wish": (
        open_(INTENDED, desired=wanting("newer"), generation=2),
        gives(
            R.SUBMITTING, INTENDED, "attempt 1", sends=True, holds=lambda v: v.record.journal.generation == 2
        ),
    ),
    "an intent whose wish was taken back": (
        open_(INTENDED, desired=wanting("old"), generation=2),
        gives(R.CONVERGED),
    ),
    "an intent whose job failed": (
        open_(INTENDED, seen=seen(candidate=job("FAILED", messages=("no memory",)))),
        gives(R.JOB_FAILED, IDLE, "no memory", holds=lambda v: v.record.journal.tried.ended == 1),
    ),
    "an intent whose job completed just now, and is not live yet": (
        open_(INTENDED, seen=seen(candidate=job("COMPLETED")), ended_for=1.0),
        gives(R.VERIFYING, INTENDED),
    ),
    "an intent whose job completed and did not stick": (
        open_(INTENDED, seen=seen(candidate=job("COMPLETED")), ended_for=60.0),
        gives(
            R.EDIT_NOT_STICKING,
            IDLE,
            "settings.description",
            holds=lambda v: v.record.journal.tried.ended == 1,
        ),
    ),
    "an intent that the site answered with an error, and no trace of it": (
        case(record=record(journal=journal(INTENDED, answer="500 store is locked"))),
        gives(R.EDIT_REFUSED, IDLE, "500 store is locked", holds=lambda v: v.record.journal.tried.ended == 1),
    ),
    "the third intent that the site answered with an error": (
        case(record=record(journal=journal(INTENDED, answer="500 no", attempt=3, ended=2))),
        gives(R.EDIT_REFUSED, progress=Progress.STALLED),
    ),
    "an intent on a site that does not list its jobs": (
        open_(INTENDED, seen=seen(listed=False)),
        gives(
            R.OUTCOME_UNKNOWN,
            INTENDED,
            "kubectl annotate agsvc NAME --overwrite arcgis-operator.dev/abandon=intent-1",
            progress=Progress.STALLED,
        ),
    ),
    "an intent there that took effect": (
        open_(INTENDED, seen=seen(listed=False, document=live("new"))),
        gives(R.CONVERGED),
    ),
    "an intent there, and the wish was taken back": (
        open_(INTENDED, seen=seen(listed=False), desired=wanting("old"), generation=2),
        gives(R.OUTCOME_UNKNOWN, INTENDED),
    ),
    "an intent there that a person gives up": (
        open_(INTENDED, seen=seen(listed=False), abandon="intent-1"),
        gives(R.SUBMITTING, INTENDED, "attempt 2", sends=True),
    ),
    "an intent there, and another one is given up": (
        open_(INTENDED, seen=seen(listed=False), abandon="intent-0"),
        gives(R.OUTCOME_UNKNOWN, INTENDED),
    ),
    "an intent given up before its request can no longer arrive": (
        open_(INTENDED, seen=seen(listed=False, settle_in=30.0), abandon="intent-1"),
        gives(R.LOOKING_FOR_JOB, INTENDED),
    ),
    "an intent, and the jobs were not read": (
        open_(INTENDED, seen=seen(jobs_failure=failed(Kind.UNSURE))),
        gives(R.SITE_UNREACHABLE, INTENDED),
    ),
    "an intent, and the service is gone": (
        open_(INTENDED, seen=seen(document=failed(Kind.MISSING))),
        gives(R.SERVICE_NOT_FOUND, INTENDED),
    ),
    "an intent, suspended meanwhile": (
        open_(INTENDED, unlooked=(GATE,), seen=seen(settle_in=9.0)),
        gives(R.LOOKING_FOR_JOB, INTENDED, "After that: spec.suspend is true."),
    ),
    "an intent without trace, suspended meanwhile": (open_(INTENDED, unlooked=(GATE,)), gives(R.SUSPENDED)),
    "an intent, and the spec cannot be read any more": (
        open_(INTENDED, desired=None, unlooked=(Hold(R.SPEC_INVALID, "no"),), seen=seen(document=None)),
        gives(R.SPEC_INVALID),
    ),
    "an intent for another site": (
        open_(INTENDED, site_url="https://other.example.com/arcgis"),
        gives(R.SITE_CHANGED, INTENDED, f"open on {URL}", progress=Progress.STALLED),
    ),
    "an intent for another site, given up": (
        open_(
            INTENDED,
            site_url="https://other.example.com/arcgis",
            abandon="intent-1",
            seen=seen(document=None),
        ),
        gives(R.SITE_UNREACHABLE, IDLE),
    ),
    # ---- a job
    "our job runs": (
        open_(RUNNING, seen=seen(ours=job()), open_for=POLICY.quiet_seconds),
        gives(
            R.JOB_RUNNING,
            RUNNING,
            "The site accepted the edit as job j1; waiting for it to finish.",
            holds=lambda v: bool(v.record.job) and v.record.job.status == "EXECUTING",
        ),
    ),
    "our job runs although the settings match": (
        open_(RUNNING, seen=seen(ours=job(), document=live("new"))),
        gives(R.JOB_RUNNING, RUNNING),
    ),
    "our job is UNAVAILABLE": (
        open_(RUNNING, seen=seen(ours=job("UNAVAILABLE"))),
        gives(R.JOB_RUNNING, RUNNING),
    ),
    "our job is in a state nobody knows": (
        open_(RUNNING, seen=seen(ours=job("MELTING"))),
        gives(R.JOB_RUNNING, RUNNING),
    ),
    "our job runs too long": (
        open_(RUNNING, seen=seen(ours=job()), open_for=HOUR),
        gives(R.JOB_OVERDUE, RUNNING, "has not finished within 30m", progress=Progress.RECONCILING),
    ),
    "our job runs too long, and a person gives it up": (
        open_(RUNNING, seen=seen(ours=job()), open_for=HOUR, abandon="intent-1"),
        gives(R.SERVICE_BUSY, IDLE, "Job j1 of gitops is running"),
    ),
    "the word of our job is not known beyond its deadline": (
        open_(RUNNING, seen=seen(ours=job("MELTING")), open_for=HOUR, lost_for=HOUR),
        gives(
            R.JOB_OVERDUE,
            RUNNING,
            "kubectl annotate agsvc NAME --overwrite arcgis-operator.dev/abandon=intent-1",
            progress=Progress.STALLED,
        ),
    ),
    "the word of our job is not known beyond its deadline, and the settings are live": (
        open_(RUNNING, seen=seen(ours=job("MELTING"), document=live("new")), open_for=HOUR, lost_for=HOUR),
        gives(R.CONVERGED, IDLE),
    ),
    "the word of our job is not known since a moment, and the settings are live": (
        open_(RUNNING, seen=seen(ours=job("MELTING"), document=live("new")), open_for=HOUR, lost_for=60.0),
        gives(R.JOB_OVERDUE, RUNNING, progress=Progress.RECONCILING),
    ),
    "the word of our job is not known beyond its deadline, and a person gives it up": (
        open_(RUNNING, seen=seen(ours=job("MELTING")), open_for=HOUR, lost_for=HOUR, abandon="intent-1"),
        gives(R.SUBMITTING, INTENDED, sends=True),
    ),
    "the word of our job is not known beyond its deadline, and the service is not read": (
        open_(
            RUNNING,
            seen=seen(ours=job("MELTING"), document=failed(Kind.MISSING)),
            open_for=HOUR,
            lost_for=HOUR,
        ),
        gives(R.JOB_OVERDUE, RUNNING, progress=Progress.STALLED),
    ),
    "our job runs and the spec changes": (
        open_(RUNNING, seen=seen(ours=job()), desired=wanting("newer"), generation=2),
        gives(R.JOB_RUNNING, RUNNING),
    ),
    "our job runs and the wish is taken back": (
        open_(RUNNING, seen=seen(ours=job()), desired=wanting("old"), generation=2),
        gives(R.JOB_RUNNING, RUNNING),
    ),
    "our job runs, suspended meanwhile": (
        open_(RUNNING, seen=seen(ours=job()), unlooked=(GATE,)),
        gives(R.JOB_RUNNING, RUNNING, "waiting for it to finish. After that: spec.suspend is true."),
    ),
    "our job is not known to the site": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING))),
        gives(R.LOOKING_FOR_JOB, RUNNING, "treated as running"),
    ),
    "our job is not known, and the settings are live": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING), document=live("new")), lost_for=91.0),
        gives(R.CONVERGED),
    ),
    "our job is not known yet, and the settings are live already": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING), document=live("new")), lost_for=90.0),
        gives(R.LOOKING_FOR_JOB, RUNNING, "treated as running"),
    ),
    "our job is not known, and the live settings are another wish's": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING)), desired=wanting("old"), generation=2),
        gives(R.LOOKING_FOR_JOB, RUNNING),
    ),
    "our job is not known beyond its deadline": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING)), lost_for=HOUR),
        gives(
            R.JOB_FAILED, IDLE, "not known job j1 for 30m", holds=lambda v: v.record.journal.tried.ended == 1
        ),
    ),
    "our job is not known beyond its deadline, and another wish is due": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING)), lost_for=HOUR, desired=wanting("newer")),
        gives(R.SUBMITTING, INTENDED, "attempt 1", sends=True),
    ),
    "our job is not known beyond its deadline, and another runs": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING), others=(job(job_id="j9"),)), lost_for=HOUR),
        gives(R.SERVICE_BUSY, RUNNING),
    ),
    "our job is not known, and neither is the service": (
        open_(RUNNING, seen=seen(ours=failed(Kind.MISSING), document=failed(Kind.MISSING)), lost_for=HOUR),
        gives(R.SERVICE_NOT_FOUND, RUNNING),
    ),
    "our job was not read": (open_(RUNNING, seen=seen(), open_for=HOUR), gives(R.SITE_UNREACHABLE, RUNNING)),
    "our job cannot be read": (
        open_(RUNNING, seen=seen(ours=failed(Kind.UNAUTHORISED)), open_for=HOUR),
        gives(R.CREDENTIALS_REJECTED, RUNNING),
    ),
    "our job ended and the settings are live": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED", end_ms=1_795_463_012_000), document=live("new"))),
        gives(R.CONVERGED, says="1 declared setting verified on the site (job j1, 12s)."),
    ),
    "our job completed, and the settings are not live yet": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED")), ended_for=1.0),
        gives(R.VERIFYING, RUNNING),
    ),
    "our job completed, and the settings do not become live": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED")), ended_for=11.0),
        gives(R.EDIT_NOT_STICKING, IDLE, 'settings.description is "old", declared "new". Attempt 2 follows'),
    ),
    "our third job completed, and the settings do not become live": (
        case(
            record=record(journal=journal(RUNNING, ended=2, attempt=3)),
            seen=seen(ours=job("COMPLETED")),
            ended_for=11.0,
        ),
        gives(R.EDIT_NOT_STICKING, IDLE, "Giving up after 3 attempts", progress=Progress.STALLED),
    ),
    "our job failed": (
        open_(RUNNING, seen=seen(ours=job("FAILED", messages=("no memory",)))),
        gives(
            R.JOB_FAILED,
            IDLE,
            "Job j1 ended as FAILED: no memory. Attempt 2 follows",
            progress=Progress.RECONCILING,
        ),
    ),
    "our job was cancelled": (
        open_(RUNNING, seen=seen(ours=job("CANCELLED"))),
        gives(R.JOB_FAILED, IDLE, "gave no reason"),
    ),
    "our job timed out": (
        open_(RUNNING, seen=seen(ours=job("TIMED OUT"))),
        gives(R.JOB_FAILED, IDLE, "TIMED OUT"),
    ),
    "our job completed with an error inside": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED", error="failed to start"))),
        gives(R.JOB_FAILED, IDLE, "failed to start"),
    ),
    "our job failed, and yet the settings are live": (
        open_(RUNNING, seen=seen(ours=job("FAILED"), document=live("new"))),
        gives(
            R.CONVERGED,
            holds=lambda v: (
                [n.message for n in v.notes] == ["Job j1 ended as FAILED, but the settings are live."]
            ),
        ),
    ),
    "our third job failed": (
        case(record=record(journal=journal(RUNNING, ended=2, attempt=3)), seen=seen(ours=job("FAILED"))),
        gives(R.JOB_FAILED, IDLE, "Giving up after 3 attempts", progress=Progress.STALLED),
    ),
    "our job failed, and the spec has moved on": (
        open_(RUNNING, seen=seen(ours=job("FAILED")), desired=wanting("newer"), generation=2),
        gives(
            R.SUBMITTING, INTENDED, "attempt 1", sends=True, holds=lambda v: v.record.journal.tried.ended == 0
        ),
    ),
    "our job failed a moment ago, and the spec has moved on": (
        open_(RUNNING, seen=seen(ours=job("FAILED")), desired=wanting("newer"), generation=2, ended_for=1.0),
        gives(R.VERIFYING, RUNNING),
    ),
    "our job ended a moment ago, is shown, and the spec has moved on": (
        open_(
            RUNNING,
            seen=seen(ours=job("COMPLETED"), document=live("new")),
            desired=wanting("newer"),
            generation=2,
            ended_for=1.0,
            sent=wanting("new").leaves,
        ),
        gives(R.SUBMITTING, INTENDED, "attempt 1", sends=True),
    ),
    "our job ended a moment ago, and the spec is changed back to what is still shown": (
        open_(
            RUNNING,
            seen=seen(ours=job("COMPLETED")),
            desired=wanting("old"),
            generation=2,
            ended_for=1.0,
            sent=wanting("new").leaves,
        ),
        gives(R.VERIFYING, RUNNING),
    ),
    "the job of a lost answer ended a moment ago, and the spec is changed back to what is still shown": (
        open_(
            INTENDED,
            seen=seen(candidate=job("FAILED")),
            desired=wanting("old"),
            generation=2,
            ended_for=1.0,
        ),
        gives(R.VERIFYING, INTENDED),
    ),
    "our job failed, and one more try was asked for meanwhile": (
        open_(RUNNING, seen=seen(ours=job("FAILED")), requested="now"),
        gives(R.SUBMITTING, INTENDED, "attempt 1", sends=True),
    ),
    "our edit is live, and the service is to be stopped": (
        open_(
            RUNNING, desired=wanting(state="STOPPED"), seen=seen(ours=job("COMPLETED"), document=live("new"))
        ),
        gives(R.SUBMITTING, INTENDED, "Sending the stop (attempt 1): configuredState", sends=True),
    ),
    "an edit without answer is live, and the service is to be stopped": (
        open_(INTENDED, desired=wanting(state="STOPPED"), seen=seen(document=live("new"))),
        gives(R.SUBMITTING, INTENDED, "Sending the stop (attempt 1)", sends=True),
    ),
    "our job ended, suspended meanwhile": (
        open_(RUNNING, seen=seen(ours=job("FAILED")), unlooked=(GATE,)),
        gives(R.SUSPENDED, IDLE, holds=lambda v: v.record.journal.tried.ended == 1),
    ),
    "our job ended well, suspended meanwhile": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED"), document=live("new")), unlooked=(GATE,)),
        gives(R.CONVERGED, holds=lambda v: v.wake == AT_ONCE),
    ),
    "our job ended, and somebody else's runs": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED"), others=(job(job_id="j9"),), document=live("new"))),
        gives(R.SERVICE_BUSY, RUNNING),
    ),
    "our job ended, and the service was not read": (
        open_(RUNNING, seen=seen(ours=job("COMPLETED"), document=failed(Kind.UNSURE))),
        gives(R.SITE_UNREACHABLE, RUNNING),
    ),
    "our job ended, and the spec cannot be read any more": (
        open_(
            RUNNING,
            desired=None,
            unlooked=(Hold(R.SPEC_INVALID, "no"),),
            seen=seen(ours=job("COMPLETED"), document=None),
        ),
        gives(R.SPEC_INVALID),
    ),
    "our job runs on another site": (
        open_(RUNNING, site_url="https://other.example.com/arcgis"),
        gives(R.SITE_CHANGED, RUNNING, "Nothing is sent meanwhile"),
    ),
    "our job on another site is given up": (
        open_(
            RUNNING, site_url="https://other.example.com/arcgis", abandon="intent-1", seen=seen(document=None)
        ),
        gives(R.SITE_UNREACHABLE, IDLE),
    ),
    "our job on this site cannot be given up": (
        open_(RUNNING, abandon="intent-1", seen=seen(ours=job())),
        gives(R.JOB_RUNNING, RUNNING),
    ),
    "our job cannot be asked about while the circuit is open": (
        open_(RUNNING, seen=seen(ours=failed(Kind.UNSURE)), unlooked=(OPEN,), trouble=OPEN),
        gives(R.CIRCUIT_OPEN, RUNNING, holds=lambda v: v.message == "pause"),
    ),
    "our job was asked about though the circuit was open": (
        open_(RUNNING, seen=seen(ours=job()), unlooked=(OPEN,)),
        gives(R.JOB_RUNNING, RUNNING, holds=lambda v: v.message.endswith("waiting for it to finish.")),
    ),
    "our job runs, and nobody can be asked": (open_(RUNNING, seen=None), gives(R.SITE_UNREACHABLE, RUNNING)),
}


@pytest.mark.parametrize(("given", "expected"), SITUATIONS.values(), ids=SITUATIONS)
def test_a_turn_concludes(given: Case, expected: Expected) -> None:
    verdict = decide(given)
    assert (verdict.reason, verdict.record.journal.phase) == (expected.reason, expected.phase), (
        verdict.message
    )
    assert (verdict.effect is not None) is expected.sends
    assert expected.says in verdict.message
    assert verdict.message
    assert expected.progress in (None, verdict.progress)
    assert expected.holds(verdict)


@pytest.mark.parametrize("given", [pair[0] for pair in SITUATIONS.values()], ids=SITUATIONS)
def test_an_open_operation_is_never_forgotten(given: Case) -> None:
    before, after = given.record.journal, decide(given).record.journal
    if before.open and after.open and after.id == before.id:
        assert (after.site_url, after.job_id) == (before.site_url, before.job_id)
        assert after.tried.digest == before.tried.digest
    if before.open and not after.open:
        assert given.seen is not None
        assert given.seen.settle_in <= 0 or before.phase is RUNNING


def test_every_reason_that_a_turn_can_give_is_in_the_table() -> None:
    given_elsewhere = {R.INTERNAL_ERROR, R.REACHABLE, R.STATUS_NOT_KEPT}
    assert {expected.reason for _, expected in SITUATIONS.values()} == set(Reason) - given_elsewhere


@pytest.mark.parametrize(
    ("told", "may"),
    [
        (proved(), False),
        (replace(proved(), observed=replace(proved().observed or Observed(), verified_time=ago(5))), True),
        (refused_before(1), True),
        (record(RUNNING), False),
        (Record(), False),
    ],
    ids=["verified long ago", "verified just now", "failed", "still open", "no status"],
)
def test_a_record_tells_whether_its_operation_may_have_ended_a_moment_ago(told: Record, may: bool) -> None:
    assert may_have_just_ended(told, NOW, POLICY) is may
