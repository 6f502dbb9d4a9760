"""Pauses between tries at what fails: they double, up to a longest one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """From `first` to `longest` seconds."""

    first: float = 1.0
    longest: float = 300.0

    def pause(self, failures: int, chance: float = 0.0) -> float:
        """After so many failures in a row; `chance`, between 0 and 1, shortens it by up to a half."""
        return float(min(self.longest, self.first * 2 ** min(failures - 1, 30)) * (1 - chance / 2))
