"""What the site's document and its pages say must become of a request, without asking the site."""

import contextlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
from openapi_scenes import REFUSED, Scene
from schemathesis import Response

from arcgis_simulator.openapi import FORM

Held = Mapping[str, Any]

LENIENT = {
    "f": "every page: html is the default; any other word is taken for it (Assumed)",
    "async": "a word that is not true is false (Assumed)",
    "isReadOnly": "a word that is not true is false (Assumed)",
    "client": "a word that is not referer binds the token to nothing (Assumed)",
}
"""Fields whose bad values the site takes nevertheless, and why."""

BEYOND = {
    "with min not above max": "a schema cannot compare two numbers, and takes 1.0 for a whole one",
    "is not permitted": "Change Provider page: whether it may change depends on the service",
    "Invalid redirect_uri": "a schema does not know the site's own address",
    "Invalid oauth_state": "a schema does not know what the site has handed out",
    "Invalid code": "a schema does not know what the site has handed out",
    "Invalid username or password.": "a schema does not know who may sign in",
    "'referer' must be specified.": "needed beside client=referer only",
    "'ip' must be specified.": "needed beside client=ip only",
}
"""Refusals of requests with which the document finds no fault, and why it cannot."""

OPEN = {"token", "login", "sharing", "info", "oauth2/authorize", "oauth2/signin", "oauth2/token"}
BLOCKED = {
    *("edit", "scaling/edit", "start", "stop", "delete", "changeProvider", "createFolder", "createService"),
    *("services/properties/update", "deleteServices", "refreshAllServices"),
}
"""Source: Update Mode page: what read-only mode keeps from being done."""
OCCUPIED = {"edit", "scaling/edit", "start", "stop", "delete", "changeProvider"}


class Judge:
    """Knows the document; judges requests as they went over the wire."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, Any] = {}

    def reasons(self, path: str, method: str, response: Response, scene: Scene, before: Held) -> list[str]:
        """Why this request must be refused by a site that held this; none where it must not."""
        described = self._document["paths"][path][method.lower()]
        operation = described["summary"]
        posted = method == "POST" and described["summary"] in BLOCKED
        names = _names(f"/arcgis{path}", urlsplit(response.request.url).path)
        return [
            *_not_allowed(operation, scene),
            *_not_there(path, names, scene, before),
            *(_not_named(response, before) if operation == "deleteServices" else []),
            *(["read-only"] if posted and scene.state == "read-only" else []),
            *(["busy"] if posted and operation in OCCUPIED and _occupied(names, scene, before) else []),
            *(name for name in self._faults(described, response) if name not in LENIENT),
        ]

    def _faults(self, described: Mapping[str, Any], response: Response) -> Iterator[str]:
        sent = fields(response)
        schemas, required = _declared(described)
        for name, schema in schemas.items():
            if sent.get(name):
                if not self._fits(schema, sent[name]):
                    yield name
            elif name in required:
                yield name

    def _fits(self, schema: Mapping[str, Any], text: str) -> bool:
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                {**schema, "components": self._document["components"]}
            )
        try:
            return bool(self._validators[key].is_valid(_value(schema, text)))
        except (ValueError, RecursionError):
            return False


def fields(response: Response) -> dict[str, str]:
    """What was sent, of each field the last value; a form counts before the query."""
    body = response.request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    query = urlsplit(str(response.request.url)).query
    return dict(parse_qsl(query, keep_blank_values=True) + parse_qsl(text, keep_blank_values=True))


def refusal(response: Response) -> str | None:
    """What an answer says of an error, in whichever form; None where it is none."""
    text = response.content.decode()
    if response.headers.get("content-type", [""])[0].startswith("application/json"):
        body = json.loads(text)
        return text if "error" in body or body.get("status") == "error" else None
    page = " ".join(html.unescape(text).split())
    signs = ("<tr><td>error</td>", "<td>status</td><td> error", '"messages": [', 'class="error"')
    asked = 'type="password"' in page and not str(response.request.url).partition("?")[0].endswith("/login")
    return page if asked or any(sign in page for sign in signs) else None


def form(response: Response) -> str | None:
    """Which of the two forms an error has."""
    if not response.headers["content-type"][0].startswith("application/json"):
        return None
    body = json.loads(response.content)
    return "B" if "error" in body else "A"


def explained(said: str) -> bool:
    """Whether the document could not have known it."""
    return any(words in said for words in BEYOND)


def _not_allowed(operation: str, scene: Scene) -> list[str]:
    code = REFUSED.get(scene.asker)
    may = {"portal": (403, 499), "myself": (403,), "user": (403,)}.get(operation, ())
    return [] if operation in OPEN or code is None or code in may else [str(code)]


def _not_there(path: str, names: Mapping[str, str] | None, scene: Scene, before: Held) -> Iterator[str]:
    if names is None:
        yield "another address"
        return
    folder = names.get("folder", "")
    if "name" in names and f"{folder}/{names['name']}.{names['type']}".casefold() not in before["services"]:
        yield "no such service"
    elif "folder" in names and folder.casefold() not in before["folders"]:
        yield "no such folder"
    if "job" in names and names["job"] not in before["jobs"]:
        yield "no such job"
    if "user" in names and names["user"] not in before["users"]:
        yield "no such user"
    if path == "/jobs/{job}" and scene.switches != ("jobs_url", "without-admin"):
        yield "an address that is not handed out"


def _not_named(response: Response, before: Held) -> Iterator[str]:
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        for one in json.loads(fields(response)["services"]):
            folder = one.get("folderName", "").strip("/")
            if f"{folder}/{one['serviceName']}.{one['type']}".casefold() not in before["services"]:
                yield "no such service"


def _occupied(names: Mapping[str, str] | None, scene: Scene, before: Held) -> bool:
    named = names or {}
    key = f"{named.get('folder', '')}/{named.get('name')}.{named.get('type')}".casefold()
    return scene.state == "busy" and key in before["occupied"]


def _names(template: str, path: str) -> dict[str, str] | None:
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
    found = re.fullmatch(pattern, path)
    return None if found is None else {name: unquote(text) for name, text in found.groupdict().items()}


def _declared(described: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    body = described.get("requestBody")
    if body is not None:
        schema = body["content"][FORM]["schema"]
        return schema["properties"], schema["required"]
    query = [one for one in described["parameters"] if one["in"] == "query"]
    return {one["name"]: one["schema"] for one in query}, [
        one["name"] for one in query if one.get("required")
    ]


def _value(schema: Mapping[str, Any], text: str) -> Any:
    if "$ref" in schema:
        return json.loads(text, parse_constant=_no_constant)
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text.strip().casefold(), text)
    if schema.get("type") == "integer":
        return int(text) if text.isascii() and text.isdigit() else text
    return text


def _no_constant(word: str) -> Any:
    raise ValueError(word)
