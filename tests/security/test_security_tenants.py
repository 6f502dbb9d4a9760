"""Three tenants of one operator: whatever one writes, the others' services stay as they are declared.

All attacks at once, each at a service of its own. The attackers take turns.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from tenant_attacks import ATTACKS, PRIVATE, SHARED, Attack, Scene

from arcgis_demo import parts
from arcgis_devcluster import Cluster, audit
from harness.apiserver import ApiServer, wait_until
from harness.bench import (
    OPERATOR,
    PASSWORD,
    SERVICES,
    SITES,
    Workbench,
    condition,
    is_current,
    ready,
    resource,
)

Json = Any
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("tenants")]
LONG = 90.0
FEWEST = 100
PLURALS = {"ArcGISService": SERVICES, "ArcGISSite": SITES}


class Tenants:
    """The victim is the namespace of the bench; two more attack it."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.attackers = [f"{bench.namespace}-{name}" for name in ("a", "b")]
        self.eyes = {name: ApiServer(bench.cluster, name) for name in self.attackers}
        self.scenes: dict[str, Scene] = {}
        self.mine: dict[str, tuple[str, str]] = {}
        self.titles: dict[str, str] = {}

    def settle_in(self) -> None:
        """Namespaces, sites with their rules, and the services that will be declared."""
        bench = self.bench
        for name in self.attackers:
            bench.cluster.kubectl("create", "namespace", name)
            bench.cluster.kubectl("label", "namespace", name, "team=silver")
            parts.allow_site_access(bench.cluster, name)
        rules = {
            "prod": [{"namespaces": {"from": "Same"}}],
            "shared": [{"namespaces": {"from": "All"}, "folders": [SHARED]}],
            "gold": [_selected({"team": "gold"})],
            "named": [_selected({"kubernetes.io/metadata.name": bench.namespace})],
            "nobody": [],
        }
        for name, access in rules.items():
            bench.register(alias=name, access=access)
        for number, (what, attack) in enumerate(ATTACKS.items()):
            title = f"Victim{number}"
            bench.site.add_service(serviceName=title, type="MapServer", folderName=attack.folder)
            self.titles[what] = f"{attack.folder}/{title}.MapServer"
            attacker = self.attackers[number % len(self.attackers)]
            self.scenes[what] = Scene(
                victim=bench.namespace,
                attacker=attacker,
                other=self.attackers[(number + 1) % len(self.attackers)],
                resource=f"victim-{number}",
                folder=attack.spelling(attack.folder),
                name=attack.spelling(title),
                url=bench.sites["prod"].url,
            )

    def attack(self, *, sooner: bool) -> None:
        """Write what the attackers write, and wait until each was told why nothing comes of it."""
        chosen = {what: attack for what, attack in ATTACKS.items() if attack.sooner is sooner}
        for what, attack in chosen.items():
            self._write(what, attack)
        self._all_come(self.is_told, chosen)

    def declare(self, text: str) -> None:
        """The victim declares all services, or changes what it wants."""
        for what, attack in ATTACKS.items():
            site = "shared" if attack.folder == SHARED else "prod"
            name = self.scenes[what].resource
            body = resource(name, self.titles[what], {"description": text}, site)
            if self.bench.get(name):
                self.bench.api.respecify(SERVICES, name, body["spec"])
            else:
                assert self.bench.api.create(SERVICES, body).status_code == 201
        self._all_come(self.is_well, ATTACKS)

    def is_well(self, what: str) -> bool:
        """Whether the victim's resource is Ready."""
        body = self.bench.get(self.scenes[what].resource)
        return is_current(body) and ready(body) == "Converged"

    def is_told(self, what: str) -> bool:
        """Whether the attacker's resource shows why nothing comes of it."""
        body = self.attackers_resource(what)
        return is_current(body) and ready(body) == ATTACKS[what].reason

    def attackers_resource(self, what: str) -> Json:
        namespace, name = self.mine[what]
        return self.eyes[namespace].get(SERVICES, name)

    def _write(self, what: str, attack: Attack) -> None:
        scene = self.scenes[what]
        for body in attack.way(scene):
            if body["kind"] == "Secret":
                self.bench.cluster.kubectl.in_namespace(scene.attacker).apply(body)
                continue
            answer = self.eyes[scene.attacker].create(PLURALS[body["kind"]], body)
            assert answer.status_code in (201, 409), answer.text
        self.mine[what] = (scene.attacker, body["metadata"]["name"])

    def _all_come(self, look: Callable[[str], bool], chosen: Iterable[str]) -> None:
        """Waits for all; each test tells of its own."""
        give_up = time.monotonic() + LONG
        for what in chosen:
            with contextlib.suppress(AssertionError):
                wait_until(partial(look, what), max(0.0, give_up - time.monotonic()), str)


