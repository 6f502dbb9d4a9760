"""What the site last said when asked for the list of its jobs, and whether a refusal is believed. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.job import JobsOn
from arcgis_operator.core.jsondoc import printable

NOT_LISTABLE = (Kind.MISSING, Kind.UNAUTHORISED, Kind.REFUSED)
UNSHOWN = (Kind.REFUSED, Kind.UNSURE, Kind.GARBLED)  # beside 404, for an unknown id. Assumed: no page says


@dataclass(frozen=True, slots=True)
class JobList:
    """Times are monotonic, in seconds: when the newest list was begun, when one was last read to its end, and
    the first of the refusals in a row.
    """

    ids: frozenset[str] = frozenset()
    failure: Failure | None = None
    begun_at: float = -math.inf
    listed_at: float = -math.inf
    refused_at: float = math.inf

    def named(self, ids: Iterable[str]) -> "JobList":
        """The site names these."""
        return replace(self, ids=frozenset(ids))

    def ended(self, begun: float, listed_at: float, failure: Failure | None) -> "JobList":
        """It was asked for at `begun`, and the list and what it names was read, or why not."""
        refused = failure is not None and failure.kind in NOT_LISTABLE and failure.code is not None
        return JobList(
            self.ids,
            failure,
            begun,
            self.listed_at if failure else listed_at,
            min(self.refused_at, begun) if refused else math.inf,
        )

    def lacks(self, job_id: str, failure: Failure) -> bool:
        """Whether the site knows no such job: it says so, or fails to show what it does not list either."""
        unshown = failure.kind in UNSHOWN and failure.code and self.failure is None
        return failure.kind is Kind.MISSING or bool(unshown and job_id not in self.ids)

    def unlisted(self, now: float, presumed_seconds: float, settle_seconds: float) -> JobsOn | None:
        """What follows where there is no list. A refusal is believed when the site itself says so, steadily
        for a while, and every job that began while it did list them has had its time. A page of something in
        front says nothing of the jobs.
        """
        failure = self.failure
        if failure is None:
            return None
        login = failure.kind is Kind.UNAUTHORISED and failure.code is None  # the list was not asked for
        if failure.kind not in NOT_LISTABLE or login:
            return JobsOn(failure=failure)
        if failure.code is None:
            text = f"the list of jobs cannot be read: {failure.detail}"
            return JobsOn(failure=Failure(Kind.GARBLED, printable(text, 256)))
        steady = now - self.refused_at >= settle_seconds
        if steady and now - self.listed_at > presumed_seconds:
            return JobsOn(listed=False)
        wait = self.listed_at + presumed_seconds - now
        seconds = max(wait, self.refused_at + settle_seconds - now)
        text = (
            f"the site refuses to list its jobs ({failure.detail}): one may run unseen, so nothing is sent "
            f"until they are listed, or were refused for {seconds:.0f} s more"
        )
        return JobsOn(failure=Failure(Kind.GARBLED, text))
