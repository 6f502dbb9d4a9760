"""The operator's process, kept up as a kubelet keeps the container of a pod."""

import time
from collections.abc import Callable
from pathlib import Path

from arcgis_devcluster import ChildProcess

PAUSE_SECONDS = 10.0  # before a start of what ended sooner than this; a kubelet begins with so many, too


class Kept:
    """`start` makes the process. Its number stands in `pid_file`, so that a person can kill it."""

    def __init__(self, start: Callable[[], ChildProcess], pid_file: Path, *, restarts: bool) -> None:
        self._start, self._pid_file, self._restarts = start, pid_file, restarts
        self.process = self._begin()

    def tend(self) -> str:
        """What was done; empty: nothing. Raises ProcessFailed when it ended and restarts are not wanted."""
        if self.process.running:
            return ""
        ended = f"ended by itself with exit code {self.process.exit_code}"
        if not self._restarts:
            raise self.process.failure(ended)
        if time.monotonic() - self._began < PAUSE_SECONDS:
            return ""
        self.process = self._begin()
        return f"the operator {ended}, and was started again"

    def end(self) -> None:
        self.process.terminate()

    def _begin(self) -> ChildProcess:
        self._began = time.monotonic()
        process = self._start()
        self._pid_file.write_text(f"{process.pid}\n")
        return process
