"""How a command ends: well, with a reason, or because somebody asked it to.

Everything that runs is held by context managers, and by the janitor of the development cluster if those are
cut short; so ending is raising.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any

import click

from arcgis_devcluster import DevclusterError

STOPPED = 130


class Failed(Exception):
    """The demo did not come out as it should. The message is for a person."""


class Stopped(BaseException):
    """A signal asked for the end. The message is the signal's name.

    Not KeyboardInterrupt: one that passes through `exec` of a text, as when a dataclass is imported, makes
    CPython end by SIGINT though it was caught (3.11 to 3.13, `run_eval_code_obj` in Python/pythonrun.c).
    """


def ends_well(command: Callable[..., None]) -> Callable[..., None]:
    """Exit 1 with the reason on stderr when it failed, 130 when SIGINT, SIGTERM or SIGHUP stopped it."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            command(*arguments, **options)
        except (Failed, DevclusterError, subprocess.TimeoutExpired) as error:
            last_words(f"demo: {error}")
            sys.exit(1)
        except Stopped as stop:
            last_words(f"demo: stopped by {stop}; nothing is left running")
            sys.exit(STOPPED)

    return run


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(signal.Signals(number).name)


def last_words(text: str) -> None:
    """On stderr, if there is still anybody to read it: after SIGHUP the terminal is gone."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)
