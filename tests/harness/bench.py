"""A workbench: a namespace on a real API server, a simulated site, and an operator that serves the namespace.

The operator runs as its shipped ServiceAccount. Its Lease lies in the namespace of the bench, so that benches
never wait for each other; the rights to it are the shipped ones, applied there.
"""

import json
import shutil
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess, Cluster
from harness import outputs
from harness.apiserver import GROUP, ApiServer, Audit, wait_until
from harness.canaries import PLACE, canary
from harness.site import SiteControl

Json = Any
OPERATOR = f"system:serviceaccount:{parts.SYSTEM}:{parts.ACCOUNT}"
PASSWORD = canary()
PLANTED = canary()
"""Others in each run, to be found wherever they should not be; this one stands under names of secrets."""
ECHO = f"asked by {{password}} with {{token}} and password={json.dumps(PLANTED, ensure_ascii=False)}"
"""What a site says besides in each error text and in the messages of each job."""
PLANTED_MOST = 300  # services with it: thousands of requests would keep a test waiting
GROUP_NAME = GROUP.partition("/")[0]
SERVICES, SITES = "arcgisservices", "arcgissites"
FAST: Mapping[str, object] = {
    "poll_seconds": 0.2,
    "poll_max_seconds": 0.4,
    "settle_seconds": 2,
    "site_connect_seconds": 1,
    "site_read_seconds": 2,
    "site_write_seconds": 2,
    "resync_seconds": 600,
    "verify_grace_seconds": 1,
    "retry_seconds": 1,
    "backoff_seconds": 1,
    "log_level": "debug",
}
"""An operator whose every pause is short, and that tells all. Lease times and the resync stay as shipped."""
QUICK_JOBS = ("--job-seconds=0.4", "--submitted-seconds=0.2")
RUNNING = ("SUBMITTED", "EXECUTING", "CANCELLING")
AWAY = "SiteUnreachable or CircuitOpen"  # of a site that does not answer
PATIENCE = 30.0


