"""What a process uses, from /proc: memory, processor time, descriptors, connections."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Self

MIB = 1024 * 1024
_SAMPLE_SECONDS = 0.05
_KEPT_EVERY = 20
_PARTS = 4
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time so far, to 10 ms. Source: proc(5), fields 14 and 15 of stat."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def wanted_seconds(pid: int) -> float:
    """Time that its threads have run, or waited for a processor. Source: kernel, sched-stats, schedstat."""
    tasks = [entry / "schedstat" for entry in Path(f"/proc/{pid}/task").iterdir()]
    ran = [[int(word) for word in task.read_text().split()[:2]] for task in tasks]
    return sum(map(sum, ran)) / 1e9


def machine_seconds() -> tuple[float, float]:
    """Processor time of the whole machine so far: busy, and in all. Source: proc(5), first line of stat."""
    _, *ticks = Path("/proc/stat").read_text().partition("\n")[0].split()
    user, nice, system, idle, waiting, *others = (int(tick) / _TICKS for tick in ticks[:8])
    busy = user + nice + system + sum(others)
    return busy, busy + idle + waiting


def memory_mib(pid: int, field: str = "VmRSS") -> float:
    """`VmRSS`, or `VmHWM`: the most it ever was."""
    return int(status(pid, field)[0]) / 1024


def status(pid: int, field: str) -> list[str]:
    """The words of one line. Source: proc(5), status."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            return rest.split()
    return ["0"]


def descriptors(pid: int) -> int:
    """How many are open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process holds at one time."""

    rss_mib: float
    descriptors: int
    sockets: int
    threads: int


class Meter:
    """Watches a process from a thread, 20 times a second; a connection shorter than that may be missed."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._cpu = 0.0
        self._machine = (0.0, 0.0)
        self.most_descriptors = 0
        self._before: set[str] = set()
        self.sockets: set[str] = set()
        """Those that were opened since the beginning."""
        self.samples: list[Sample] = []
        """One for each second."""

    @property
    def cpu(self) -> float:
        """Processor seconds since the beginning."""
        return cpu_seconds(self._pid) - self._cpu

    @property
    def machine_busy_percent(self) -> float:
        """Of all processors since the beginning: at a hundred the machine is what limits."""
        (busy, all_), (busy_then, all_then) = machine_seconds(), self._machine
        return 100 * (busy - busy_then) / max(all_ - all_then, 1 / _TICKS)

    def growth_percent(self) -> dict[str, float]:
        """By how much each need of the last quarter of the time is above that of the second."""
        quarter = max(1, len(self.samples) // _PARTS)
        early, late = self.samples[quarter : 2 * quarter], self.samples[-quarter:]
        return {
            name: 100
            * (fmean(getattr(one, name) for one in late) / fmean(getattr(one, name) for one in early) - 1)
            for name in Sample.__dataclass_fields__
        }

    def __enter__(self) -> Self:
        self._cpu, self._machine = cpu_seconds(self._pid), machine_seconds()
        self._sample()
        self._before, self.sockets = self.sockets, set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        count = 0
        while not self._done.wait(_SAMPLE_SECONDS):
            self._sample(kept=count % _KEPT_EVERY == 0)
            count += 1

    def _sample(self, *, kept: bool = False) -> None:
        links = [self._target(entry) for entry in Path(f"/proc/{self._pid}/fd").iterdir()]
        self.most_descriptors = max(self.most_descriptors, len(links))
        sockets = {link for link in links if link.startswith("socket:")}
        self.sockets |= sockets - self._before
        if kept:
            threads = int(status(self._pid, "Threads")[0])
            self.samples.append(Sample(memory_mib(self._pid), len(links), len(sockets), threads))

    def _target(self, entry: Path) -> str:
        try:
            return str(entry.readlink())
        except OSError:
            return ""
