"""Reads what happens: `kubectl get --watch` for Kubernetes, the control port for the site."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from arcgis_demo.control import ControlPort
from arcgis_demo.parts import Site
from arcgis_demo.story import Resource, SiteView, Story
from arcgis_devcluster import ChildProcess, Kubectl

_PAUSE_SECONDS = 2.0


class ResourceWatch:
    """A running `kubectl get agsvc --watch` of one namespace, read without blocking."""

    def __init__(self, kubectl: Kubectl, log: Path) -> None:
        self._kubectl = kubectl
        self._log = log
        self._rest = ""
        self._process = self._start()

    def news(self) -> list[Resource]:
        """Every state written since the last call, in order; some may come twice."""
        if not self._process.running and time.monotonic() - self._started > _PAUSE_SECONDS:
            self._process = self._start()  # the API server ends a watch after about an hour
        with self._log.open("rb") as log:
            log.seek(self._position)
            added = log.read()
        end = added.rfind(b"\n") + 1
        self._position += end
        self._rest += added[:end].decode(errors="replace")
        return [Resource.parse(document) for document in self._documents()]

    def stop(self) -> None:
        self._process.kill()

    def _documents(self) -> Iterator[dict[str, Any]]:
        """The complete ones; what is left begins with `{` but does not end yet."""
        decoder = json.JSONDecoder()
        while (start := self._rest.find("{")) >= 0:
            try:
                document, end = decoder.raw_decode(self._rest, start)
            except ValueError:
                return
            self._rest = self._rest[end:]
            yield document

    def _start(self) -> ChildProcess:
        self._started = time.monotonic()
        self._position = self._log.stat().st_size if self._log.exists() else 0
        self._rest = ""
        command = self._kubectl.command("get", "agsvc", "--watch", "--output=json")
        return ChildProcess("kubectl", command, log=self._log, environment=self._kubectl.environment())


class Watcher:
    """Folds both sides into a story."""

    def __init__(self, resources: ResourceWatch, site: Site, control: ControlPort) -> None:
        self._resources = resources
        self._site = site
        self._control = control

    def site_view(self, service: str) -> SiteView:
        """Raises ProcessFailed when the site is gone."""
        try:
            return SiteView(self._control.document(service), self._control.counts(service))
        except httpx.HTTPError as error:
            raise self._site.process.failure(f"does not answer on its control port ({error!r})") from error

    def look(self, story: Story) -> None:
        """Reads both sides once. Raises ProcessFailed when the site is gone."""
        site = self.site_view(story.service)
        resources = self._resources.news()
        story.hear(resources, self._control.news(), site, time.monotonic())
