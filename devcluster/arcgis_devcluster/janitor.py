"""Cleans up after this process, however it ends, SIGKILL included.

One small Python process per owner holds the reading end of a pipe whose only writer is the owner. The
owner writes down what it starts; when the pipe closes, the janitor kills the process groups and removes the
directories still on its list. Unlike the parent-death signal of Linux this is not tied to the *thread*
that started a child, works on macOS, and removes directories too.

This file is both sides: imported by the owner, run as a program by the janitor (standard library only).
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

_GRACE_SECONDS = 5.0


class Janitor:
    """The owner's side. Starts its process on first use; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def will_kill(self, group: int) -> None:
        """Kill this process group (SIGKILL) if the owner ends before `has_ended`."""
        self._note("kill", group)

    def has_ended(self, group: int) -> None:
        """The group is gone; its number may belong to somebody else from now on."""
        self._note("ended", group)

    def will_remove(self, directory: Path) -> None:
        """Remove this directory if the owner ends before `was_removed`."""
        self._note("remove", str(directory))

    def was_removed(self, directory: Path) -> None:
        """The directory is gone already."""
        self._note("removed", str(directory))

    def close(self) -> None:
        """Clean up now and wait until it is done. A later note starts a new janitor."""
        with self._lock:
            process, self._process = self._process, None
        if process and process.stdin:
            process.stdin.close()
            process.wait(_GRACE_SECONDS * 2)

    def _note(self, what: str, subject: int | str) -> None:
        with self._lock:
            if self._process is None:
                self._process = self._start()
            assert self._process.stdin  # noqa: S101 - Popen made it
            self._process.stdin.write(json.dumps([what, subject]).encode() + b"\n")
            self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        atexit.unregister(self.close)
        atexit.register(self.close)
        return subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and the death of the owner's group must not reach it
        )


janitor = Janitor()


def _follow(notes: Iterable[str]) -> tuple[list[int], list[str]]:
    """Read until the owner is gone; what is left on the list then."""
    groups: dict[int, None] = {}
    directories: dict[str, None] = {}
    for line in notes:
        what, subject = json.loads(line)
        if what == "kill":
            groups[subject] = None
        elif what == "ended":
            groups.pop(subject, None)
        elif what == "remove":
            directories[subject] = None
        else:
            directories.pop(subject, None)
    return list(groups), list(directories)


def _kill(groups: list[int]) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _remove(directory: str) -> None:
    """Again and again: what was just killed may still have added a file."""
    patience = time.monotonic() + _GRACE_SECONDS
    while Path(directory).exists() and time.monotonic() < patience:
        shutil.rmtree(directory, ignore_errors=True)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups, directories = _follow(sys.stdin)
    _kill(groups)
    for directory in directories:
        _remove(directory)


if __name__ == "__main__":
    main()
