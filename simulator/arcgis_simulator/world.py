"""The site itself: services, jobs, users and mode, without a clock and without input or output.

Time comes in through ``advance``; what happens goes out through ``emit``. The
web addresses are in ``api``, the strings a test may pull in ``control``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arcgis_simulator import deeds, documents, jsontext, scaling, seed
from arcgis_simulator.catalogue import Catalogue, Service
from arcgis_simulator.documents import Document
from arcgis_simulator.errors import SiteError, service_busy
from arcgis_simulator.ids import Ids
from arcgis_simulator.jobbook import JobBook
from arcgis_simulator.jobs import Job, Plan, Work
from arcgis_simulator.oauth import OAuth
from arcgis_simulator.schedule import Schedule
from arcgis_simulator.switches import Switches
from arcgis_simulator.tokens import Tokens, User

# Source: Change Provider page: only these two can be asked for.
PROVIDERS = ("ArcObjects11", "DMaps")
# Source: Service and Providers pages. Assumed: there are no others.
ALL_PROVIDERS = (*PROVIDERS, "SDS", "CUSTOMDATA")
# Source: service modes page: services of these types can be shared.
SHAREABLE = ("FeatureServer", "MapServer", "TileServer", "VectorTileServer", "ImageServer")


class World:
    """One site. Call ``advance`` with the time before anything else is asked of it."""

    def __init__(
        self,
        *,
        context: str = "arcgis",
        switches: Switches | None = None,
        ids_from: str = "seed",
        generated: int = 0,
    ) -> None:
        self.context = context
        self.switches = switches or Switches()
        self.ids = Ids(ids_from)
        self.schedule = Schedule()
        self.catalogue = Catalogue(self.ids)
        self.tokens = Tokens(self.ids)
        self.oauth = OAuth(self.ids, self.tokens)
        self.jobs = JobBook(self.schedule, lambda: self.switches, self._apply, self._emit)
        self.read_only: str | None = None  # the message, while the site is read-only
        self.prefers_shared = True  # Source: Services Properties page: the default
        self.own_name = ""  # the address by which the site was first asked
        self.emit: Any = lambda kind, **facts: None
        seed.plant(self.catalogue, generated=generated)

    @property
    def now_ms(self) -> int:
        return self.schedule.now_ms

    def advance(self, now_ms: int) -> None:
        """Lets everything happen that is due until now (epoch ms)."""
        self.schedule.advance(now_ms)

    # -- operations -------------------------------------------------------------

    def submit(self, service: Service, work: Work, username: str, *, asynchronous: bool) -> Job | None:
        """Accepts an operation: applies it at once, or makes a job. Raises :class:`SiteError` if busy."""
        self._refuse_if_busy(service)
        plan = self.jobs.plan_for(service.key) if asynchronous else None
        return self._accept(service, work, username, plan)

    def submit_group(self, work: Work, username: str, *, asynchronous: bool) -> Job | None:
        """The same for an operation on several services."""
        return self._accept(None, work, username, self.jobs.plan_for("") if asynchronous else None)

    def foreign_edit(self, service: Service, username: str, document: Document, plan: Plan) -> Job:
        """An edit by somebody else, which came in past our door."""
        job = self._accept(service, Work("edit", document), username, plan)
        if job is None:
            raise AssertionError("an operation with a plan is a job")
        return job

    def check_edit(self, service: Service, submitted: Any) -> Work:
        return Work("edit", documents.check_submitted(service.document, submitted, self.switches))

    def check_scaling(self, service: Service, spec: Any) -> Work:
        return Work("scaling/edit", scaling.check(self.catalogue, service, spec))

    def change_provider(self, service: Service, provider: str, username: str) -> None:
        """Switches between shared and dedicated. Source: Change Provider page."""
        current = service.document.get("provider")
        allowed = service.document["type"] in SHAREABLE or provider != "DMaps"
        if provider not in PROVIDERS or current not in PROVIDERS or not allowed:
            text = f"Changing the provider of the service '{service.title}' to '{provider}' is not permitted."
            raise SiteError(500, text, documented="A")
        self._refuse_if_busy(service)
        self._accept(service, Work("changeProvider", provider), username, None)

    def status(self, service: Service) -> dict[str, str]:
        """Source: Service Status page (fields). Assumed: STOPPED for a moment while it restarts."""
        runs = service.started and service.restarting_until_ms <= self.now_ms
        configured = str(service.document.get("configuredState", "STOPPED"))
        return {"configuredState": configured, "realTimeState": "STARTED" if runs else "STOPPED"}

    def document(self, service: Service) -> Document:
        """The document as a client reads it now; under ``stale_read_seconds`` the former one for a while."""
        stale_until_ms = service.changed_ms + self.switches.stale_read_seconds * 1000
        if service.former is not None and self.now_ms < stale_until_ms:
            return service.former
        return service.document

    # -- what only a test can do ------------------------------------------------

    def drift(self, service: Service, sets: Mapping[str, Any], removes: Iterable[str] = ()) -> Document:
        """Changes a document behind everybody's back. Raises ``ValueError`` for a path that leads nowhere."""
        self.replace(service, documents.changed(service.document, sets, removes))
        self.emit("drift", service=service.title, paths=[*sets, *removes])
        return service.document

    def add_service(self, given: Document, deployments: list[str] | None = None) -> Service:
        return self.catalogue.add(seed.complete(self.catalogue, given), deployments)

    def create_service(self, given: Document) -> Service:
        """Source: Services Properties page: what can be shared is, unless dedicated ones are preferred."""
        shared = self.prefers_shared and given["type"] in SHAREABLE
        return self.add_service({"provider": PROVIDERS[shared], **given})

    def remove_service(self, service: Service) -> None:
        del self.catalogue.services[service.key]
        self.emit("deleted", service=service.title)

    def set_user(self, user: User) -> None:
        self.tokens.set_user(user)

    # -- inside -----------------------------------------------------------------

    def _accept(self, service: Service | None, work: Work, username: str, plan: Plan | None) -> Job | None:
        if service is not None:
            service.edits += work.operation == "edit"
        job = None if plan is None else self._new_job(service, work, username, plan)
        facts = {"digest": jsontext.digest(work.payload), "document": jsontext.raw(work.payload)}
        jobid = job.jobid if job else None
        title = service.title if service else ""
        self.emit("accepted", operation=work.operation, service=title, username=username, job=jobid, **facts)
        if job is None:
            self._do(service, work, None)
            return None
        if self.switches.edit_applied == "submit" and job.plan.outcome in ("COMPLETED", None):
            self._do(service, work, job)
        self.jobs.submit(job)
        return job

    def _refuse_if_busy(self, service: Service) -> None:
        if self.switches.busy == "refuse" and self.jobs.running(service.key):
            raise service_busy(str(service.document["serviceName"]), service.folder)

    def _new_job(self, service: Service | None, work: Work, username: str, plan: Plan) -> Job:
        path = ["services", *([service.title] if service else []), work.operation]
        return Job(
            jobid=self.ids.job(),
            service=service.key if service else "",
            service_name=str(service.document["serviceName"]) if service else "services",
            title=service.title if service else "",
            uri=f"/{self.context}/admin/{'/'.join(path)}",
            username=username,
            work=work,
            plan=plan,
            start_ms=self.now_ms,
            updated_ms=self.now_ms,
        )

    def _apply(self, job: Job, outcome: str) -> Any:
        """Does the work of a job that ends, as far as its outcome and the switches allow."""
        if not job.service:
            return self._apply_group(job, outcome)
        service = self.catalogue.services.get(job.service)
        if service is None:
            return None
        extent = "everything" if outcome == "COMPLETED" else self.switches.failed_edit_applies
        if extent != "nothing" and not job.applied:
            part = extent == "part" and job.work.operation == "edit"
            payload = documents.part_of(service.document, job.work.payload) if part else job.work.payload
            self._do(service, Work(job.work.operation, payload), job)
        return {"service": service.document} if self.switches.completed_result == "service" else None

    def _apply_group(self, job: Job, outcome: str) -> Any:
        if outcome == "COMPLETED" and not job.applied:
            self._do(None, job.work, job)
        return None

    def _do(self, service: Service | None, work: Work, job: Job | None) -> None:
        if job is not None:
            job.applied = True
        if service is None:
            deeds.OF_GROUP[work.operation](self, work.payload)
            return
        restart = deeds.OF_SERVICE[work.operation](self, service, work.payload)
        digest = jsontext.digest(service.document)
        jobid = job.jobid if job else None
        self.emit("applied", operation=work.operation, service=service.title, job=jobid, digest=digest)
        if restart and service.started:
            self.restart(service, jobid)

    def restart(self, service: Service, jobid: str | None) -> None:
        service.restarts += 1
        if not self.switches.job_waits_for_restart:
            service.restarting_until_ms = self.now_ms + round(self.switches.restart_seconds * 1000)
        self.emit("restarted", service=service.title, job=jobid)

    def replace(self, service: Service, document: Document) -> None:
        service.former, service.document, service.changed_ms = service.document, document, self.now_ms

    def _emit(self, kind: str, **facts: Any) -> None:
        self.emit(kind, **facts)
