"""The strings behind the scene: time, jobs, drift, faults, holds, users, switches, and the journal.

Plain HTTP and JSON on a port of its own, which no client of the site may reach. ``GET /`` lists
everything. An answer is 200 with JSON, 400 for a request that makes no sense, 404 for what is not there.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arcgis_simulator import jobs as job_form
from arcgis_simulator import jsontext, openapi
from arcgis_simulator.api.admin import DEFAULT_READ_ONLY
from arcgis_simulator.catalogue import Service
from arcgis_simulator.documents import changed
from arcgis_simulator.echo import Echo
from arcgis_simulator.jobs import Job, Plan
from arcgis_simulator.site import Site
from arcgis_simulator.switches import choices
from arcgis_simulator.tokens import User

Body = dict[str, Any]
LONGEST_PAGE = 5000


class NotThereError(LookupError):
    """The control names something that does not exist."""


class Control:
    """The answers of the control port; each public method says in its first line what it is for."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.world = site.world

    def index(self, request: Request, body: Body) -> Any:
        """This list."""
        routes = [f"{method} {path}: {_sentence(name)}" for method, path, name in ROUTES]
        switches = {name: [getattr(self.world.switches, name), words] for name, words in choices().items()}
        return {"routes": routes, "switches": switches}

    def stats(self, request: Request, body: Body) -> Any:
        """Counts of accepted edits and of restarts, in all and for each service, with the ids of its jobs;
        the newest record of the journal."""
        jobs: dict[str, list[str]] = {}
        for job in self.world.jobs.jobs.values():
            jobs.setdefault(job.service, []).append(job.jobid)
        held = self.world.catalogue.services.values()
        return {
            "seq": self.site.journal.newest,
            "edits": sum(service.edits for service in held),
            "restarts": sum(service.restarts for service in held),
            "services": {service.title: _counts(service, jobs.get(service.key, [])) for service in held},
        }

    def journal(self, request: Request, body: Body) -> Any:
        """The records after ?after=<seq>, at most ?limit=<n> (5000)."""
        query = request.query_params
        limit = min(int(query.get("limit", LONGEST_PAGE)), LONGEST_PAGE)
        return self.site.journal.after(int(query.get("after", "0")), limit)

    def openapi(self, request: Request, body: Body) -> Any:
        """The site's API as an OpenAPI document."""
        return openapi.document(self.world.context)

    def see(self, request: Request, body: Body) -> Any:
        """Everything the site holds: time, mode, documents, deployments, jobs, users without passwords."""
        world = self.world
        return {
            "now_ms": world.now_ms,
            "read_only": world.read_only,
            "services": {service.title: service.document for service in world.catalogue.services.values()},
            "deployments": world.catalogue.deployments,
            "jobs": [job_form.resource(job, world.switches) for job in world.jobs.jobs.values()],
            "users": {user.username: user.role for user in world.tokens.users.values()},
            "switches": dataclasses.asdict(world.switches),
        }

    def services(self, request: Request, body: Body) -> Any:
        """What services the site has, `folder/name.type`."""
        return sorted(service.title for service in self.world.catalogue.services.values())

    def clock(self, request: Request, body: Body) -> Any:
        """Moves the time forward: {"advance": seconds}."""
        self.site.clock.advance(body["advance"])
        self.site.tick()
        return {"now_ms": self.world.now_ms}

    def finish_job(self, request: Request, body: Body) -> Any:
        """Ends a job now: {"outcome", "messages"?: [], "result"?: {}}, or shows {"status": any word}."""
        job = self._job(request)
        if "status" in body:
            self.world.jobs.show(job, body["status"])
        else:
            self.world.jobs.finish(job, body["outcome"], body.get("result"), body.get("messages"))
        return job_form.resource(job, self.world.switches)

    def next_job(self, request: Request, body: Body) -> Any:
        """Says how the next job goes: {"hang": true | "outcome", "seconds", "submitted_seconds",
        "unavailable", "messages", "result", "service"?, "times"?}."""
        service = self._service(body["service"]).key if body.get("service") else None
        self.world.jobs.arrange(_plan(body), service, body.get("times", 1))
        return {"arranged": body.get("times", 1)}

    def foreign_job(self, request: Request, body: Body) -> Any:
        """An edit by somebody else: {"service", "username"?, "document"?: {path: value}}, and as for the next
        job: "seconds", "hang", ..."""
        service = self._service(body["service"])
        document = changed(service.document, body.get("document", {}))
        job = self.world.foreign_edit(service, body.get("username", "colleague"), document, _plan(body))
        return {"jobid": job.jobid}

    def forget_job(self, request: Request, body: Body) -> Any:
        """The site forgets a job: its address answers as unknown, no list shows it, but its work goes on."""
        self.world.jobs.forget(self._job(request))
        return {}

    def unavailable_job(self, request: Request, body: Body) -> Any:
        """The next {"times": n} reads of a job answer UNAVAILABLE."""
        self._job(request).unavailable = body.get("times", 1)
        return {}

    def lag_jobs(self, request: Request, body: Body) -> Any:
        """New jobs appear in the list only after {"seconds": s}."""
        return self.switch(request, {"jobs_lag_seconds": body["seconds"]})

    def drift(self, request: Request, body: Body) -> Any:
        """Changes a document past the API: {"service", "set"?: {"properties.maxRecordCount": "5"},
        "remove"?: [paths]}."""
        service = self._service(body["service"])
        return self.world.drift(service, body.get("set", {}), body.get("remove", []))

    def add_service(self, request: Request, body: Body) -> Any:
        """Adds a service: {"document": {"serviceName", "type", ...}, "deployments"?: [types]}."""
        return self.world.add_service(body["document"], body.get("deployments")).document

    def remove_service(self, request: Request, body: Body) -> Any:
        """Removes a service."""
        self.world.remove_service(self._service(request.path_params["title"]))
        return {}

    def set_user(self, request: Request, body: Body) -> Any:
        """Sets a user: {"username", "password", "role"?: administrator | publisher | viewer}."""
        self.world.set_user(User(body["username"], body["password"], body.get("role", "administrator")))
        return {}

    def list_tokens(self, request: Request, body: Body) -> Any:
        """Every token that was ever given, for those who look for them where they must not be."""
        return list(self.site.world.tokens.given)

    def expire_tokens(self, request: Request, body: Body) -> Any:
        """Makes every token invalid."""
        return {"expired": self.world.tokens.expire_all()}

    def switch(self, request: Request, body: Body) -> Any:
        """Changes switches: {name: value}."""
        self.world.switches = self.world.switches.changed(body)
        return dataclasses.asdict(self.world.switches)

    def mode(self, request: Request, body: Body) -> Any:
        """Read-only mode: {"isReadOnly": true, "message"?: text}."""
        self.world.read_only = body.get("message", DEFAULT_READ_ONLY) if body["isReadOnly"] else None
        return {}

    def echo(self, request: Request, body: Body) -> Any:
        """What stands besides in each error text and in each job, planted ones too: {"text"}, in which
        {token} and {password} are those of the request that is answered."""
        self.site.echo = Echo(body["text"])
        return {}

    def add_fault(self, request: Request, body: Body) -> Any:
        """Breaks requests: {"match"?: {"method", "path" (regular expression), "operation", "service"},
        "skip"?: 0, "times"?: 1 or null for ever, "when"?: "before" | "instead" | "after",
        "do": {"delay"?: seconds, "hold"?: name, and at most one ending: "drop": true | "reset": true |
        "hang": true | an answer of "status", "headers", and one of "json", "body", "html": true}}.
        "before" and "instead": with an ending the site never processes the request; "after": it does,
        and the ending takes the place of its answer."""
        return {"id": self.site.faults.add(body).id}

    def list_faults(self, request: Request, body: Body) -> Any:
        """The rules, with how often each has acted."""
        return [{"id": rule.id, "hits": rule.hits, **rule.spec} for rule in self.site.faults.rules]

    def clear_faults(self, request: Request, body: Body) -> Any:
        """Removes all rules; what waits at a hold goes on waiting."""
        self.site.faults.clear()
        return {}

    def list_holds(self, request: Request, body: Body) -> Any:
        """The requests that wait at a hold."""
        return [{"hold": parked.hold, **parked.facts} for parked in self.site.holds]

    def release(self, request: Request, body: Body) -> Any:
        """Lets go what waits at a hold, or closes its connections: {"drop": true}."""
        return {"released": self.site.holds.release(request.path_params["name"], drop=bool(body.get("drop")))}

    def _service(self, title: str) -> Service:
        folder, _, name = title.rpartition("/")
        service = self.world.catalogue.find(folder, name)
        if service is None:
            raise NotThereError(f"there is no service {title!r}")
        return service

    def _job(self, request: Request) -> Job:
        job = self.world.jobs.jobs.get(request.path_params["id"])
        if job is None:
            raise NotThereError(f"there is no job {request.path_params['id']!r}")
        return job


