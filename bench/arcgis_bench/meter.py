"""What a process uses, from /proc: memory, processor time, descriptors, connections."""

import os
import threading
from pathlib import Path
from typing import Self

MIB = 1024 * 1024
_SAMPLE_SECONDS = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time so far, to 10 ms. Source: proc(5), fields 14 and 15 of stat."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def memory_mib(pid: int, field: str = "VmRSS") -> float:
    """`VmRSS`, or `VmHWM`: the most it ever was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            return int(rest.split()[0]) / 1024
    return 0.0


def descriptors(pid: int) -> int:
    """How many are open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Meter:
    """Watches a process from a thread, 20 times a second; a connection shorter than that may be missed."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._cpu = 0.0
        self.most_descriptors = 0
        self.sockets: set[str] = set()

    @property
    def cpu(self) -> float:
        """Processor seconds since the beginning."""
        return cpu_seconds(self._pid) - self._cpu

    def __enter__(self) -> Self:
        self._cpu = cpu_seconds(self._pid)
        self._sample()
        self.sockets.clear()  # what was open before is not counted
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        links = [self._target(entry) for entry in Path(f"/proc/{self._pid}/fd").iterdir()]
        self.most_descriptors = max(self.most_descriptors, len(links))
        self.sockets.update(link for link in links if link.startswith("socket:"))

    def _target(self, entry: Path) -> str:
        try:
            return str(entry.readlink())
        except OSError:
            return ""
