"""The site of a scene: the simulator's world, of which the judge hears each edit and each document."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from cell_clock import BASE, LoopClock
from pairs_history import Edit, History
from pairs_scene import Script
from pairs_wire import REQUEST

from arcgis_simulator import catalogue
from arcgis_simulator.echo import Echo
from arcgis_simulator.jobs import Job
from arcgis_simulator.jobs import Work as SiteWork
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User
from arcgis_simulator.world import World
from harness.bench import ECHO, PLANTED

Json = Any
USER = "gitops"


FOLDS: dict[str, Callable[[str], str]] = {
    "java": lambda text: "".join((one.upper() if len(one.upper()) == 1 else one).lower() for one in text),
    "nfkc": lambda text: unicodedata.normalize("NFKC", text).casefold(),
}
"""How a site may compare names: as Java's equalsIgnoreCase, or by compatibility forms."""


class Silent:
    """In place of the site's journal, which nobody reads here."""

    cause: int | None = None

    def add(self, kind: str, **facts: Any) -> int:
        return 0


class Watched:
    """`world` and `site`; documents go into the history as they come, `edits` tells the rest."""

    def __init__(self, script: Script, history: History, secret: str) -> None:
        self._script, self._documents = script, history.documents
        self._jobs: list[tuple[Job | None, Edit]] = []
        self.world = World()
        switches = {"job_seconds": script.job_seconds, "submitted_seconds": 0.5, **script.switches}
        self.world.switches = self.world.switches.changed(switches)
        self.world.set_user(User(USER, secret))
        self.site = Site(self.world, LoopClock(), journal=Silent())  # type: ignore[arg-type]
        self.site.echo = Echo(ECHO)
        self._plant()

    def secrets(self) -> dict[str, str]:
        """What the site has said in its error texts, besides the account's password."""
        tokens = {f"token {number}": token for number, token in enumerate(self.world.tokens.given)}
        return {"what the site says": PLANTED, **tokens}

    def edits(self) -> Iterator[Edit]:
        """All that were accepted."""
        for job, edit in self._jobs:
            if job:
                edit = replace(
                    edit, ended=job.end_ms / 1000 - BASE.timestamp() if job.ended else float("inf")
                )
            yield edit

    def fold(self, patch: pytest.MonkeyPatch, way: str) -> None:
        """From now on names are compared in this way."""
        patch.setattr(catalogue, "key_of", lambda folder, name: FOLDS[way](f"{folder}/{name}"))
        services = self.world.catalogue.services
        again = {one.key: one for one in services.values()}
        services.clear()
        services.update(again)

    def _plant(self) -> None:
        world, documents = self.world, self._documents
        for one in self._script.services:
            world.add_service(copy.deepcopy(one))
        for service in world.catalogue.services.values():
            documents[service.title.casefold()] = [(-1.0, service.document)]
        replace, accept, check = world.replace, world._accept, world.check_edit

        def replaced(service: Any, document: Json) -> None:
            replace(service, document)
            documents.setdefault(service.title.casefold(), []).append((self._now(), document))

        def accepted(service: Any, work: SiteWork, username: str, plan: Any) -> Job | None:
            request = REQUEST.get() if username != "colleague" else None
            ours, at, asked = request is not None, self._now(), _asked(service.document, work)
            job = accept(service, work, username, plan)
            told = documents[service.title.casefold()]
            if service.document is not told[-1][1]:  # the site has moved it to another deployment
                told.append((at, service.document))
            edit = Edit(
                service.title.casefold(), ours, getattr(request, "left", at),
                getattr(request, "arrived", at), at,
                asked, request.url.host if request else "", username, job.jobid if job else "",
                work.operation,
            )  # fmt: skip
            self._jobs.append((job, edit))
            return job

        def checked(service: Any, given: Any) -> SiteWork:
            work = check(service, given)
            if not self._script.ways.get("trims"):
                return work
            text = str(work.payload.get("description", "")).strip()
            return SiteWork("edit", {**work.payload, "description": text})

        world.replace = replaced  # type: ignore[method-assign]
        world._accept = accepted  # type: ignore[method-assign]
        world.check_edit = checked  # type: ignore[method-assign]

    def _now(self) -> float:
        return self.world.now_ms / 1000 - BASE.timestamp()


def _asked(live: Json, work: SiteWork) -> Json:
    """The document as this operation is to leave it."""
    sets = {
        "start": {"configuredState": "STARTED"},
        "stop": {"configuredState": "STOPPED"},
        "changeProvider": {"provider": work.payload},
    }
    return {**live, **sets[work.operation]} if work.operation in sets else work.payload or {}
