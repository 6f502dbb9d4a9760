"""The site as web pages, so that a person can click from the root to a job.

Source: every page: ``f`` defaults to html. Assumed: how the pages look.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote

import jinja2
import markupsafe

from arcgis_simulator import jsontext
from arcgis_simulator.api import groups
from arcgis_simulator.api.addresses import Address
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.api.table import OPERATIONS, PORTAL
from arcgis_simulator.errors import SiteError

Link = tuple[str, str]

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("arcgis_simulator"), autoescape=True, undefined=jinja2.StrictUndefined
)
# Form fields of the operations: name, and what the browser shows first.
ALWAYS_HTML = ("authorize", "code", "signin")  # pages to sign in at, whatever `f` says
_BOOLEANS = ("false", "true")


def render(call: Call, reply: Reply) -> str:
    """A page for what a handler answered."""
    if reply.page == "signin":
        return _page("signin.html", call, next=call.fields.get("next", call.raw_path), error=None)
    if reply.page in ALWAYS_HTML:
        script = json.dumps(reply.body).replace("<", "\\u003c")
        value = markupsafe.Markup(script)  # noqa: S704 # nosec B704 - it is no markup
        styled = call.world.switches.sign_in_page == "styled"
        return _page(f"{reply.page}.html", call, value=value, code=reply.body.get("code", ""), styled=styled)
    if reply.page == "operation":
        return _page("operation.html", call, fields=_fields(call))
    sections = _SECTIONS.get(call.address.operation, _no_sections)(call, reply)
    return _page("resource.html", call, value=reply.body, sections=sections)


def render_error(call: Call, error: SiteError) -> str:
    """The sign-in page where a token is missing, else the error."""
    if error.code in (498, 499) or call.address.operation == "login":
        wanted = call.fields.get("next", call.raw_path)
        said = None if error.code == 499 else " ".join([error.message, *error.details])
        return _page("signin.html", call, next=wanted, error=said)
    body = error.body(call.world.switches)
    return _page("resource.html", call, value=body, sections=[])


def _page(template: str, call: Call, **values: Any) -> str:
    crumbs = _crumbs(call)
    shared = {
        "admin": f"/{call.world.context}/admin",
        "path": call.raw_path,
        "title": crumbs[-1][0],
        "crumbs": crumbs,
        "username": call.username,
    }
    return _TEMPLATES.get_template(template).render(**shared, **values)


def _crumbs(call: Call) -> list[Link]:
    path = f"/{call.world.context}/admin"
    crumbs = [("Home", path)]
    for segment in _segments(call.address, call.raw_path):
        path = f"{path}/{quote(segment, safe='')}"
        crumbs.append((segment, path))
    return crumbs


def _segments(address: Address, raw_path: str) -> list[str]:
    if address.operation in ("unknown", "token", *PORTAL):
        return []
    if address.job:
        return ["jobs", address.job]
    return [unquote(part) for part in raw_path.strip("/").split("/")[2:]]


def _links(call: Call, *names: str) -> list[Link]:
    base = call.raw_path.rstrip("/")
    return [(name, f"{base}/{'/'.join(quote(part, safe='') for part in name.split('/'))}") for name in names]


Sections = list[tuple[str, list[Link]]]


def _no_sections(call: Call, reply: Reply) -> Sections:
    job = reply.job
    return [("Job", [(job, f"/{call.world.context}/admin/jobs/{job}")])] if job else []


def _root(call: Call, reply: Reply) -> Sections:
    return [("Resources", _links(call, *reply.body["resources"]))]


def _folder(call: Call, reply: Reply) -> Sections:
    names = [f"{service['serviceName']}.{service['type']}" for service in reply.body["services"]]
    folders = _links(call, *reply.body.get("folders", []))
    return [("Folders", folders), ("Services", _links(call, *names))]


def _service(call: Call, reply: Reply) -> Sections:
    operations = _links(call, "edit", "start", "stop", "delete", "changeProvider")
    children = _links(call, "status", "iteminfo", "scaling", "placementPolicy")
    return [("Child resources", children), ("Supported operations", operations)]


def _jobs(call: Call, reply: Reply) -> Sections:
    return [("Jobs", _links(call, *reply.body["jobs"]))]


def _job(call: Call, reply: Reply) -> Sections:
    resource = reply.body["operationURI"].rpartition("/")[0]
    return [("Service", [(resource, quote(resource))])]


_SECTIONS = {
    "root": _root,
    "services": _folder,
    "folder": _folder,
    "service": _service,
    "scaling": lambda call, reply: [("Supported operations", _links(call, "edit"))],
    "mode": lambda call, reply: [("Supported operations", _links(call, "update"))],
    "jobs": _jobs,
    "job": _job,
}


_TEXTS: dict[str, tuple[str, ...]] = {
    "exists": ("folderName", "serviceName", "type"),
    "createFolder": ("folderName",),
    "canCreateService": ("serviceType", "folderName"),
    "createService": ("serviceJson",),
    "services/properties/update": ("properties",),
    "findServiceIds": groups.ID_FILTERS,
    "findServices": tuple(groups.FILTERS),
    "getServicesById": ("serviceIDs",),
    "refreshAllServices": (),
}


def _fields(call: Call) -> list[dict[str, Any]]:
    """The fields of an operation's form: a text area, a choice, or a line of text."""
    operation = call.address.operation
    fields: list[dict[str, Any]] = []
    if operation == "edit":
        document = call.world.document(call.service())
        fields.append({"name": "service", "text": jsontext.dumps(document, pretty=True)})
    elif operation == "scaling/edit":
        spec = {"scalingSpec": call.world.catalogue.scaling(call.service())}
        fields.append({"name": "serviceScalingSpec", "text": jsontext.dumps(spec, pretty=True)})
    elif operation == "changeProvider":
        return [{"name": "provider", "choices": ("ArcObjects11", "DMaps")}]
    elif operation == "deleteServices":
        fields.append({"name": "services"})
    elif operation in _TEXTS:
        return [{"name": name} for name in _TEXTS[operation]]
    elif operation == "mode/update":
        return [{"name": "isReadOnly", "choices": _BOOLEANS}, {"name": "message"}]
    return [*fields, {"name": "async", "choices": _BOOLEANS[::-1]}] if operation in OPERATIONS else fields
