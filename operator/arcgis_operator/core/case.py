"""Everything one decision may look at, gathered before it is made."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from arcgis_operator.core import plan
from arcgis_operator.core.annotations import unheard
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.identity import stranger
from arcgis_operator.core.job import Job, JobState
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.line import Standing
from arcgis_operator.core.model import Desired, Leaf
from arcgis_operator.core.operations import OPERATIONS, owned
from arcgis_operator.core.record import Observed, Record, Tried
from arcgis_operator.core.said import UNSAID, Raw, Show, plainly
from arcgis_operator.core.usual import UNKNOWN, Usual
from arcgis_operator.core.verdict import Reason
from arcgis_operator.core.wake import Wake
from arcgis_operator.core.windows import Windows

JOBLESS_SECONDS = 600.0
"""Assumed: what has no job has ended, and shows, so long after it arrived; gateways give up much sooner."""
CLOCK_SECONDS = 0.001
"""A shorter wait is the rounding of a clock: who waited for it would look again at once, without end."""


def jobless_seconds(settle_seconds: float, job_timeout_seconds: float) -> float:
    """From when a change that has no job got no answer until it has ended, also if it arrives late."""
    return settle_seconds + min(JOBLESS_SECONDS, job_timeout_seconds)


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds and intervals, in seconds unless the name says otherwise.

    `usual_job_seconds` is what the site's short jobs of late took; 0 while that is not known, and infinity
    for a job whose end is near when that of another one is seen. `usual` is what jobs of the open operation
    took of late on the site.
    """

    poll_seconds: float = 2
    poll_max_seconds: float = 10
    verify_grace_seconds: float = 10
    settle_seconds: float = 90
    job_timeout_seconds: float = 1800
    stale_after_seconds: float = 600
    retry_seconds: float = 30
    retry_max_seconds: float = 600
    edits_per_hour: int = 12
    jobs_per_digest: int = 3
    usual_job_seconds: float = 0
    usual: Usual = UNKNOWN

    @property
    def quiet_seconds(self) -> float:
        """So long a running job's step from one word to the next is not worth a write of its own."""
        return 3 * self.poll_max_seconds

    @property
    def jobless_seconds(self) -> float:
        """As `jobless_seconds` says."""
        return jobless_seconds(self.settle_seconds, self.job_timeout_seconds)

    def pause(self, open_for: float) -> float:
        """Until the next look at a job: shortly after the usual end, then less and less often."""
        early = self.usual_job_seconds - open_for
        if self.usual_job_seconds <= 0:
            wanted = max(self.poll_seconds, open_for / 10)
        elif early > 0:
            wanted = early + min(self.poll_seconds / 8, self.usual_job_seconds / 10)
        else:
            wanted = max(min(self.poll_seconds, self.usual_job_seconds) / 4, -early / 4)
        return min(wanted, self.poll_max_seconds)


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that keeps an edit from being sent, with the reason to show for it."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Shut:
    """A gate that is shut. `spent`: no further attempt is due; `wake`: None for the reason's own interval.

    `opens`: when the next window does.
    """

    hold: Hold
    spent: bool = False
    wake: Wake | None = None
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the site showed in this turn: jobs first, the document after them, so it is never older.

    `ours` is the job the journal names. `others` are jobs on the service that have not ended, ours left out.
    `listed` is False where the site does not let its jobs be listed. `candidate` is the job that an
    unanswered intent probably became; `traceable`: it can be told from earlier ones, as this process sent the
    intent and had listed the jobs before. `strays` are edits that no record of ours explains.
    `changers` are jobs, not ours, that ended since the service was last verified, the newest first.
    `listed_ids` are all jobs on the service, None before a list.
    `settle_in` was taken before anything was read: seconds until no request of ours can still arrive.
    `unseen_in`: seconds until no job of ours can run that the record does not name; 0 where jobs are listed.
    `hidden_in`: seconds until nothing of ours can be at work that has no job.
    `likely` says what was probably meant by a service that is not there.
    `asked_at` and `answered_at` are when the document was asked for and came, on the monotonic clock.
    """

    document: Mapping[str, Json] | Failure | None = None
    ours: Job | Failure | None = None
    others: tuple[Job, ...] = ()
    jobs_failure: Failure | None = None
    listed: bool = True
    candidate: Job | None = None
    traceable: bool = False
    strays: tuple[Job, ...] = ()
    changers: tuple[Job, ...] = ()
    listed_ids: frozenset[str] | None = None
    settle_in: float = 0.0
    unseen_in: float = 0.0
    hidden_in: float = 0.0
    likely: str = ""
    asked_at: float = 0.0
    answered_at: float = 0.0

    @property
    def guessed(self) -> bool:
        """Only account and time tell that the candidate came of the intent."""
        return self.candidate is not None and not self.traceable


@dataclass(frozen=True, slots=True)
class Case:
    """The input of `decide`.

    `unlooked` are the holds that keep the service from being looked at when nothing is open, `unsent` those
    that only keep an edit back, `drifts` those that only keep a drift from being restored, all in no order:
    which one counts is for `gates` to say. `trouble` is what the site as a whole is in after the look.
    `requested`, `abandon` and `override` are what a person wrote into the annotations, `site_override` into
    those of the ArcGISSite, whose windows are `site_windows`.
    `open_for`, `lost_for`, `ended_for`, `vain_for` and `busy_for` are seconds by our own
    monotonic clock: since the open operation is known here, since its job was last seen to run, from
    first knowing that the last operation on the service, ours or another one's, had ended to asking for
    the document (infinity when none has), since looks began to tell nothing of the service, since jobs of
    others run there. `sent` is what the operation that ended declared, None where this process does not
    know it. `sends` are recent sends that this process remembers, and `sent_ago` how many seconds ago
    each was sent, which no clock that jumps and no lost status can change. `show` makes words of the site
    fit for people. `standing` is the place in the line for a job slot, if one is waited for.
    """

    desired: Desired | None
    generation: int
    record: Record
    seen: Seen | None
    now: datetime
    policy: Policy = field(default_factory=Policy)
    site_url: str = ""
    site_version: str = ""
    username: Raw = UNSAID
    unlooked: tuple[Hold, ...] = ()
    unsent: tuple[Hold, ...] = ()
    drifts: tuple[Hold, ...] = ()
    trouble: Hold | None = None
    requested: str = ""
    abandon: str = ""
    override: str = ""
    site_override: str = ""
    site_windows: Windows = ()
    fresh_id: str = ""
    open_for: float = 0.0
    lost_for: float = 0.0
    ended_for: float = math.inf
    sent: tuple[Leaf, ...] | None = None
    vain_for: float = 0.0
    busy_for: float = 0.0
    sends: tuple[str, ...] = ()
    sent_ago: tuple[float, ...] = ()
    show: Show = plainly
    whose: str = "NAME"  # the resource, as commands name it
    standing: Standing | None = None

    @property
    def document(self) -> Mapping[str, Json] | None:
        """The live document, when one was read."""
        document = self.seen.document if self.seen else None
        return document if isinstance(document, Mapping) else None

    @property
    def digest(self) -> str:
        """Names what is wanted now, empty while it cannot be told."""
        if self.desired is None or self.document is None:
            return ""
        return self._digest(str(self.document.get("id") or ""), self.site_url)

    @property
    def was_proved(self) -> bool:
        """What is wanted was live before, and nothing else was wanted since: what differs now is a drift.

        Also where the service was made anew since, under another id, or the site has another address.
        """
        observed = self._observed
        return observed is not None and self._shows(observed) == self._recorded != {}

    @property
    def was_proved_here(self) -> bool:
        """What is wanted was live before, and the site has not moved since."""
        observed = self._observed
        return observed is not None and observed.digest == self._digest(observed.service_id, self.site_url)

    @property
    def _observed(self) -> Observed | None:
        return self.record.observed or self.record.proved

    @property
    def _former(self) -> frozenset[str]:
        """Other addresses of the site, as far as the record tells: to move it is to want nothing else."""
        proved = self._observed.site_url if self._observed else ""
        return frozenset((proved, self.record.journal.site_url)) - {"", self.site_url}

    def names(self, digest: str, service_id: str) -> bool:
        """Whether a digest is that of what is wanted now of this service, wherever its site was."""
        return any(digest == self._digest(service_id, url) for url in (self.site_url, *self._former))

    def _digest(self, service_id: str, site_url: str) -> str:
        return plan.digest(self.desired.leaves if self.desired else (), site_url, service_id)

    def _shows(self, observed: Observed) -> Mapping[str, str]:
        """What is wanted now, by operation, if that was proved; none when it was something else."""
        same = self.names(observed.digest, observed.service_id)
        return self._wanted(observed.service_id, self.site_url) if same else {}

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """The declared settings that count now: of a new wish all, until its job has COMPLETED; after that
        those whose drift matters, for somebody else may have changed the other ones by then.
        """
        if self.desired is None:
            return ()
        ours = self.seen.ours if self.seen else None
        done = isinstance(ours, Job) and ours.state is JobState.COMPLETED
        same = self.wanted == self._recorded
        return self.desired.restored if same and (done or self.was_proved) else self.desired.leaves

    @property
    def stranger(self) -> Raw | None:
        """What the document says it is, where that is another service than the one that was asked for."""
        return stranger(self.desired.service, self.document or {}) if self.desired else None

    @property
    def matches(self) -> bool:
        """Every declared setting was read as declared, from the service that was asked for."""
        if self.desired is None or self.document is None or self.stranger:
            return False
        return not plan.differing(self.leaves, self.document)

    @property
    def part_live(self) -> bool:
        """What the open operation is about is live, and nothing else was wanted of it meanwhile.

        It says nothing of what other operations own: that may be due still.
        """
        if self.document is None or self.stranger or not self.as_intended:
            return False
        return not plan.differing(owned(self.record.journal.operation, self.leaves), self.document)

    @property
    def clear(self) -> bool:
        """The site was looked at, and nobody else's job runs on the service."""
        return self.seen is not None and not self.seen.others

    @property
    def wanted(self) -> Mapping[str, str]:
        """Names what is wanted now of each operation that owns a declared setting; none while untold."""
        document = self.document
        return {} if document is None else self._wanted(str(document.get("id") or ""), self.site_url)

    def _wanted(self, service_id: str, site_url: str) -> Mapping[str, str]:
        leaves = self.desired.leaves if self.desired else ()
        parts = {one.name: one.owned(leaves) for one in OPERATIONS}
        return {name: plan.digest(part, site_url, service_id) for name, part in parts.items() if part}

    @property
    def _recorded(self) -> Mapping[str, str]:
        """What was wanted when something was last tried or proved, by operation, as of the present address.

        Where the journal was taken away, what was proved still tells.
        """
        observed = self._observed
        tried = {name: tried.digest for name, tried in self.record.journal.attempts.items()}
        if observed is None:
            return tried
        moved = any(tried == self._wanted(observed.service_id, url) for url in self._former)
        return self._wanted(observed.service_id, self.site_url) if moved else tried or self._shows(observed)

    @property
    def as_intended(self) -> bool:
        """What is wanted now is what the open operation is about; without one, what was last tried."""
        wanted, journal = self.wanted, self.record.journal
        if journal.open:
            return wanted.get(journal.operation) == journal.tried.digest
        return wanted == self._recorded

    @property
    def too_old_for(self) -> float:
        """Seconds for which the document may be from before the operation that ended last; 0 when it is not.

        A document that shows what the operation declared is from after it.
        """
        if self.document is None or self.stranger:
            return 0.0
        left = self.policy.verify_grace_seconds - self.ended_for
        if left < CLOCK_SECONDS:
            return 0.0
        if self.sent is None:
            shown = self.part_live if self.record.journal.open else self.as_intended and self.matches
            return 0.0 if shown else left
        return left if plan.differing(self.sent, self.document) else 0.0

    @property
    def asked(self) -> bool:
        """A person asks for another try, and has not been heard yet."""
        return unheard(self.requested, self.record.handled)

    def tried(self, operation: str) -> Tried:
        """What counts now: nothing that was tried for something else, or before a person asked anew."""
        last, fresh = self.record.journal.attempts.get(operation), Tried(self.wanted.get(operation, ""))
        return last if last and last.digest == fresh.digest and not self.asked else fresh