ROUTES = [
    ("GET", "/", "index"),
    ("GET", "/stats", "stats"),
    ("GET", "/journal", "journal"),
    ("GET", "/world", "see"),
    ("GET", "/openapi.json", "openapi"),
    ("GET", "/services", "services"),
    ("POST", "/clock", "clock"),
    ("POST", "/jobs/next", "next_job"),
    ("POST", "/jobs/foreign", "foreign_job"),
    ("POST", "/jobs/lag", "lag_jobs"),
    ("POST", "/jobs/{id}", "finish_job"),
    ("POST", "/jobs/{id}/forget", "forget_job"),
    ("POST", "/jobs/{id}/unavailable", "unavailable_job"),
    ("POST", "/drift", "drift"),
    ("POST", "/services", "add_service"),
    ("DELETE", "/services/{title:path}", "remove_service"),
    ("POST", "/users", "set_user"),
    ("GET", "/tokens", "list_tokens"),
    ("POST", "/tokens/expire", "expire_tokens"),
    ("POST", "/switches", "switch"),
    ("POST", "/mode", "mode"),
    ("POST", "/echo", "echo"),
    ("GET", "/faults", "list_faults"),
    ("POST", "/faults", "add_fault"),
    ("DELETE", "/faults", "clear_faults"),
    ("GET", "/holds", "list_holds"),
    ("POST", "/holds/{name}/release", "release"),
]


