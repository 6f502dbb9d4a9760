"""kopf's storages, storing nothing: no handler needs them, and their copies cost a third of the time."""

from typing import Any

import kopf


class NoDiffBase(kopf.DiffBaseStorage):
    """Nothing was ever handled."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        """No essence."""
        return {}

    def fetch(self, *, body: Any) -> None:
        """Nothing stored."""

    def store(self, *, body: Any, patch: Any, essence: Any) -> None:
        """Stores nothing."""


class NoProgress(kopf.ProgressStorage):
    """No handler is ever in progress."""

    def fetch(self, *, key: Any, body: Any) -> None:
        """Nothing stored."""

    def store(self, *, key: Any, record: Any, body: Any, patch: Any) -> None:
        """Stores nothing."""

    def purge(self, *, key: Any, body: Any, patch: Any) -> None:
        """Nothing to purge."""

    def touch(self, *, body: Any, patch: Any, value: str | None) -> None:
        """Touches nothing."""

    def clear(self, *, essence: Any) -> Any:
        """Nothing to clear."""
        return essence
