"""The site's API as an OpenAPI 3.1 document, made from the tables that serve it.

Addresses and handlers are those of ``api``, and a handler's own words, with its ``Source:``, are what the
document says of it. Only what no table has stands here and in ``schemas.json``: fields and answers.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from arcgis_simulator.api import groups, table
from arcgis_simulator.api.addresses import templates
from arcgis_simulator.api.call import COOKIE
from arcgis_simulator.world import PROVIDERS

Schema = dict[str, Any]

FORM, JSON, HTML = "application/x-www-form-urlencoded", "application/json", "text/html"
ERRORS = ("ErrorA", "ErrorB")
_ABOUT = (
    "Made from what the simulator serves. An error comes with HTTP 200, in form A or B, unless the switches"
    " say otherwise; HEAD answers as GET. A POST may carry its token as the form field `token`."
)
_READ_BY_POST = "Assumed: may be read with POST as well, as Esri's clients do with long queries."
_PAGE_ONLY = ("login", "oauth2/authorize")  # GET of these is a page, whatever `f` says


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Schema = {"type": "string"}
_NEEDED: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean", "default": False}
_MINUTES: Schema = {"type": "integer", "minimum": 1, "description": "minutes"}
_SIGN_IN: dict[str, Schema] = {"username": _NEEDED, "password": _NEEDED}
_FORMAT: Schema = {"enum": ["html", "json", "pjson"], "default": "html"}

_NAMES: dict[str, Schema] = {
    "folder": {"type": "string", "pattern": "^[^/. ]+$"},
    "name": {"type": "string", "pattern": "^[^/]+$"},
    "type": {"type": "string", "pattern": "^[A-Za-z]+Server$"},
    "job": _ref("JobId"),
    "user": {"type": "string", "pattern": "^[^/]+$"},
}

# Fields beside `f` and `token`: of a GET in the query, of a POST in the form. A reference means JSON text.
_FIELDS: dict[str, dict[str, Schema]] = {
    "token": {
        **_SIGN_IN,
        "client": {"enum": ["referer", "ip", "requestip"]},
        "referer": _TEXT,
        "ip": _TEXT,
        "expiration": _MINUTES,
    },
    "login": {**_SIGN_IN, "next": _TEXT},
    "oauth2/authorize": {
        "response_type": {"enum": ["token", "code"]},
        "redirect_uri": _NEEDED,
        "client_id": _TEXT,
        "state": _TEXT,
    },
    "oauth2/signin": {**_SIGN_IN, "oauth_state": _NEEDED, "expiration": _MINUTES},
    "oauth2/token": {"grant_type": {"const": "authorization_code"}, "code": _NEEDED, "expiration": _MINUTES},
    "mode/update": {"isReadOnly": _FLAG, "message": _TEXT},
    "exists": {"folderName": _TEXT, "serviceName": _TEXT, "type": _TEXT},
    "createFolder": {"folderName": {"type": "string", "pattern": "^[^/ ]+$"}},
    "canCreateService": {"serviceType": _TEXT, "folderName": _TEXT},
    "createService": {"serviceJson": _ref("NewService")},
    "edit": {"service": _ref("Settings"), "async": _FLAG},
    "scaling/edit": {"serviceScalingSpec": _ref("Scaling"), "async": _FLAG},
    "start": {"async": _FLAG},
    "stop": {"async": _FLAG},
    "delete": {"async": _FLAG},
    "services/properties/update": {"properties": _ref("ServicesProperties")},
    "findServiceIds": dict.fromkeys(groups.ID_FILTERS, _TEXT),
    "findServices": dict.fromkeys(groups.FILTERS, _TEXT),
    "getServicesById": {"serviceIDs": _NEEDED},
    "deleteServices": {"services": _ref("ServiceNames"), "async": _FLAG},
    "refreshAllServices": {},
    "changeProvider": {"provider": {"enum": list(PROVIDERS)}},
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "token": ("username", "password"),
    "login": ("username", "password"),
    "oauth2/authorize": ("response_type", "redirect_uri"),
    "oauth2/signin": ("username", "password", "oauth_state"),
    "oauth2/token": ("grant_type", "code"),
    "createFolder": ("folderName",),
    "createService": ("serviceJson",),
    "services/properties/update": ("properties",),
    "getServicesById": ("serviceIDs",),
    "deleteServices": ("services",),
    "edit": ("service",),
    "scaling/edit": ("serviceScalingSpec",),
    "changeProvider": ("provider",),
}
# What an operation answers as JSON, where it does not refuse; the pages that sign in answer none.
_ANSWERS = {
    **dict.fromkeys(("changeProvider", "createFolder", "createService"), "Success"),
    **dict.fromkeys(("canCreateService", "mode/update", "services/properties/update"), "Success"),
    **dict.fromkeys(("edit", "scaling/edit", "start", "stop", "delete"), "Accepted"),
    **dict.fromkeys(("deleteServices", "refreshAllServices"), "Accepted"),
    **dict.fromkeys(("findServices", "getServicesById"), "FoundServices"),
    "findServiceIds": "FoundIds",
    "iteminfo": "ItemInfo",
    "placementPolicy": "PlacementPolicy",
    "system/upgrades": "Upgrades",
    **dict.fromkeys(("myself", "user"), "User"),
    "token": "Token",  # nosec B105 - the name of a schema
    "info": "Info",
    "sharing": "PortalVersion",
    "oauth2/token": "OAuthToken",
    "portal": "Portal",
    "root": "Root",
    "mode": "Mode",
    "services": "RootFolder",
    "folder": "Folder",
    "service": "Service",
    "status": "Status",
    "scaling": "Scaling",
    "exists": "Exists",
    "services/properties": "ServicesProperties",
    "services/types": "Types",
    "services/types/providers": "Providers",
    "services/types/extensions": "Extensions",
    "service jobs": "ToolJobs",
    "service jobs/query": "FoundToolJobs",
    "jobs": "Jobs",
    "job": "Job",
}
_GOES_ON = {"login": "303", "oauth2/signin": "302"}

_SECURITY: dict[str, Schema] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "esri": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Esri-Authorization",
        "description": "Bearer <token>",
    },
    "query": {"type": "apiKey", "in": "query", "name": "token"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Assumed: of a browser."},
}


@functools.cache
def document(context: str) -> Mapping[str, Any]:
    """The document of a site under this context."""
    paths: dict[str, dict[str, Any]] = {}
    for path, operation in templates():
        paths[path] = {
            method.lower(): _operation(path, operation, method, handler)
            for method in ("GET", "POST")
            if (handler := table.handler_of(method, operation)) is not None
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Simulated ArcGIS Enterprise site", "version": "1", "description": _ABOUT},
        "servers": [{"url": f"/{context}"}],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": _SECURITY},
    }


def _operation(path: str, operation: str, method: str, handler: table.Handler) -> dict[str, Any]:
    form_page = method == "GET" and operation in table.OPERATIONS
    by_post = method == "POST" and table.handler_of("GET", operation) is handler
    said = inspect.getdoc(handler) or ""
    described: dict[str, Any] = {
        "summary": operation,
        "description": f"{said}\n\n{_READ_BY_POST}" if by_post else said,
        "tags": [handler.__module__.rpartition(".")[2]],
        "security": _security(operation),
        "parameters": [*_path_parameters(path), *_query(operation, method, form_page)],
        "responses": _responses(path, operation, method, form_page),
    }
    if method == "POST":
        described["requestBody"] = _body({} if by_post else _FIELDS[operation], operation)
    return described


def _security(operation: str) -> list[dict[str, list[str]]]:
    ways: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY]
    if operation in ("myself", "user") or operation not in table.OPEN:
        return ways
    return [{}, *ways] if operation == "portal" else []


def _path_parameters(path: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in _NAMES.items()
        if f"{{{name}}}" in path
    ]


def _query(operation: str, method: str, form_page: bool) -> Iterator[Schema]:
    """Of a GET; the fields of an operation whose page this is are those of its POST."""
    if method == "POST":
        return
    page_only = form_page or operation in _PAGE_ONLY
    yield {"name": "f", "in": "query", "schema": {"enum": ["html"]} if page_only else _FORMAT}
    fields = _FIELDS.get(operation, {}) if operation == "oauth2/authorize" else {}
    for name, schema in fields.items():
        required = name in _REQUIRED[operation]
        yield {"name": name, "in": "query", "required": required, "schema": schema}


def _body(fields: dict[str, Schema], operation: str) -> Schema:
    required = [name for name in _REQUIRED.get(operation, ()) if name in fields]
    schema = {"type": "object", "required": required, "properties": {"f": _FORMAT, **fields, "token": _TEXT}}
    as_json = {name: {"contentType": JSON} for name, field in fields.items() if "$ref" in field}
    content: Schema = {"schema": schema, **({"encoding": as_json} if as_json else {})}
    return {"required": bool(required), "content": {FORM: content}}


def _responses(path: str, operation: str, method: str, form_page: bool) -> Schema:
    answer = None if form_page else _ANSWERS.get(operation)
    shapes = [_ref(name) for name in (answer, *ERRORS) if name]
    content: Schema = {HTML: {"schema": _TEXT}, JSON: {"schema": {"anyOf": shapes}}}
    responses: Schema = {"200": {"description": "The answer, or an error", "content": content}}
    if "{" in path:
        errors: Schema = {HTML: {"schema": _TEXT}, JSON: {"schema": {"anyOf": shapes[-len(ERRORS) :]}}}
        responses["404"] = {"description": "The path names nothing of the site", "content": errors}
    if method == "POST" and operation in _GOES_ON:
        location = {"Location": {"required": True, "schema": _TEXT}}
        responses[_GOES_ON[operation]] = {"description": "Signed in", "headers": location}
    return responses


def _schemas() -> Schema:
    text = resources.files("arcgis_simulator").joinpath("schemas.json").read_text("utf-8")
    schemas: Schema = json.loads(text)
    return schemas
