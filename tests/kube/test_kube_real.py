"""The adapter, the informer and the elector on a real kube-apiserver."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from notes import Notes

from arcgis_devcluster import Cluster
from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.api import KubeApi, connect
from arcgis_operator.adapters.kube.events import Announcement, EventPoster
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import (
    ARCGIS_SERVICES,
    ARCGIS_SITES,
    CONFIGMAPS,
    EVENTS,
    GROUP,
    LEASES,
    NAMESPACES,
    Kind,
)
from arcgis_operator.adapters.kube.preflight import older_schema, problems
from arcgis_operator.app.lease import Elector, LeaseTimes, Term
from arcgis_operator.app.lease_record import SETTLED
from arcgis_operator.app.supervisor import Patience, Supervisor
from arcgis_operator.core.authorship import WRITER, is_put_back
from arcgis_operator.core.backoff import Backoff
from arcgis_operator.handlers.informer import Informer, Tuning
from arcgis_operator.handlers.pulse import Pulse

QUICK = LeaseTimes(lease=1.0, renew_deadline=0.6, retry=0.1)
Object = dict[str, Any]


@pytest.fixture
async def real(control_plane: Cluster) -> AsyncIterator[KubeApi]:
    async with await connect(str(control_plane.kubeconfig)) as client:
        yield client


def service(name: str, namespace: str) -> Object:
    return {
        "apiVersion": ARCGIS_SERVICES.api_version,
        "kind": ARCGIS_SERVICES.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "siteRef": {"name": "portal"},
            "service": {"name": "Roads", "type": "MapServer"},
            "settings": {"description": "roads"},
        },
    }


async def made(api: KubeApi, kind: Kind, namespace: str, body: Object) -> Object:
    answer = await api.create(kind, namespace, body)
    assert isinstance(answer, dict), answer
    return answer


async def test_a_status_is_written_only_at_the_version_that_was_read(real: KubeApi, namespace: str) -> None:
    first = await made(real, ARCGIS_SERVICES, namespace, service("roads", namespace))
    version = first["metadata"]["resourceVersion"]
    patch = {"status": {"conditions": []}}
    second = await real.patch_status(ARCGIS_SERVICES, namespace, "roads", version, patch)
    assert isinstance(second, dict)
    assert second["metadata"]["resourceVersion"] != version
    stale = await real.patch_status(ARCGIS_SERVICES, namespace, "roads", version, patch)
    assert isinstance(stale, KubeFailure)
    assert stale.kind is KubeFailureKind.CONFLICT


async def test_lists_come_in_chunks_and_name_their_kind(real: KubeApi, namespace: str) -> None:
    for number in range(5):
        body = {"metadata": {"name": f"map-{number}", "labels": {"ours": "yes"}}}
        await made(real, CONFIGMAPS, namespace, body)
    found = [item async for page in real.list(CONFIGMAPS, namespace, limit=2) for item in page.items]
    ours = [item["metadata"]["name"] for item in found if "labels" in item["metadata"]]
    assert ours == [f"map-{number}" for number in range(5)]
    assert {item["kind"] for item in found} == {"ConfigMap"}


async def test_failures_of_the_real_server_are_told_apart(real: KubeApi, namespace: str) -> None:
    expected = {
        KubeFailureKind.MISSING: await real.get(ARCGIS_SERVICES, namespace, "none"),
        KubeFailureKind.INVALID: await real.create(ARCGIS_SERVICES, namespace, {"metadata": {"name": "No!"}}),
    }
    for kind, failure in expected.items():
        assert isinstance(failure, KubeFailure)
        assert failure.kind is kind


async def test_an_event_is_accepted_and_speaks_of_its_object(real: KubeApi, namespace: str) -> None:
    body = await made(real, ARCGIS_SERVICES, namespace, service("roads", namespace))
    poster = EventPoster(real, "operator-0", dropped=lambda: pytest.fail("dropped"))
    task = asyncio.create_task(poster.run())
    poster.post(body, Announcement("Converged", "Edit", "the settings are live, job j1"))
    await poster.drain(10)
    task.cancel()
    (event,) = [item async for page in real.list(EVENTS, namespace) for item in page.items]
    assert event["regarding"]["uid"] == body["metadata"]["uid"]
    assert (event["reason"], event["reportingInstance"]) == ("Converged", "operator-0")


async def test_preflight_finds_nothing_wrong_for_an_admin(real: KubeApi, namespace: str) -> None:
    assert await problems(real, [], namespace, "leader") == []
    assert await problems(real, [namespace], namespace, "leader") == []
    assert await older_schema(real) == []
    published = await real.published(ARCGIS_SITES)
    assert isinstance(published, dict)
    assert "status" in published["properties"], "so the one above was judged as well"


async def test_preflight_names_every_right_that_is_missing(
    control_plane: Cluster, namespace: str, tmp_path: Path
) -> None:
    control_plane.kubectl("create", "serviceaccount", "nobody", "-n", namespace)
    kubeconfig = control_plane.service_account_kubeconfig(namespace, "nobody", tmp_path / "nobody")
    async with await connect(str(kubeconfig)) as powerless:
        found = await problems(powerless, [namespace], namespace, "leader")
    assert isinstance(found, list)
    assert (
        f"the operator's account may not patch arcgisservices/status in namespace {namespace}: bind it"
        in " ".join(found)
    )
    assert any("leases" in line for line in found)


async def test_a_kind_without_its_crd_is_not_served(real: KubeApi) -> None:
    assert await real.served(ARCGIS_SITES) is True
    assert await real.served(Kind("arcgis-operator.dev", "v1alpha1", "nothings", "Nothing")) is False
    assert await real.served(Kind("nowhere.dev", "v1", "nothings", "Nothing")) is False


async def test_the_informer_tells_lists_changes_and_deletions(
    control_plane: Cluster, real: KubeApi, namespace: str
) -> None:
    notes = Notes()
    kubeconfig = str(control_plane.kubeconfig)
    await made(real, ARCGIS_SERVICES, namespace, service("before", namespace))
    supervisor = Supervisor(
        lambda sink: Informer(sink, lambda: load_access(kubeconfig), namespaces=(namespace,)),
        notes,
    )
    task = asyncio.create_task(supervisor.run())
    await notes.has("service", "LISTED", "before")
    await made(real, ARCGIS_SERVICES, namespace, service("after", namespace))
    await notes.has("service", "CHANGED", "after")
    control_plane.kubectl("delete", "agsvc", "after", "-n", namespace)
    await notes.has("service", "DELETED", "after")
    task.cancel()
    await asyncio.wait([task])


class Replica:
    """An elector on the real API server, and what it was told."""

    def __init__(self, api: KubeApi, namespace: str, name: str) -> None:
        self.terms: list[Term] = []
        self.lost: list[str] = []
        self.elector = Elector(api, namespace, name, f"pod_{uuid.uuid4().hex[:4]}", times=QUICK)
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self.elector.run(self._started, self._lost))

    def _started(self, term: Term) -> None:
        self.terms.append(term)
        self._news.set()

    def _lost(self, reason: str) -> None:
        self.lost.append(reason)

    async def leads(self, terms: int = 1) -> Term:
        async with asyncio.timeout(10):
            while len(self.terms) < terms:
                self._news.clear()
                await self._news.wait()
        return self.terms[-1]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


async def test_the_lease_is_made_handed_over_and_taken_from_the_dead(real: KubeApi, namespace: str) -> None:
    first = Replica(real, namespace, "leader")
    term = await first.leads()
    assert (term.number, term.first_install, term.starts_settled) == (1, True, False)
    second = Replica(real, namespace, "leader")
    await first.stop()
    await first.elector.release(settled=True)
    assert first.elector.check(term) == "this lease term is over"
    handed = await second.leads()
    assert (handed.starts_settled, handed.first_install) == (True, False)
    lease = await real.get(LEASES, namespace, "leader")
    assert isinstance(lease, dict)
    assert SETTLED not in (lease["metadata"].get("annotations") or {})
    await second.stop()  # no release: as if killed
    third = Replica(real, namespace, "leader")
    taken = await third.leads()
    assert (taken.starts_settled, taken.first_install) == (False, False)
    assert second.elector.current is None, "the dead one's term had run out before"
    await third.stop()


async def test_a_lease_written_by_another_ends_the_term(real: KubeApi, namespace: str) -> None:
    first = Replica(real, namespace, "stolen")
    term = await first.leads()
    while True:
        lease = await real.get(LEASES, namespace, "stolen")
        assert isinstance(lease, dict)
        lease["spec"]["holderIdentity"] = "thief"
        if isinstance(await real.replace(LEASES, namespace, "stolen", lease), dict):
            break
    again = await first.leads(terms=2)
    assert again.number == term.number + 1
    assert first.lost == ["the lease is held by thief"]
    assert first.elector.check(term) == "this lease term is over"
    await first.stop()


async def test_the_namespace_of_the_test_is_there(real: KubeApi, namespace: str) -> None:
    assert isinstance(await real.get(NAMESPACES, None, namespace), dict)


async def test_the_api_server_notes_who_put_back_a_journal(real: KubeApi, namespace: str) -> None:
    """By the name a client gives itself; and what a restore puts back of owners is older than the object."""
    first = await made(real, ARCGIS_SERVICES, namespace, service("roads", namespace))
    backup = KubeApi(real.access)
    backup._client.user_agent = "velero-server/v1.17"

    async def wrote(api: KubeApi, on: Object, **status: Object) -> Object:
        version = on["metadata"]["resourceVersion"]
        answer = await api.patch_status(ARCGIS_SERVICES, namespace, "roads", version, {"status": status})
        assert isinstance(answer, dict), answer
        return answer

    ours = await wrote(real, first, observedGeneration=1, journal={"phase": "Running", "id": "i2"})  # type: ignore[arg-type]
    assert not is_put_back(ours)
    beside = await wrote(backup, ours, plan={"hash": "another"})
    assert not is_put_back(beside)
    older = await wrote(backup, beside, journal={"phase": "Idle", "id": "i1"})
    assert is_put_back(older)
    again = await wrote(real, older, journal={"phase": None, "id": "i1"})  # type: ignore[dict-item]
    assert not is_put_back(again)

    other = await wrote(backup, again, journal={"phase": "Running", "id": "i1"})  # type: ignore[arg-type]
    owners = other["metadata"]["managedFields"]
    of_a_backup = [{**one, "manager": WRITER, "time": "2020-01-01T00:00:00Z"} for one in owners]
    with_owners = {**other, "metadata": {**other["metadata"], "managedFields": of_a_backup}}
    restored = await real.replace(ARCGIS_SERVICES, namespace, "roads", with_owners)
    assert isinstance(restored, dict), restored
    assert {one["manager"] for one in restored["metadata"]["managedFields"]} == {WRITER}
    assert is_put_back(restored)
    await backup.aclose()


BLIND = Patience(Backoff(0.02, 0.05), look=0.02, unheard=2.0)
"""`/livez` of a process that loses patience after two seconds, not five minutes."""
SHORT_STREAMS = Tuning(server_timeout=1, reconnect=0.05, backoff=Backoff(0.05, 0.2))
"""The right to a stream is asked when it is opened; an open one goes on without it."""


def reader(namespace: str, *verbs: str) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader", "namespace": namespace},
        "rules": [{"apiGroups": [GROUP], "resources": ["*"], "verbs": list(verbs)}],
    }


async def test_a_watch_whose_right_is_taken_away_is_not_dead_and_lives_again_with_it(
    control_plane: Cluster, real: KubeApi, namespace: str, tmp_path: Path
) -> None:
    """A watch of the cluster that nobody answers for so long is dead; a restart gives no right back."""
    kubectl, notes, pulse = control_plane.kubectl.in_namespace(namespace), Notes(), Pulse()
    kubectl("create", "serviceaccount", "reader")
    kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:reader")
    kubectl.apply(reader(namespace, "list", "watch"))
    config = str(control_plane.service_account_kubeconfig(namespace, "reader", tmp_path / "reader"))
    supervisor = Supervisor(
        lambda sink: Informer(sink, lambda: load_access(config), (namespace,), SHORT_STREAMS, pulse),
        notes,
        patience=BLIND,
        pulse=pulse,
    )
    task = asyncio.create_task(supervisor.run())
    await made(real, ARCGIS_SERVICES, namespace, service("before", namespace))
    await notes.has("service", "before")
    kubectl.apply(reader(namespace, "list"))
    async with asyncio.timeout(30):
        while supervisor.unheard() < 2 * BLIND.unheard:
            assert supervisor.stuck() is None
            await asyncio.sleep(0.05)
    await made(real, ARCGIS_SERVICES, namespace, service("unseen", namespace))
    kubectl.apply(reader(namespace, "list", "watch"))
    await notes.has("service", "unseen")  # also a list tells of it, before the watch is back
    async with asyncio.timeout(30):
        while supervisor.unheard() >= BLIND.unheard:
            assert supervisor.stuck() is None
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
