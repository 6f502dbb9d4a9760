"""The loop of a scene: time passes at once, and it gives up where none passes any more."""

from __future__ import annotations

from harness import virtual_time

ROUNDS = 4_000
"""Of the loop within a second: more than all turns take."""


class Hot(Exception):
    """The operator turns round and round, and no time passes."""


class Loop(virtual_time.VirtualLoop):
    """Gives up when hardly any time passes."""

    rounds, at, much = 0, 0.0, ""

    def _run_once(self) -> None:
        self.rounds += 1
        if self.time() - self.at > 1.0:
            self.rounds, self.at = 0, self.time()
        if self.rounds == ROUNDS or self.much:
            words, self.much, self.rounds = self.much, "", ROUNDS + 1
            raise Hot(f"{self.at:.1f}: {words or 'hardly any time passes any more'}")
        super()._run_once()  # type: ignore[misc]
