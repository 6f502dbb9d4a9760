"""Put first on PYTHONPATH, it gives a Python process a wrong wall clock, and only that one.

`WRONG_CLOCK` says by how many seconds. With several numbers the clock jumps from one to the next every three
seconds. The monotonic clocks stay right, as they do when the clock of a machine is set.
"""

import datetime
import os
import time

PERIOD_SECONDS = 3.0
OFFSETS = tuple(float(text) for text in os.environ["WRONG_CLOCK"].split())
_time, _Datetime, _Date = time.time, datetime.datetime, datetime.date


def wrong_time() -> float:
    true = _time()
    return true + OFFSETS[int(true / PERIOD_SECONDS) % len(OFFSETS)]


class _LooksLikeDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _Datetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _Datetime)


class WrongDatetime(_Datetime, metaclass=_LooksLikeDatetime):
    """`datetime` as everybody imports it from now on."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _Datetime:
        return _Datetime.fromtimestamp(wrong_time(), tz)

    @classmethod
    def utcnow(cls) -> _Datetime:
        return _Datetime.fromtimestamp(wrong_time(), datetime.UTC).replace(tzinfo=None)

    today = now


time.time = wrong_time
time.time_ns = lambda: int(wrong_time() * 1e9)
datetime.datetime = WrongDatetime
