"""Lengths of time in specs, as people write them: `10m`, `1h30m`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from arcgis_operator.core.durations import duration, seconds_of

Span = Annotated[
    str, Field(min_length=2, max_length=32, pattern=r"^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")
]


def between(least: timedelta, most: timedelta) -> Callable[[str], str]:
    """Lets a `Span` through that is neither shorter nor longer."""

    def checked(value: str) -> str:
        if not least <= timedelta(seconds=seconds_of(value)) <= most:
            bounds = (duration(one.total_seconds()) for one in (least, most))
            raise ValueError("must be between {} and {}".format(*bounds))
        return value

    return checked


Interval = Annotated[Span, AfterValidator(between(timedelta(seconds=10), timedelta(hours=24)))]
"""Between two looks at a service."""


def seconds_between(interval: str | None) -> float | None:
    """Of an `Interval`; None where none was written."""
    return None if interval is None else seconds_of(interval)
