"""Who probably made a drift, told by the jobs on the service that ended since it was last verified.

A job tells who did something to the service, and when, but not what. So all of them are named, and where
there is none, that is said. The account and the words of such a job are the site's: shown, masked and cut.
Source: Job page, `username` and `operationURI`. Assumed: the jobs of all accounts are listed (it is not
documented whose are). Assumed: an edit that was sent without `async` leaves no job.
"""

from collections.abc import Mapping
from datetime import timedelta

from arcgis_operator.core import who
from arcgis_operator.core.case import Case
from arcgis_operator.core.job import Job
from arcgis_operator.core.operations import name_of
from arcgis_operator.core.plan import DRIFT, Plan
from arcgis_operator.core.record import PlanShown, moment
from arcgis_operator.core.said import Raw, cut
from arcgis_operator.core.shown import time_of

KEPT = 5
NAME_SIGNS = 64
SKEW = timedelta(minutes=5)  # between the clock of the site and ours

Changer = Mapping[str, str]


def changers(case: Case, made: Plan) -> tuple[Changer, ...]:
    """The newest first. They stay while it is the same drift: what began later did not make it."""
    if made.cause != DRIFT or case.seen is None:
        return ()
    before = case.record.plan if case.record.plan and case.record.plan.digest == case.digest else PlanShown()
    last = _last_begin(before) if before.hash == made.name else None
    found = [_shown(job) for job in case.seen.changers if last is None or job.start_ms / 1000 <= last]
    known = {one.get("id"): one for one in (*found, *before.changers)}
    return tuple(sorted(known.values(), key=_age, reverse=True)[:KEPT])


def told(case: Case, made: Plan) -> str:
    """A sentence about them; empty where this is no drift."""
    if made.cause != DRIFT:
        return ""
    if found := changers(case, made):
        return who.changed_by(found)
    return who.NOBODY if case.seen and case.seen.listed else who.UNLISTED


def _last_begin(found: PlanShown) -> float | None:
    """When a job began at the latest that made a drift which was found before, in epoch seconds.

    It ran beside one that is named already, by the clock of the site; where none is, by ours.
    """
    ends = [at.timestamp() for one in found.changers if (at := moment(one.get("endTime", "")))]
    since = moment(found.since_time)
    if ends or since is None:
        return max(ends, default=None)
    return (since + SKEW).timestamp()


def _age(one: Changer) -> tuple[str, str]:
    """Two of the same second have an order, too: else one of many would come and go."""
    return one.get("endTime", ""), one.get("id", "")


def _shown(job: Job) -> Changer:
    entry = {
        "id": str(job.shown_id),
        "username": str(cut(job.shown_user, NAME_SIGNS)),
        "operation": str(cut(job.show(Raw(name_of(job.path))), 32)),
        "status": str(job.shown_status),
        "endTime": time_of(job.end_ms),
    }
    return {name: value for name, value in entry.items() if value}
