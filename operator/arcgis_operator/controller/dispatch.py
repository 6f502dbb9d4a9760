"""From events and lists to turns: each object to the row of its kind, each key to who gives its turns."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arcgis_operator.adapters.kube.api import is_leaving
from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.controller.asks import Asks
from arcgis_operator.controller.kinds import Body, Facts, Met, Row, Turns
from arcgis_operator.controller.news import EventType
from arcgis_operator.controller.standings import Standings
from arcgis_operator.core.identity import name_of
from arcgis_operator.core.keys import Key
from arcgis_operator.core.wake import RESYNC, Wake
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.ports import Term


@dataclass(slots=True)
class Running:
    """The term that runs, None on standby. Who leads sets it, who gives turns asks it."""

    term: Term | None = None


class Dispatch:
    """The informer's sink, and the workers' turn."""

    def __init__(self, asks: Asks, rows: Iterable[Row], running: Running, breath: Breath) -> None:
        self._asks, self._running, self._breath = asks, running, breath
        self.rows = {row.kind: row for row in rows}
        self._turns = {sort: turns for row in self.rows.values() for sort, turns in row.turns.items()}
        self.standings = Standings()

    def seen(self, kind: Kind, event_type: EventType, body: Body) -> None:
        """One event of the informer. The object may be old: only what it changes in what is known counts."""
        if self.rows[kind].news.tells(event_type, body):
            gone = event_type == "DELETED" or is_leaving(body)
            self._take(self.rows[kind], body, Met(gone=gone, listed=event_type == "LISTED"))

    def listed(self, kind: Kind, body: Body) -> None:
        """One object of a full list: true, unless the informer told something newer since the list began."""
        row = self.rows[kind]
        moved = row.news.moved(body)
        if row.news.shows(body):
            self._take(row, body, Met(gone=False, listed=True, moved=moved))

    def list_ended(self, kind: Kind) -> None:
        """A full list is complete: what was known before, and is not in it, is gone."""
        row = self.rows[kind]
        for name in row.news.end():
            self.standings.gone(row.word, name)
            row.feed.missing(name)

    async def look_at_everything(self, within: float) -> None:
        """A resync: all that there is, spread over so many seconds."""
        for key in (key for row in self.rows.values() for key in row.feed.everything()):
            if key:
                self._asks.look(key, random.uniform(0, within))  # noqa: S311 - spreads load
            if self._breath.is_due():
                await asyncio.sleep(0)

    async def turn(self, key: Key) -> Wake:
        """One turn of a key; on standby there are none, for a new term looks at everything."""
        term = self._running.term
        return await self._of(key).give(key, term) if term else RESYNC

    def about(self, key: Key) -> Facts:
        """How the log names what a key stands for."""
        return self._of(key).about(key)

    async def crashed(self, key: Key, error: Exception) -> None:
        """Say on the resource that its turn has a bug."""
        if self._running.term:
            await self._of(key).crashed(key, error)

    def _of(self, key: Key) -> Turns[Any]:
        return self._turns[type(key)]

    def _take(self, row: Row, body: Body, met: Met) -> None:
        name = name_of(body)
        if met.gone:
            self.standings.gone(row.word, name)
        else:
            self.standings.seen(row.word, name, body)
        row.feed.seen(body, met)
