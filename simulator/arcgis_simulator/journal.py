"""The append-only record of everything the site received and did: the ground truth of the tests.

Kinds: ``request`` (received), ``answer`` (to the ``request`` of that seq), ``refused`` (a login),
``accepted`` (an operation, with its document), ``job`` (a change of status), ``applied``, ``restarted``,
``drift``. Every record has ``seq``,
``ns`` (the machine's monotonic clock) and ``time_ms`` (site time). No record holds a password or a token.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO, Any

from arcgis_simulator import jsontext

Record = dict[str, Any]


class Journal:
    """Keeps the newest ``keep`` records; with ``file`` every record is also written there at once."""

    def __init__(
        self, now_ms: Callable[[], int], *, keep: int = 500_000, file: IO[str] | None = None
    ) -> None:
        self._now_ms = now_ms
        self._records: list[Record] = []  # a deque would touch all of them to find the newest
        self._keep = keep
        self._file = file
        self._seq = 0
        self.cause: int | None = None  # the request that is being processed

    def add(self, kind: str, **facts: Any) -> int:
        """Appends a record and answers its ``seq``."""
        self._seq += 1
        record = {
            "seq": self._seq,
            "ns": time.monotonic_ns(),
            "time_ms": self._now_ms(),
            "kind": kind,
            **facts,
        }
        if self.cause is not None and "request" not in facts:
            record["request"] = self.cause
        self._records.append(record)
        if len(self._records) > self._keep + self._keep // 8:
            del self._records[: -self._keep]
        if self._file is not None:
            self._file.write(jsontext.dumps(record) + "\n")
            self._file.flush()
        return self._seq

    @property
    def newest(self) -> int:
        """The ``seq`` of the newest record, 0 before the first."""
        return self._seq

    def after(self, seq: int, limit: int) -> list[Record]:
        """The records that follow ``seq``, the oldest first, at most ``limit``."""
        newer = max(0, min(self._seq - seq, self._keep, len(self._records)))
        start = len(self._records) - newer
        return self._records[start : start + limit]