def create_control(site: Site) -> Starlette:
    """The control port of a site, an ASGI application."""
    control = Control(site)
    return Starlette(
        routes=[
            Route(path, _endpoint(site, getattr(control, name)), methods=[method])
            for method, path, name in ROUTES
        ]
    )


def _endpoint(site: Site, act: Callable[[Request, Body], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        site.tick()
        try:
            text = await request.body()
            return _answer(act(request, jsontext.loads(text) if text else {}))
        except NotThereError as error:
            return _answer({"error": str(error)}, 404)
        except KeyError as error:
            return _answer({"error": f"{error} is missing"}, 400)
        except (ValueError, TypeError, AttributeError) as error:
            return _answer({"error": str(error)}, 400)

    return endpoint


def _answer(value: Any, status: int = 200) -> Response:
    return Response(jsontext.encode(value), status, {"content-type": "application/json;charset=utf-8"})


def _counts(service: Service, jobs: list[str]) -> dict[str, Any]:
    return {"edits": service.edits, "restarts": service.restarts, "jobs": jobs}


def _plan(body: Body) -> Plan:
    hangs = body.get("hang", False)
    return Plan(
        outcome=None if hangs else body.get("outcome", "COMPLETED"),
        seconds=body.get("seconds"),
        submitted_seconds=body.get("submitted_seconds"),
        unavailable_reads=body.get("unavailable"),
        messages=body.get("messages"),
        result=body.get("result"),
    )


def _sentence(name: str) -> str:
    return " ".join((inspect.getdoc(getattr(Control, name)) or "").split())
