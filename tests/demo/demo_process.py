"""`python -m arcgis_demo` as a user runs it, without a terminal, and what is left of it afterwards."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from arcgis_demo.parts import ROOT
from harness.bench import ECHO
from harness.site import SiteControl

PATIENCE = 60.0
QUICK = ("--submitted-seconds=0.3", "--job-seconds=1")
_MARK = "ARCGIS_DEMO_TEST"
Found = TypeVar("Found")
_SIZES = ("COLUMNS", "LINES")  # would count for more than the size of the terminal
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _SIZES}
_ENVIRONMENT["TERM"] = "xterm-256color"


COLUMNS, ROWS = 80, 24
_CODES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


def on_a_terminal(*arguments: str) -> str:
    """All that a terminal of that size is sent, without codes of colour and cursor."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "arcgis_demo", *arguments]
    sent = b""
    with subprocess.Popen(
        command, cwd=ROOT, env=_ENVIRONMENT, stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as process:
        os.close(its)
        with contextlib.suppress(OSError):  # so ends a terminal whose process is gone
            while part := os.read(mine, 65536):
                sent += part
    os.close(mine)
    text = _CODES.sub("", sent.decode())
    assert process.returncode == 0, text
    return text


class Demo:
    """A running demo. At the end of the block whatever is left of it is killed."""

    def __init__(self, *arguments: str) -> None:
        self._mark = f"{_MARK}={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "arcgis_demo", *arguments],
            cwd=ROOT,
            env=os.environ | {name: value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._said: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._readers = [self._reader(name) for name in self._said]

    @property
    def lines(self) -> list[str]:
        """What it has written to stdout so far."""
        return list(self._said["stdout"])

    @property
    def stderr(self) -> str:
        return "\n".join(self._said["stderr"])

    def wait_for_line(self, pattern: str, after: int = 0) -> int:
        """The number of lines up to the first one that matches, not looking at the first `after`."""

        def find() -> int:
            found = (at for at, line in enumerate(self.lines, 1) if at > after and re.search(pattern, line))
            return next(found, 0)

        return self.wait_until(find, f"a line like {pattern}")

    def wait_until(self, look: Callable[[], Found], what: str) -> Found:
        deadline = time.monotonic() + PATIENCE
        while not (found := look()):
            assert self.process.poll() is None, f"ended before {what}; {self.told()}"
            assert time.monotonic() < deadline, f"waited in vain for {what}; {self.told()}"
            time.sleep(0.02)
        return found

    def wait(self) -> int:
        """The exit code."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does; the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def family(self) -> dict[int, str]:
        """Every process that it has started and that still lives, by number, with its command line."""
        return dict(self._family())

    def folders(self) -> set[Path]:
        """The private folders that its processes work in."""
        found = re.findall(r"(/\S*arcgis-devcluster-[^/\s]+)/", " ".join(self.family().values()))
        return set(map(Path, found))

    def site(self) -> SiteControl:
        """Its simulated site, as soon as that is up; it says secrets in error texts and jobs from now on."""
        control = SiteControl(self.wait_until(self._control, "the site"))
        control.echo(ECHO)
        return control

    def _control(self) -> str:
        logs = [folder / "site.log" for folder in self.folders()]
        lines = [line for log in logs if log.exists() for line in log.read_text().splitlines()]
        return next((json.loads(line)["control"] for line in lines if '"control"' in line), "")

    def told(self) -> str:
        return "\n".join(["stdout:", *self.lines, "stderr:", self.stderr])

    def _family(self) -> Iterator[tuple[int, str]]:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark.encode() in (process / "environ").read_bytes():
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield int(process.name), command.decode(errors="replace")

    def _reader(self, name: str) -> threading.Thread:
        def read() -> None:
            for line in getattr(self.process, name):
                self._said[name].append(line.rstrip("\n"))

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.wait()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()