class Workbench:
    """`site` controls the site named `prod`; more sites and operators can be started."""

    def __init__(self, cluster: Cluster, *, namespace: str = "") -> None:
        self.cluster = cluster
        self.namespace = namespace or f"bench-{uuid.uuid4().hex[:10]}"
        self.directory = Path(tempfile.mkdtemp(prefix="bench-", dir=cluster.directory))
        self.kubectl = cluster.kubectl.in_namespace(self.namespace)
        self.processes: list[ChildProcess] = []
        self.sites: dict[str, parts.Site] = {}
        self.since = 0  # the part of the site's journal that is looked at begins after this record
        self._closing: list[Callable[[], None]] = []
        self._generated = 0
        if not namespace:
            cluster.kubectl("create", "namespace", self.namespace)
        install_account(cluster)
        self.kubectl("apply", "--server-side", "-f", "-", stdin=_lease_rights(self.namespace))
        parts.allow_site_access(cluster, self.namespace)
        self.api = ApiServer(cluster, self.namespace)
        self.audit = Audit(cluster.audit_log, self.namespace)
        self.audit_begins = self.audit.size()
        self.controls: list[SiteControl] = []
        self.listens_at: dict[str, str] = defaultdict(lambda: "127.0.0.1")  # by the name of an operator

    # -- processes -----------------------------------------------------------------

    def start_site(
        self, *options: str, name: str = "prod", host: str = "127.0.0.1", port: int = 0
    ) -> SiteControl:
        """Starts a site whose jobs are quick; `register` makes it known."""
        arranged = (*QUICK_JOBS, *options)
        site = parts.start_site(self.directory, name, PASSWORD, *arranged, host=host, port=port)
        self.processes.append(site.process)
        self.sites[name] = site
        control = SiteControl(site.control)
        self._closing.append(control.close)
        self.controls.append(control)
        plant(control)
        if name == "prod":
            self.site = control
        return control

    def restart_site(self, *options: str) -> None:
        """Starts the killed site `prod` anew at its address, with its certificate; it has forgotten all."""
        before = self.sites["prod"]
        url, control = (httpx.URL(text) for text in (before.url, before.control))
        process = ChildProcess(
            "prod",
            [
                parts.BIN / "arcgis-simulator",
                f"--tls-cert={self.directory / 'prod.crt'}",
                f"--tls-key={self.directory / 'prod.key'}",
                f"--user={parts.USERNAME}",
                f"--password-env={parts.PASSWORD_VARIABLE}",
                f"--port={url.port}",
                f"--control-port={control.port}",
                *QUICK_JOBS,
                *options,
            ],
            log=self.directory / "prod.log",
            environment={parts.PASSWORD_VARIABLE: PASSWORD},
        )
        self.processes.append(process)
        self.sites["prod"] = replace(before, process=process)
        process.wait_for_json(lambda line: "control" in line, 20, "its addresses")
        plant(self.site)

    def register(self, name: str = "prod", *, alias: str = "", **spec: Json) -> None:
        """Applies the ArcGISSite of a running site, under its name or as `alias`, with Secret and CA.

        The tests that share a site would soon be asked whether so many drifts may be restored. A field that
        is given as None is left out.
        """
        for body in parts.site_objects(self.sites[name], PASSWORD, alias or name):
            whole: dict[str, Any] = dict(body)
            if body["kind"] == "ArcGISSite":
                limits = {"requestsPerSecond": 500, "maxJobs": 20}
                ours = {"limits": limits, "drift": {"massRepair": {"count": 100_000}}}
                wanted = {**whole["spec"], **ours, **spec}
                whole["spec"] = {key: value for key, value in wanted.items() if value is not None}
            self.kubectl.apply(whole)

    def meet_anew(self, **spec: Json) -> None:
        """Has the operator meet the site `prod` as if for the first time: with another Secret."""
        name = f"again-{uuid.uuid4().hex[:10]}"
        account = {"username": parts.USERNAME, "password": PASSWORD}
        metadata = {"name": name}
        self.kubectl.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": account}
        )
        self.register(credentials={"secretRef": metadata}, **spec)

    def start_operator(
        self, name: str = "operator", *, ready: bool = True, within: Sequence[str] = (), **settings: object
    ) -> ChildProcess:
        """Starts an operator with the fast settings; returns when it leads, unless not `ready`."""
        chosen = {**FAST, "namespace": self.namespace, "lease_namespace": self.namespace, **settings}
        self.operator = parts.start_operator(
            self.cluster, self.directory, name, chosen, within=within, ready=ready
        )
        self.processes.append(self.operator)
        return self.operator

    def metrics(self) -> str:
        """What the operator tells Prometheus."""
        return outputs.metrics(self.operator, self.listens_at[self.operator.name])

    def operators(self) -> list[ChildProcess]:
        """All that were started here."""
        sites = {site.process for site in self.sites.values()}
        return [process for process in self.processes if process not in sites]

    # -- resources -----------------------------------------------------------------

    def fresh_service(self) -> str:
        """The title of a service of the site (`--services`) that no other test of this bench has used."""
        self._generated += 1
        folder = (self._generated - 1) // 1000 or ""  # a thousand in each
        return f"Generated{folder}/Layer{self._generated:04}.MapServer"

    def declare(self, name: str, service: str, settings: Json, site: str = "prod", **spec: Json) -> Json:
        """Applies an ArcGISService for a service given by its title, `folder/name.type`."""
        body = resource(name, service, settings, site, **spec)
        existing = self.api.get(SERVICES, name)
        if existing is None:
            answer = self.api.create(SERVICES, body)
            assert answer.status_code == 201, answer.text
            return answer.json()
        return self.api.respecify(SERVICES, name, body["spec"])

    def get(self, name: str) -> Json:
        """The ArcGISService as it is now."""
        return self.api.get(SERVICES, name)

    def status(self, name: str) -> Json:
        return (self.get(name) or {}).get("status") or {}

    def wait(
        self,
        name: str,
        reason: str,
        *,
        seconds: float = PATIENCE,
        plural: str = SERVICES,
        also: Callable[[Json], object] = lambda body: True,
    ) -> Json:
        """Waits until Ready has this reason (`A or B`: one of them) for the newest generation, and `also`.

        Then it is in the audit log as well, which is written after the answer.
        """

        def look() -> Json | None:
            body = self.api.get(plural, name)
            there = body and ready(body) in reason.split(" or ") and is_current(body) and also(body)
            return body if there and self._is_logged(body, plural) else None

        return wait_until(look, seconds, lambda: self.story(name, plural))

    def came_to(
        self,
        name: str,
        reason: str,
        *,
        plural: str = SERVICES,
        also: Callable[[Json], object] = lambda body: True,
    ) -> Json:
        """Waits until Ready was given this reason (`A or B`: one of them), also if it has gone on since.

        Of the newest generation. For a reason that does not last; the object as it was written then.
        """

        def look() -> Json | None:
            generation = (self.api.get(plural, name) or {})["metadata"]["generation"]
            for entry in self.status_writes(name, plural):
                body = entry["responseObject"]
                if (
                    ready(body) in reason.split(" or ")
                    and condition(body)["observedGeneration"] == generation
                    and also(body)
                ):
                    return body
            return None

        return wait_until(look, PATIENCE, lambda: self.story(name, plural))

    def wait_job(self, name: str, word: str = "") -> str:
        """Waits until the status names a running job of ours (which shows `word`); its id."""

        def look() -> str:
            status = self.status(name)
            job = status.get("job", {})
            named = status.get("journal", {}).get("phase") == "Running" and word in ("", job.get("status"))
            return str(job.get("id", "")) if named else ""

        return str(wait_until(look, PATIENCE, lambda: self.story(name, SERVICES)))

    def converged(self, name: str, **options: Any) -> Json:
        """Waits for Ready=True."""
        return self.wait(name, "Converged", **options)

    def converge_on(self, name: str, service: str, settings: Json, **spec: Json) -> Json:
        """Declares, and waits for Ready=True."""
        self.declare(name, service, settings, **spec)
        return self.converged(name)

    def looked_at(self, service: str, times: int = 1, asked: Callable[[], object] = lambda: None) -> None:
        """Waits until the operator has read a service so many times more, after what was `asked`."""
        seen = self._reads(service)
        asked()
        wait_until(
            lambda: self._reads(service) >= seen + times, PATIENCE, lambda: f"{self._reads(service)} reads"
        )

    def ask_again(self, name: str) -> None:
        """Asks for one more try, as a person does."""
        self.annotate(name, requestedAt=uuid.uuid4().hex)

    def annotate(self, name: str, **values: str) -> None:
        """Sets annotations of the operator's group."""
        named = {f"{GROUP_NAME}/{key}": value for key, value in values.items()}
        self.api.merge(SERVICES, name, {"metadata": {"annotations": named}})

    # -- what was done ---------------------------------------------------------------

    def edits(self, service: str) -> list[Json]:
        """The edits of ours that the site accepted, with `document` and `job`, the oldest first."""
        return [record for record in self.accepted(service) if record["operation"] == "edit"]

    def accepted(self, service: str) -> list[Json]:
        """Those, and all other operations of ours."""
        records = self.site.journal(self.since, kind="accepted", service=service)
        return [record for record in records if record["username"] == parts.USERNAME]

    def operations(self, service: str) -> list[str]:
        """The names of those, the oldest first."""
        return [record["operation"] for record in self.accepted(service)]

    def wait_edits(self, service: str, count: int) -> None:
        """Waits until the site has accepted so many edits of ours."""
        wait_until(
            lambda: len(self.edits(service)) >= count, PATIENCE, lambda: f"{len(self.edits(service))} edits"
        )

    def wait_operations(self, service: str, count: int) -> None:
        """Waits until the site has accepted so many operations of ours."""
        wait_until(
            lambda: len(self.operations(service)) >= count, PATIENCE, lambda: str(self.operations(service))
        )

    def sent(self, service: str, name: str) -> list[Json]:
        """What our accepted edits of a service said for one property, the oldest first."""
        return [record["document"][name] for record in self.edits(service)]

    def most_jobs_at_once(self, *services: str) -> int:
        """The most jobs that ran at the same time on these services (on all when none is named)."""
        running: set[str] = set()
        most = 0
        for record in self.site.journal(self.since, kind="job"):
            if not services or record["service"] in services:
                (running.add if record["status"] in RUNNING else running.discard)(record["job"])
                most = max(most, len(running))
        return most

    def status_writes(self, name: str, plural: str = SERVICES) -> list[Json]:
        """The operator's accepted status writes to one resource, from the audit log."""
        return [entry for entry in self._tries(name, plural) if entry["responseStatus"]["code"] < 300]

    def audited(self, *names: str) -> list[Json]:
        """All requests of the operator to change these resources, accepted or refused."""
        return [entry for name in names for entry in self.audit.writes(OPERATOR, SERVICES, name)]

    def status_conflicts(self, name: str) -> int:
        """How often a status write was refused because the object had moved."""
        return sum(entry["responseStatus"]["code"] == 409 for entry in self._tries(name, SERVICES))

    def reasons(self, name: str, plural: str = SERVICES) -> list[str]:
        """The reasons a resource went through, as written; repeated ones once."""
        passed: list[str] = []
        for entry in self.status_writes(name, plural):
            reason = ready(entry["responseObject"])
            passed += [reason] if passed[-1:] != [reason] else []
        return passed

    def wait_events(self, name: str, count: int) -> list[Json]:
        """Waits until there are so many events about a resource (they are posted beside the work); all."""
        wait_until(
            lambda: len(self.api.events(name)) >= count,
            PATIENCE,
            lambda: str([event["reason"] for event in self.api.events(name)]),
        )
        return self.api.events(name)

    def wait_event(self, name: str, reason: str) -> Json:
        """Waits until there is an event of this reason about a resource; the first one."""
        told = wait_until(
            lambda: [event for event in self.api.events(name) if event["reason"] == reason],
            PATIENCE,
            lambda: str([event["reason"] for event in self.api.events(name)]),
        )
        return told[0]

    def story(self, name: str, plural: str = SERVICES) -> str:
        """How a resource stands and how it came there, to be read when a test fails."""
        body = self.api.get(plural, name) or {}
        conditions = body.get("status", {}).get("conditions")
        log = self.operator.log_tail(8) if hasattr(self, "operator") else ""
        return f"{' → '.join(self.reasons(name, plural))}\n{conditions}\n{log}"

    # -- inside ----------------------------------------------------------------------

    def _tries(self, name: str, plural: str) -> list[Json]:
        tried = self.audit.writes(OPERATOR, plural, name)
        return [entry for entry in tried if entry["objectRef"].get("subresource") == "status"]

    def _is_logged(self, body: Json, plural: str) -> bool:
        writes = self.status_writes(body["metadata"]["name"], plural)
        return any(entry["responseObject"]["status"] == body["status"] for entry in reversed(writes))

    def _reads(self, service: str) -> int:
        """Of the service, or of its folder with all that is in it."""
        single = self.site.journal(self.since, kind="request", service=service, operation="service")
        return len(single) + len(self.site.journal(self.since, kind="request", operation="folder"))

    def close(self) -> None:
        """Takes all down. Raises when an operator told a secret."""
        try:
            search, shown = outputs.search(self), list(outputs.shown(self))
        finally:
            self._stop()
        found = search.all_hits((*shown, *outputs.written(self)))
        shutil.rmtree(self.directory, ignore_errors=True)
        assert not found, f"secrets of this bench are in its outputs: {sorted(found)}"

    def _stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for close in (*self._closing, self.api.close):
            close()
        self.cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()


