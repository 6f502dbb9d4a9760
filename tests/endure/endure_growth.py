"""What a process needs over time: memory, open files, threads. Read from /proc, so it is not asked."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

PARTS = 3
MIB = 1024.0


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    memory: float
    """Resident, in MiB."""
    files: int
    threads: int


NEEDS: Mapping[str, Callable[[Sample], float]] = {
    "memory": lambda sample: sample.memory,
    "files": lambda sample: float(sample.files),
    "threads": lambda sample: float(sample.threads),
}


@dataclass(slots=True)
class Diary:
    """The samples of one process, the oldest first."""

    pid: int
    samples: list[Sample] = field(default_factory=list)

    def look(self) -> str:
        """Takes a sample, and says it."""
        self.samples.append(_sample(self.pid))
        return self.said()

    def growth(self, since: float) -> dict[str, float]:
        """By how much each need of the last third of the time is above that of the first, in per cent."""
        samples = [sample for sample in self.samples if sample.at >= since]
        third = len(samples) // PARTS
        assert third, f"only {len(samples)} samples"
        return {
            name: 100 * (fmean(map(need, samples[-third:])) / fmean(map(need, samples[:third])) - 1)
            for name, need in NEEDS.items()
        }

    def said(self) -> str:
        """Memory, files and threads now."""
        last = self.samples[-1]
        return f"{last.memory:.0f} MiB, {last.files} files, {last.threads} threads"


def _sample(pid: int) -> Sample:
    process = Path(f"/proc/{pid}")
    lines = (line.split(":", 1) for line in (process / "status").read_text().splitlines())
    facts = {name: text.split() for name, text in lines}
    files = sum(1 for _ in (process / "fd").iterdir())
    return Sample(time.time(), int(facts["VmRSS"][0]) / MIB, files, int(facts["Threads"][0]))
