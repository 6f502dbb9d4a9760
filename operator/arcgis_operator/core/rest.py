"""The rest of a plan: what stays due of it when an operation of it has made its part live.

A person lets a plan through as a whole. So its rest is let through as well: exactly what is left, on the same
service of the same site, from the same values to the same values, which is what its hash says. Whatever comes
in between makes another plan, for which a person is asked.
"""

from arcgis_operator.core.annotations import BETWEEN
from arcgis_operator.core.case import Case
from arcgis_operator.core.operations import owners
from arcgis_operator.core.plan import Plan


def rest_after(case: Case, made: Plan) -> str:
    """The hash of what is left once the operation that is due has made its part live; empty for nothing."""
    owner = owners(case.leaves)
    left = made.without([change.path for change in made.changes if owner[change.path] == made.due])
    return left.hash(case.show) if left.changes else ""


def whole_of(case: Case, name: str) -> str:
    """The hash of the plan of which this one is the rest, empty where it is none.

    What an uncertain status says of that lets nothing through.
    """
    before = case.record.plan
    return before.rest_of if case.record.known and before and before.hash == name else ""


def is_approved(case: Case, made: Plan) -> bool:
    """Whether the spec names this plan, or the one of which it is the rest."""
    name, approved = made.name, case.desired.approved_plan if case.desired else ""
    return bool(approved) and approved in (name, whole_of(case, name))


def lets_through(case: Case, made: Plan, override: str) -> bool:
    """Whether this word, which was heard when the first operation was sent, holds for this rest as well.

    Once: the journal names the last operation that was sent, which was not yet the one that is due.
    """
    name, before = made.name, case.record.plan
    heard = before.override.split(BETWEEN) if before and whole_of(case, name) else ()
    return bool(override) and override in heard and case.record.journal.operation != made.due