def _selected(labels: Json) -> Json:
    return {"namespaces": {"from": "Selector", "selector": {"matchLabels": labels}}}


@pytest.fixture(scope="module")
def tenants(control_plane: Cluster) -> Iterator[Tenants]:
    with Workbench(control_plane) as bench:
        bench.start_site()
        tenants = Tenants(bench)
        tenants.settle_in()
        bench.start_operator(namespace=(bench.namespace, *tenants.attackers), log_level="debug")
        tenants.attack(sooner=True)
        tenants.declare("victim")
        tenants.attack(sooner=False)
        tenants.declare("victim again")
        yield tenants
        for name in tenants.attackers:
            tenants.eyes[name].close()
            bench.cluster.kubectl("delete", "namespace", name, "--wait=false")


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= FEWEST
    assert {attack.folder for attack in ATTACKS.values()} == {PRIVATE, SHARED}


@pytest.mark.parametrize("what", ATTACKS)
def test_the_victims_service_is_what_the_victim_declared(tenants: Tenants, what: str) -> None:
    assert tenants.is_well(what), tenants.bench.story(tenants.scenes[what].resource)
    assert tenants.bench.sent(tenants.titles[what], "description") == ["victim", "victim again"]
    assert tenants.bench.site.document(tenants.titles[what])["description"] == "victim again"


@pytest.mark.parametrize("what", ATTACKS)
def test_the_attacker_is_told_why_and_learns_nothing_of_the_service(tenants: Tenants, what: str) -> None:
    body = tenants.attackers_resource(what)
    assert tenants.is_told(what), condition(body)
    status = json.dumps(body["status"])
    assert "job" not in body["status"]
    assert "plan" not in body["status"]
    assert not {word for word in (PASSWORD, "victim again", "serviceId") if word in status}


def test_the_site_saw_no_user_but_the_victims_and_nothing_that_was_stolen(tenants: Tenants) -> None:
    accepted = tenants.bench.site.journal(kind="accepted")
    assert len(accepted) == 2 * len(ATTACKS)
    assert {record["document"]["description"] for record in accepted} == {"victim", "victim again"}
    assert {record["username"] for record in accepted} == {parts.USERNAME}


def test_secrets_are_read_only_where_a_site_names_them(tenants: Tenants) -> None:
    named = {
        (api_namespace, body["spec"]["credentials"]["secretRef"]["name"])
        for api_namespace, api in (
            (tenants.bench.namespace, tenants.bench.api),
            *tenants.eyes.items(),
        )
        for body in api.everything(SITES)
    }
    here = {tenants.bench.namespace, *tenants.attackers}
    assert tenants.bench.cluster.audit_log is not None
    read = {
        (about["namespace"], about["name"])
        for entry in audit.entries(tenants.bench.cluster.audit_log)
        if entry["user"].get("username") == OPERATOR
        and (about := entry.get("objectRef") or {}).get("resource") == "secrets"
        and about.get("namespace") in here
    }
    assert read
    assert read <= named
