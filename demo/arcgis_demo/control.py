"""The demo's hold on the simulated site: what happened there, read from its control port."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """What the site has counted for one service."""

    edits: int = 0
    restarts: int = 0


class ControlPort:
    """Calls raise `httpx.HTTPError` when nobody answers, or answers with an error."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=5.0, trust_env=False)
        self._read = 0

    def counts(self, service: str) -> Counts:
        """Of a service, `folder/name.type`."""
        counted = self._get("/stats")["services"][service]
        return Counts(counted["edits"], counted["restarts"])

    def document(self, service: str) -> dict[str, Any]:
        """The live document of a service."""
        document: dict[str, Any] = self._get("/world")["services"][service]
        return document

    def news(self) -> list[Record]:
        """The records of the site's journal since the last call."""
        records: list[Record] = self._get("/journal", after=self._read)
        self._read = records[-1]["seq"] if records else self._read
        return records

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str, **query: int) -> Any:
        return self._http.get(path, params=query).raise_for_status().json()
