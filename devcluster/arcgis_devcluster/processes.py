"""A child process with a log file, that never outlives the process that started it.

Used for etcd and kube-apiserver, and by the demo and the tests for the operator and the simulator. The output
goes straight to a file: no thread reads a pipe, nothing blocks when the child is frozen, and the log is
complete however the child ends.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from arcgis_devcluster.errors import ProcessFailed
from arcgis_devcluster.janitor import janitor

# The child waits for one line on stdin before it becomes the real program: it may not start until the janitor
# knows its number. If the owner dies in between, stdin closes and the child ends.
_GATE = 'read -r _ && exec "$@" </dev/null'
_LOOK_SECONDS = 0.01
_SHOW_SECONDS = 0.25
Found = TypeVar("Found")


class ChildProcess:
    """A running program in a session (and process group) of its own.

    `environment` is laid over this process's own; stdout and stderr are appended to the file `log`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _GATE, name, *(os.fspath(part) for part in command)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=directory,
                start_new_session=True,
            )
        janitor.will_kill(self.pid)
        assert self._process.stdin  # noqa: S101 - Popen made it
        self._process.stdin.write(b"go\n")
        self._process.stdin.close()

    @property
    def pid(self) -> int:
        """Also the number of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        code = self._process.returncode
        if code is None and (code := self._process.poll()) is not None:
            janitor.has_ended(self.pid)
        return code

    @property
    def running(self) -> bool:
        return self.exit_code is None

    def wait(self, seconds: float, meanwhile: Callable[[], None] | None = None) -> int:
        """The exit code; calls `meanwhile` a few times a second. Raises ProcessFailed if it still runs."""
        deadline = time.monotonic() + seconds
        while self.running:
            if (left := deadline - time.monotonic()) <= 0:
                raise self.failure(f"still runs after {seconds:g} s")
            if meanwhile:
                meanwhile()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(min(left, _SHOW_SECONDS) if meanwhile else left)
        janitor.has_ended(self.pid)
        return self._process.returncode

    def terminate(self, grace_seconds: float = 10.0) -> int:
        """SIGTERM, and SIGKILL when it has not ended after the grace. The exit code."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # a frozen process would never see the first one
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_seconds)
        return self.kill()

    def kill(self) -> int:
        """SIGKILL to the whole group. The exit code."""
        self.send(signal.SIGKILL)
        return self.wait(10.0)

    def send(self, number: signal.Signals) -> None:
        """Any signal, to the whole group; nothing happens when it has ended."""
        if self.running:
            os.killpg(self.pid, number)

    def freeze(self) -> None:
        """SIGSTOP: it stands still, its sockets stay open."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on where it stood."""
        self.send(signal.SIGCONT)

    def lines(self) -> list[str]:
        """The complete lines of this run so far (the log may hold earlier runs)."""
        return self._lines_from(self._log_start)[0]

    def log_tail(self, lines: int = 20) -> str:
        """The last lines, for error messages."""
        return "\n".join(self.lines()[-lines:])

    def wait_for_line(self, pattern: str, seconds: float) -> re.Match[str]:
        """The first line of this run that matches somewhere. Raises ProcessFailed when none comes."""
        expression = re.compile(pattern)
        return self._wait_for(expression.search, f"a line like /{pattern}/", seconds)

    def wait_for_json(
        self, accept: Callable[[dict[str, Any]], object], seconds: float, what: str = "the JSON line"
    ) -> dict[str, Any]:
        """The first line that is a JSON object and accepted. Raises ProcessFailed when none comes."""

        def read(line: str) -> dict[str, Any] | None:
            document = _json_object(line)
            return document if document is not None and accept(document) else None

        return self._wait_for(read, what, seconds)

    def failure(self, what: str) -> ProcessFailed:
        """An error about this process, with the end of its log."""
        return ProcessFailed(f"{self.name} {what}; the end of {self.log}:\n{self.log_tail()}")

    def _wait_for(self, read: Callable[[str], Found | None], what: str, seconds: float) -> Found:
        deadline = time.monotonic() + seconds
        position = self._log_start
        while True:
            ended = not self.running  # asked before reading, so that the last lines are seen
            lines, position = self._lines_from(position)
            if found := next(filter(None, map(read, lines)), None):
                return found
            if ended:
                raise self.failure(f"ended with exit code {self.exit_code} before {what}")
            if time.monotonic() > deadline:
                raise self.failure(f"did not write {what} within {seconds:g} s")
            time.sleep(_LOOK_SECONDS)

    def _lines_from(self, position: int) -> tuple[list[str], int]:
        with self.log.open("rb") as log:
            log.seek(position)
            complete, _, _ = (log.read() + b"\0").rpartition(b"\n")
        size = len(complete) + 1 if complete else 0
        return complete.decode(errors="replace").splitlines(), position + size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminate()


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
