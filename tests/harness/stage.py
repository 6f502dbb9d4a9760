"""A stage for one case: a resource, a service of the site, and operators with a proxy each.

Many cases share the site and the namespace of a `Workbench`; each takes a service that no other has, and the
Lease goes between two cases, so that every case begins as a first install. What is judged is what was
recorded: the site's journal, the audit log, exit codes and logs.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess, Cluster
from harness import outputs
from harness.apiserver import wait_until, written_at
from harness.bench import FAST, SERVICES, SITES, Workbench, condition, is_current
from harness.fault import CHANGES
from harness.history import ENDED
from harness.invariants import CLOCKS
from harness.kubeproxy import KubeProxy
from harness.merge_patch import merged

Json = Any
PATIENCE = 40.0
SETTINGS: Mapping[str, object] = {
    **FAST,
    "settle_seconds": 2,
    "site_connect_seconds": 0.5,
    "site_read_seconds": 1,
    "site_write_seconds": 1,
    "lease_seconds": 2,
    "renew_deadline_seconds": 1.5,
    "lease_retry_seconds": 0.3,
}
"""A take-over takes two seconds, and so does the time after which a request can no longer arrive."""
LEASE = "arcgis-operator"
ASKED = "arcgis-operator.dev/requestedAt"
_EXPECTED = re.compile('"logger": "kopf|"level": "debug".*"msg": "watch failed"')


class Replica:
    """One operator process behind its proxy."""

    def __init__(self, process: ChildProcess, proxy: KubeProxy) -> None:
        self.process, self.proxy = process, proxy

    def said(self, message: str, times: int = 1) -> None:
        """Waits until the log holds this message so often."""
        wait_until(
            lambda: len(self.lines(message)) >= times,
            PATIENCE,
            lambda: f"{self.process.name} did not say {message!r} but:\n{self.process.log_tail(12)}",
        )

    def lines(self, message: str) -> list[str]:
        """The log lines with this message."""
        return [line for line in self.process.lines() if f'"msg": "{message}"' in line]

    def metrics(self) -> str:
        """What it tells Prometheus."""
        return outputs.metrics(self.process)

    def leads(self) -> Self:
        """Waits until it leads."""
        self.said("leading")
        return self

    def leads_again(self) -> float:
        """Waits until it leads for the second time; since when, in seconds since the epoch."""
        self.said("leading", times=2)
        return datetime.fromisoformat(json.loads(self.lines("leading")[1])["ts"]).timestamp()

    def watches(self) -> Self:
        """Waits until both kinds are being watched."""
        wait_until(lambda: len(self.proxy.streams()) == 2, PATIENCE, lambda: str(self.proxy.streams()))
        return self


class Stage:
    """`name` is the resource, `service` the title of its service on the site.

    `names` are the resources of this case that are judged, `beside` the others that go with it. `chosen` are
    settings of its operators beside those of all.
    """

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.site = bench, bench.site
        self.name = f"case-{uuid.uuid4().hex[:8]}"
        self.service = bench.fresh_service()
        self.settings: Json = {"description": f"wanted by {self.name}"}
        self.spec: Json = {}
        self.chosen: Json = {}
        self.names = [self.name]
        self.beside: list[str] = []
        self.replicas: list[Replica] = []
        self.before: Json = self.site.document(self.service)
        self.since = bench.since = self.site.stats()["seq"]
        self._proxies = ExitStack()

    # -- doing -----------------------------------------------------------------------

    def start(
        self,
        name: str = "first",
        *,
        arm: Callable[[KubeProxy], None] = lambda proxy: None,
        **settings: object,
    ) -> Replica:
        """Starts an operator, whose proxy was armed before; waits for nothing."""
        proxy = self._proxies.enter_context(KubeProxy(self.bench.cluster.kubeconfig))
        arm(proxy)
        chosen = {
            **SETTINGS,
            "namespace": self.bench.namespace,
            "lease_namespace": self.bench.namespace,
            **self.chosen,
            **settings,
        }
        way = Detour(self.bench.cluster, proxy)
        log_name = f"{self.name}-{name}"
        process = parts.start_operator(way, self.bench.directory, log_name, chosen, ready=False)
        self.replicas.append(Replica(process, proxy))
        return self.replicas[-1]

    def declare(self, **settings: Json) -> None:
        """Creates the resource, or changes its spec."""
        self.settings = {**self.settings, **settings}
        self.bench.declare(self.name, self.service, self.settings, **self.spec)

    def specify(self, **spec: Json) -> None:
        """What stands in the spec beside the settings, from the next declaration on."""
        self.spec = merged(self.spec, spec)

    def ask_again(self) -> str:
        """Asks for one more look; what will be in the status when it is over."""
        stamp = uuid.uuid4().hex
        self.bench.api.merge(SERVICES, self.name, {"metadata": {"annotations": {ASKED: stamp}}})
        return stamp

    def label(self, text: str) -> None:
        """A colleague labels the resource."""
        self.bench.api.merge(SERVICES, self.name, {"metadata": {"labels": {"colleague": text}}})

    # -- waiting ---------------------------------------------------------------------

    def converged(self) -> Json:
        """Waits for Ready=True of the newest generation, and for the end of the operation."""
        self.wait(lambda: _rests(self.bench.get(self.name)))
        return self.bench.get(self.name)

    def all_is_well(self) -> None:
        """Waits until the site is Ready, and what goes with this case."""
        self.wait(lambda: condition(self.bench.api.get(SITES, "prod"))["status"] == "True")
        self.wait(lambda: all(_rests(self.bench.get(name)) for name in self.beside))

    def looked_again(self) -> None:
        """Asks for one more look, and waits until it is over."""
        stamp = self.ask_again()
        self.wait(lambda: self.bench.status(self.name).get("lastHandledReconcileAt") == stamp)

    def job(self) -> str:
        """Waits until the site has taken an edit; the id of the newest one's job."""
        self.wait(lambda: self.bench.edits(self.service))
        return str(self.bench.edits(self.service)[-1]["job"])

    def lease_ran_out(self) -> None:
        """Waits until nobody has renewed the Lease for its whole time."""
        self.wait(lambda: self._lease_age() > float(str(SETTINGS["lease_seconds"])))

    def wait(self, look: Callable[[], object]) -> None:
        """Waits until `look` is true; else tells the story."""
        wait_until(look, PATIENCE, self.story)

    def moment(self, look: Callable[[], object], seconds: float) -> None:
        """Waits until `look` is true, or for so long."""
        give_up = time.monotonic() + seconds
        while not look() and time.monotonic() < give_up:
            time.sleep(0.002)

    def story(self) -> str:
        """How the resource came to where it is, and what each operator said last."""
        told = [self.bench.story(self.name), str(self.received())]
        for replica in self.replicas:
            told.append(f"-- {replica.process.name} (exit code {replica.process.exit_code})")
            told.append(replica.process.log_tail(25))
        return "\n".join(told)

    # -- judging -----------------------------------------------------------------------

    def received(self) -> list[Json]:
        """The requests to change the service that came to the site, processed or not."""
        came = self.site.journal(self.since, kind="request", service=self.service)
        return [one for one in came if one["operation"] in CHANGES]

    def running_jobs(self) -> set[str]:
        """The jobs on the service that have not ended."""
        shown = self.site.journal(self.since, kind="job", service=self.service)
        last = {record["job"]: record["status"] for record in shown}
        return {job for job, word in last.items() if word not in ENDED}

    def judge(self, *, received: tuple[int, ...] = (1,), live: bool = True) -> None:
        """One edit was accepted, what was declared is live and nothing else changed, and it stays so."""
        self.converged()
        if live:
            self.looked_again()
        edits = self.bench.edits(self.service)
        assert len(edits) == 1, f"{len(edits)} edits were accepted\n{self.story()}"
        assert len(self.received()) in received, f"{len(self.received())} edits came\n{self.story()}"
        assert self.site.document(self.service) == self.wanted_document(), self.story()
        self._judge_intent(edits[0])
        self.judge_logs()

    def _lease_age(self) -> float:
        renewed = self.bench.kubectl.get_json("lease", LEASE)["spec"]["renewTime"]
        return time.time() - datetime.fromisoformat(renewed).timestamp()

    def wanted_document(self) -> Json:
        """The service as it was, with what was declared."""
        properties = {**self.before["properties"], **self.settings.get("properties", {})}
        beside = {key: self.spec[key] for key in self.spec.keys() & {"configuredState", "provider"}}
        if "provider" in beside:
            beside["deploymentId"] = self.site.document(self.service)["deploymentId"]
        return {**self.before, **self.settings, **beside, "properties": properties}

    def judge_new_term(self, leader: Replica, known: list[Json]) -> None:
        """Waits until the leader leads again; until then no edit came but those that are `known`."""
        since = leader.leads_again()
        old = [one for one in self.received() if one["time_ms"] / 1000 + CLOCKS < since]
        assert old == known, f"sent under the old term\n{self.story()}"

    def _judge_intent(self, edit: Json) -> None:
        """It was stored before the edit came, by the operator's own account."""
        stored = [
            written_at(entry)
            for entry in self.bench.status_writes(self.name)
            if entry["responseObject"]["status"].get("journal", {}).get("phase") == "Intended"
        ]
        assert stored, f"no intent was stored\n{self.story()}"
        assert min(stored) <= edit["time_ms"] / 1000 + CLOCKS, self.story()

    def judge_logs(self) -> None:
        """No operator crashed inside. kopf may complain of what is done to it."""
        for replica in self.replicas:
            log = replica.process.log.read_text()
            assert not (found := bugs(log)), f"a bug in {replica.process.name}: {found}\n{self.story()}"

    # -- the end -------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        told = list(self._told())
        self._proxies.close()
        self.site.clear_faults()
        for hold in {one["hold"] for one in self.site.holds()}:
            self.site.release(hold, drop=True)
        resources = (*(f"{SERVICES}/{name}" for name in self._all()), f"lease/{LEASE}")
        self.bench.kubectl("delete", *resources, "--ignore-not-found", "--wait=false")
        found = outputs.search(self.bench).all_hits(told)
        assert error or not found, f"secrets of this case are in its outputs: {sorted(found)}"

    def _all(self) -> list[str]:
        return [*self.names, *self.beside]

    def _told(self) -> Iterator[outputs.Output]:
        """All that the operators of this case have told, which end here, and what they wrote."""
        for replica in self.replicas:
            yield from outputs.pages(replica.process)
            replica.process.kill()
            yield "log", replica.process.log.read_bytes()
        yield "lease", json.dumps(self.bench.api.leases()).encode()
        for name in self._all():
            yield "events", json.dumps(self.bench.api.events(name)).encode()
            yield "audit", json.dumps(self.bench.audited(name)).encode()


def bugs(log: str) -> list[str]:
    """The lines of an operator's log that tell of a crash inside."""
    ours = [line for line in log.splitlines() if not _EXPECTED.search(line)]
    return [line for line in ours if '"level": "error"' in line or "Traceback" in line]


def _rests(body: Json) -> bool:
    """Ready is True for the newest generation, and nothing is open: after a lost answer that comes later."""
    ready = condition(body).get("status") == "True" and is_current(body)
    return bool(ready and body["status"].get("journal", {}).get("phase", "Idle") == "Idle")


class Detour(Cluster):
    """The cluster, reached through a proxy by all but its administrator."""

    def __init__(self, cluster: Cluster, proxy: KubeProxy) -> None:
        super().__init__(cluster.directory, cluster.kubectl)
        self._proxy = proxy

    def service_account_kubeconfig(self, *arguments: Any, **options: Any) -> Any:
        path = super().service_account_kubeconfig(*arguments, **options)
        self._proxy.detour(path)
        return path