def plant(site: SiteControl) -> None:
    """Puts secrets into all that the site says.

    One that nobody declares into the live documents, as a connection string of a data source, and so into the
    results of jobs; the same, the account's password and the token into error texts and messages of jobs.
    """
    site.echo(ECHO)
    documents = site.world()["services"]
    having = [title for title, document in documents.items() if "properties" in document]
    for title in having[:PLANTED_MOST]:
        secret = f"SERVER=db.example.com;USER=gis;PASSWORD={PLANTED}"
        site.drift(title, {PLACE: secret})


def resource(name: str, service: str, settings: Json, site: str = "prod", **spec: Json) -> Json:
    """An ArcGISService for a service given by its title."""
    folder, _, rest = service.rpartition("/")
    title, _, kind = rest.rpartition(".")
    where = {"folder": folder} if folder else {}
    return {
        "apiVersion": GROUP,
        "kind": "ArcGISService",
        "metadata": {"name": name},
        "spec": {
            "siteRef": {"name": site},
            "service": {**where, "name": title, "type": kind},
            "settings": settings,
            **spec,
        },
    }


def condition(body: Json, kind: str = "Ready") -> Json:
    """One condition of an object, empty when it has none of this type."""
    conditions = (body.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), {})


def ready(body: Json) -> str:
    """The reason of Ready."""
    return str(condition(body).get("reason", ""))


def is_current(body: Json) -> bool:
    """Ready speaks of the newest generation."""
    return bool(condition(body).get("observedGeneration") == body["metadata"]["generation"])


def install_account(cluster: Cluster) -> None:
    """Applies the operator's account and rights, once for each cluster."""
    marker = cluster.directory / "account-installed"
    if not marker.exists():
        cluster.kubectl("apply", "--server-side", "-k", str(parts.ROOT / "manifests" / "rbac" / "cluster"))
        marker.touch()


def _lease_rights(namespace: str) -> str:
    """The shipped rights to the Lease, for another namespace."""
    path = parts.ROOT / "manifests" / "rbac" / "account" / "lease.yaml"
    bodies = list(yaml.safe_load_all(path.read_text()))
    for body in bodies:
        body["metadata"]["namespace"] = namespace
    return str(yaml.safe_dump_all(bodies))
