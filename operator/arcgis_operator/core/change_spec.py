"""`spec.change` of both kinds, read strictly: when an edit may start, and which plan a person approved."""

import functools
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field

from arcgis_operator.core.durations import seconds_of
from arcgis_operator.core.fields import Part
from arcgis_operator.core.model import Approval
from arcgis_operator.core.spans import Span, between
from arcgis_operator.core.windows import Window, Windows, WindowType

MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
FIELDS = {
    "minute": "0?[0-9]|[1-5][0-9]",
    "hour": "0?[0-9]|1[0-9]|2[0-3]",
    "day of month": "0?[1-9]|[12][0-9]|3[01]",
    "month": f"0?[1-9]|1[0-2]|{MONTHS}",
    "day of week": f"[0-7]|{DAYS}",
}
"""What a field is made of, with ranges, lists and steps; the schema in `crds/` says the same."""
ANY_DAY = datetime(2000, 1, 1)
LASTING = between(timedelta(minutes=1), timedelta(hours=168))


def pattern_of(values: str) -> str:
    """What may stand in a field: `*`, values, ranges, steps of them, and lists of all that."""
    term = rf"(\*|({values})(-({values}))?)(/[1-9][0-9]?)?"
    return f"{term}(,{term})*"


@functools.lru_cache(maxsize=1024)
def _cron(value: str) -> str:
    fields = value.split(" ")
    if len(fields) != len(FIELDS):
        raise ValueError(f'five fields are needed ({", ".join(FIELDS)}), as in "0 22 * * 1-5"')
    for at, (name, values) in enumerate(FIELDS.items()):
        alone = " ".join(fields[at] if one == at else "*" for one in range(len(FIELDS)))
        if not re.fullmatch(pattern_of(values), fields[at], re.IGNORECASE) or not _comes(alone):
            raise ValueError(f'the {name} "{fields[at]}" cannot be read: {_HINTS.get(name, _HINT)}')
    if not _comes(value):
        raise ValueError("there is no such day, so the window would never open or close anything")
    return value


_HINT = 'write numbers, lists "1,3", ranges "1-5" that run upwards, steps "*/2", or "*"'
_HINTS = {
    "hour": 'write 0 to 23, and a range over midnight as two ("22-23,0-5")',
    "month": 'write 1 to 12 or JAN to DEC, and a range over the new year as two ("11-12,1-2")',
    "day of week": 'write 0 to 7 or SUN to SAT, and a range over Sunday as two ("5-6,0")',
}


def _comes(schedule: str) -> bool:
    try:
        CronSim(schedule, ANY_DAY)
    except CronSimError:
        return False
    return True


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'there is no time zone "{value}": write its IANA name, as in Europe/Zurich'
        ) from None
    return value


class WindowPart(Part):
    """`change.windows[]`."""

    type: Literal["Allow", "Deny"] = "Allow"
    schedule: Annotated[str, Field(max_length=128), AfterValidator(_cron)]
    duration: Annotated[Span, AfterValidator(LASTING)]
    timeZone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_zone)] = (
        "Etc/UTC"
    )


WindowParts = Annotated[list[WindowPart], Field(max_length=16)]


class SiteChangePart(Part):
    """`change` of an ArcGISSite."""

    windows: WindowParts = Field(default_factory=list)


class ServiceChangePart(SiteChangePart):
    """`change` of an ArcGISService."""

    approval: Literal["Automatic", "Manual", "WhenRestarting"] = Approval.AUTOMATIC.value
    approvedPlan: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] = ""


def windows_of(parts: Sequence[WindowPart]) -> Windows:
    """As values."""
    return tuple(
        Window(
            part.schedule, timedelta(seconds=seconds_of(part.duration)), part.timeZone, WindowType(part.type)
        )
        for part in parts
    )
