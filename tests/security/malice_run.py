"""One operator that is given everything legal of the catalogue at once, and what was seen of it afterwards.

Each entry has a service of its own, so that none hides what another one does.
"""

import base64
import contextlib
import copy
import json
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
from evil_answers import Evil
from malicious_specs import CARRIED, ROADS, SERVICE, Malice, filled
from traps import TlsTrap, Trap

from harness.apiserver import GROUP, wait_until
from harness.bench import SERVICES, SITES, Workbench, is_current, ready

Json = Any
LONG = 400.0
PREFIX = "/arcgis/admin/services"
WANTED: Json = {"description": "carried"}


@dataclass
class Played:
    """An entry on the stage: the resource, its service, and the document that has to come of it."""

    name: str
    plural: str
    body: Json
    outcome: str
    title: str = ""
    path: str = ""
    before: Json = field(default_factory=dict)
    after: Json = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return "Converged" if self.outcome == CARRIED else self.outcome


class MaliceRun:
    """`traps` are for what is declared and answered, `liar` for addresses of sites."""

    def __init__(self, bench: Workbench, trap: Trap, liar: TlsTrap) -> None:
        self.bench, self.trap, self.liar = bench, trap, liar
        self.played: dict[str, Played] = {}
        self.ports = {
            "trap": trap.port,
            "apiserver": httpx.URL(bench.cluster.url).port or 443,
            "control": httpx.URL(bench.sites["prod"].control).port or 80,
        }
        self.bodies: dict[tuple[str, str], Json] = {}
        self.requests: list[Json] = []
        self.accepted: list[Json] = []
        self.live: Json = {}

    def furnish(self) -> None:
        """The sites and Secrets that the entries name."""
        self.bench.register(limits={"maxJobs": 100, "requestsPerSecond": 1000})
        self.bench.register(alias="next-door", access=[])
        here = {"namespaces": {"from": "Same"}}
        self.bench.register(alias="folders", access=[{**here, "folders": ["Generated"]}])
        self.bench.register(alias="own-folders", access=[{**here, "folders": ["System"]}])
        for name, data in {
            "a-token": {"token": b"x"},
            "no-text": {"username": b"a", "password": b"\xff"},
        }.items():
            coded = {key: base64.b64encode(value).decode() for key, value in data.items()}
            self.bench.kubectl.apply(
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": coded}
            )

    def cast(self, entry: Malice) -> None:
        """Prepare an entry."""
        number = len(self.played)
        if entry.kind != SERVICE:
            spec = filled(entry.spec, **{**self.ports, "trap": self.liar.port})
            self._take(entry.what, f"site-{number}", SITES, spec, entry.outcome)
            return
        spec = filled(entry.spec, **self.ports)
        if spec["service"]["name"] == ROADS["name"] and not entry.what.startswith("folder"):
            spec["service"] = {**spec["service"], "name": f"Malice{number}"}
        self._on_service(entry.what, f"service-{number}", spec, entry.outcome, {})

    def answer(self, what: str, evil: Evil) -> None:
        """Prepare something that the site will say of one service."""
        number = len(self.played)
        named = {"name": f"Said{number}", "type": "MapServer"}
        spec = {"siteRef": {"name": "prod"}, "service": named, "settings": WANTED}
        played = self._on_service(what, f"said-{number}", spec, CARRIED, dict(evil.said))
        if evil.at:
            do = filled(evil.do, **self.ports)
            self.bench.site.fault(do, when=evil.when, operation=evil.at, service=played.title)
        if evil.job:
            self.bench.site.next_job(service=played.title, **evil.job)

    def go(self) -> None:
        """Everything at the same time; returns when all came to where they have to, or after long."""
        for one in self.played.values():
            answer = self.bench.api.create(one.plural, one.body)
            assert answer.status_code == 201, answer.text
        give_up = time.monotonic() + LONG
        for what in self.played:
            with contextlib.suppress(AssertionError):  # the tests say what did not
                wait_until(partial(self._look, what), max(0.0, give_up - time.monotonic()), str)
        records = self.bench.site.journal()
        self.requests = [record for record in records if record["kind"] == "request"]
        self.accepted = [record for record in records if record["kind"] == "accepted"]
        self.live = self.bench.site.world()["services"]

    def story(self, what: str) -> str:
        one = self.played[what]
        return self.bench.story(one.name, one.plural)

    def _on_service(self, what: str, name: str, spec: Json, outcome: str, said: Json) -> Played:
        named = spec["service"]
        folder, leaf = named.get("folder", ""), f"{named['name']}.{named['type']}"
        one = self._take(what, name, SERVICES, spec, outcome)
        one.title = f"{folder}/{leaf}" if folder else leaf
        one.path = "/".join((PREFIX, *(quote(part, safe="") for part in (folder, leaf) if part)))
        if outcome == CARRIED:
            placed = {"folderName": folder} if folder else {}
            document = {"serviceName": named["name"], "type": named["type"], **placed, **said}
            self.bench.site.add_service(**document, properties={"maxRecordCount": "1000"})
            one.before = self.bench.site.document(one.title)
            one.after = _merged(one.before, spec["settings"])
        return one

    def _take(self, what: str, name: str, plural: str, spec: Json, outcome: str) -> Played:
        kind = "ArcGISService" if plural == SERVICES else "ArcGISSite"
        body = {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}
        self.played[what] = Played(name, plural, body, outcome)
        return self.played[what]

    def _look(self, what: str) -> bool:
        one = self.played[what]
        self.bodies[one.plural, one.name] = self.bench.api.get(one.plural, one.name)
        return self.came_to(what)

    def came_to(self, what: str) -> bool:
        """Whether the resource shows what it has to."""
        one = self.played[what]
        body = self.bodies.get((one.plural, one.name))
        return bool(body and is_current(body) and _family(ready(body)) == one.reason)


def _family(reason: str) -> str:
    """A site that cannot be reached is asked rarely after some time."""
    return "SiteUnreachable" if reason == "CircuitOpen" else reason


def _merged(document: Json, settings: Json) -> Json:
    """What has to be live: texts and objects of texts, laid over the document."""
    whole = copy.deepcopy(document)
    for name, value in settings.items():
        whole[name] = {**whole.get(name, {}), **value} if isinstance(value, dict) else value
    return whole


def texts(value: Json) -> list[str]:
    """Every text inside."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in texts(item))]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


def shown(status: Json) -> Json:
    """The status without what the job returned, which is kept as data."""
    return json.loads(json.dumps({**status, "job": {**status.get("job", {}), "result": None}}))
