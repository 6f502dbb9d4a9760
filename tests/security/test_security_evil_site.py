"""A site that means harm, and a real operator: it goes nowhere else, tells nothing, and edits once."""

import json
import ssl
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from evil_answers import EVIL, Evil
from traps import Trap

from arcgis_demo import parts
from arcgis_devcluster import Cluster
from arcgis_simulator.world import World
from harness.bench import SERVICES, SITES, Workbench, condition
from harness.canaries import canary, forms, leaks

pytestmark = pytest.mark.xdist_group("evil-site")

Json = Any
LONG = 60.0


class Run:
    """One run through everything evil, with its secrets and all that came out."""

    def __init__(self, bench: Workbench, trap: Trap) -> None:
        self.bench, self.trap = bench, trap
        self.name = {what: f"evil-{number}" for number, what in enumerate(EVIL)}
        self.service: dict[str, str] = {}
        self.before: dict[str, Json] = {}
        seed = uuid.uuid4().hex
        bench.start_site(f"--seed={seed}", f"--services={len(EVIL)}")
        self.secrets = {"password": canary(), "wrong password": canary(), **_tokens(seed, len(EVIL))}
        bench.register()
        bench.api.set_secret("prod-admin", {"password": self.secrets["wrong password"]})
        bench.site.set_user(parts.USERNAME, self.secrets["password"])
        bench.start_operator(log_level="debug")
        bench.wait("prod", "CredentialsRejected", plural=SITES)
        bench.api.set_secret("prod-admin", {"password": self.secrets["password"]})
        bench.wait("prod", "Reachable", plural=SITES)
        self._connect_anew()

    def _connect_anew(self) -> None:
        """Three requests in a row without an answer: trust and token are got anew, nothing is forgotten."""
        self.bench.site.fault({"drop": True}, operation="root", times=3)
        self.bench.site.expire_tokens()
        self.bench.api.merge(SITES, "prod", {"spec": {"limits": {"maxJobs": 50}}})
        self.bench.wait("prod", "Reachable", plural=SITES)

    def go(self) -> None:
        """Everything at the same time; returns when all is as it was declared."""
        for number, (what, evil) in enumerate(EVIL.items()):
            self.service[what] = self._evil_service(number, evil)
            self.before[what] = self.bench.site.document(self.service[what])
            self._arrange(self.service[what], evil)
            self.bench.declare(self.name[what], self.service[what], {"description": "wanted"})
        for name in self.name.values():
            self.bench.converged(name, seconds=LONG)

    def _evil_service(self, number: int, evil: Evil) -> str:
        if not evil.said:
            return self.bench.fresh_service()
        document = {
            "serviceName": f"Evil{number}",
            "type": "MapServer",
            "folderName": "Generated",
            **evil.said,
        }
        self.bench.site.add_service(**document)
        return f"Generated/Evil{number}.MapServer"

    def _arrange(self, service: str, evil: Evil) -> None:
        site = self.bench.site
        if evil.at:
            do = json.loads(json.dumps(evil.do).replace("{trap}", str(self.trap.port)))
            site.fault(do, when=evil.when, operation=evil.at, service=service)
        job = dict(evil.job)
        if job or not evil.at:
            words = [f"{name} is {secret}" for name, secret in self.secrets.items()]
            site.next_job(service=service, **{"messages": words, "result": {"said": words}, **job})

    def outputs(self) -> dict[str, str]:
        """All that the operator wrote, by channel, as text."""
        bodies = [self.bench.api.get(SERVICES, name) for name in self.name.values()]
        bodies.append(self.bench.api.get(SITES, "prod"))
        return {
            "status": _text([body["status"] for body in bodies]),
            "managedFields": _text([body["metadata"]["managedFields"] for body in bodies]),
            "events": _text(self.bench.api.events()),
            "logs": self.bench.operator.log.read_text(),
            "metrics": self.bench.metrics(),
            "audit": self.bench.cluster.audit_log.read_text() if self.bench.cluster.audit_log else "",
        }


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _tokens(seed: str, generated: int) -> dict[str, str]:
    """The first two tokens the site gives: its supply of ids follows from the seed."""
    ids = World(ids_from=seed, generated=generated).ids
    return {"first token": ids.token(), "second token": ids.token()}


@pytest.fixture(scope="module")
def run(control_plane: Cluster) -> Iterator[Run]:
    trap = Trap()
    with Workbench(control_plane) as bench:
        run = Run(bench, trap)
        run.go()
        yield run
    trap.close()


@pytest.fixture(scope="module")
def outputs(run: Run) -> dict[str, str]:
    return run.outputs()


def test_nobody_comes_to_where_the_site_points(run: Run) -> None:
    assert run.trap.caught == []


@pytest.mark.parametrize("what", EVIL)
def test_what_was_declared_is_live_after_one_edit_and_nothing_else_changed(run: Run, what: str) -> None:
    service = run.service[what]
    assert [edit["document"]["description"] for edit in run.bench.edits(service)] == ["wanted"]
    assert run.bench.site.document(service) == {**run.before[what], "description": "wanted"}


@pytest.mark.parametrize("what", EVIL)
def test_the_status_stays_small_and_its_texts_are_one_line(run: Run, what: str) -> None:
    body = run.bench.get(run.name[what])
    assert len(json.dumps(body["status"])) <= 32 * 1024
    told = {**body["status"], "job": {**body["status"].get("job", {}), "result": None}}
    assert all(text.isprintable() for text in _texts(told)), told


def test_every_message_on_the_way_is_one_line_of_512_signs(run: Run) -> None:
    for name in run.name.values():
        for written in run.bench.status_writes(name):
            message = condition(written["responseObject"])["message"]
            assert message.isprintable(), name
            assert len(message) <= 512, name


def test_the_log_is_one_printable_object_a_line(run: Run) -> None:
    for line in run.bench.operator.log.read_text().splitlines():
        entry = json.loads(line)
        assert line.isprintable(), line
        assert "trace" not in entry, line
        assert entry["level"] in ("debug", "info", "warning"), line


def test_no_secret_is_in_any_output(run: Run, outputs: dict[str, str]) -> None:
    assert all(outputs.values())
    assert leaks(outputs, run.secrets) == []


@pytest.mark.parametrize("channel", ["status", "managedFields", "events", "logs", "metrics", "audit"])
def test_the_search_finds_a_planted_leak_in_each_channel(
    run: Run, outputs: dict[str, str], channel: str
) -> None:
    for form, text in forms(run.secrets["password"]).items():
        planted = {**outputs, channel: f"{outputs[channel]} {text} "}
        assert (channel, "password", form) in leaks(planted, {"password": run.secrets["password"]})


def test_the_secrets_that_are_searched_for_are_those_in_use(run: Run) -> None:
    authority = ssl.create_default_context(cadata=run.bench.sites["prod"].ca)
    bearer = {"Authorization": f"Bearer {run.secrets['second token']}"}
    with httpx.Client(verify=authority, trust_env=False) as client:
        answer = client.get(f"{run.bench.sites['prod'].url}/admin?f=json", headers=bearer)
    assert "error" not in answer.json()
    signed_in = [
        record for record in run.bench.site.journal(kind="request") if record["operation"] == "token"
    ]
    assert len(signed_in) >= 3


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
