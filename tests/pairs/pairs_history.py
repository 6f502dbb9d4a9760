"""What happened in a scene, as plain values: all that the judge knows. Times are seconds of the scene."""

from __future__ import annotations

import json
import logging
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pairs_scene import Script

Json = Any
BEGINNING, END = float("-inf"), float("inf")


@dataclass(slots=True)
class Version:
    """An object as it was stored from a time on; `text` None: gone."""

    at: float
    text: bytes | None
    by_people: bool = True
    _body: Json = None

    @property
    def body(self) -> Json:
        """None when it is gone."""
        if self._body is None and self.text is not None:
            self._body = json.loads(self.text)
        return self._body


@dataclass(frozen=True, slots=True)
class Edit:
    """An operation that the site accepted: when it left, when it came, how long its job ran.

    `document` is what it asks for: that of an edit, of any other operation the live one with what it sets.
    """

    service: str
    ours: bool
    left: float
    came: float
    ended: float
    document: Mapping[str, Json] = field(default_factory=dict)
    host: str = ""
    user: str = ""
    job: str = ""
    operation: str = "edit"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the site."""

    at: float
    word: str
    host: str
    path: str
    who: str = ""


@dataclass
class History:
    """`versions` by path and `documents` by title, each in order of time."""

    script: Script
    versions: dict[str, list[Version]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    documents: dict[str, list[tuple[float, Json]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    events: list[tuple[float, str, dict[str, Json]]] = field(default_factory=list)
    outputs: list[tuple[str, bytes]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    ended_parts: list[str] = field(default_factory=list)
    end: float = 0.0
    hot: str = ""
    """Where the scene could not go on, for no time passed any more."""

    @cached_property
    def services(self) -> list[str]:
        """Paths of all resources that ever were."""
        return [path for path in self.versions if "/arcgisservices/" in path]

    def at(self, path: str, when: float) -> Json:
        """The object at that time, None when there is none."""
        versions = self.versions.get(path, [])
        index = bisect_right(versions, when, key=lambda one: one.at)
        return versions[index - 1].body if index else None

    def document(self, title: str, when: float) -> Json:
        """The live document at that time."""
        told = self.documents.get(title, [])
        index = bisect_right(told, when, key=lambda one: one[0])
        return told[index - 1][1] if index else None

    def documents_within(self, title: str, first: float, last: float) -> list[Json]:
        """Every live document of that time."""
        told = [document for at, document in self.documents.get(title, []) if first < at <= last]
        before = self.document(title, first)
        return told if before is None else [before, *told]

    def bodies_within(self, path: str, first: float, last: float) -> list[Json]:
        """Every version of that time, None where it is gone."""
        told = [one.body for one in self.versions.get(path, []) if first < one.at <= last]
        return [self.at(path, first), *told]


class Heard(logging.Handler):
    """Keeps what the operator logs."""

    def __init__(self, told: list[tuple[str, bytes]]) -> None:
        super().__init__(logging.DEBUG)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.getMessage()} {record.__dict__.get('fields', '')} {record.exc_info or ''}"
        self._told.append(("log", text.encode()))


def conditions(body: Json) -> dict[str, Json]:
    """By type, those of this generation."""
    told = ((body or {}).get("status") or {}).get("conditions") or []
    generation = (body or {}).get("metadata", {}).get("generation")
    return {one["type"]: one for one in told if one.get("observedGeneration") == generation}


def journal(body: Json) -> Json:
    return ((body or {}).get("status") or {}).get("journal") or {}


def title_of(body: Json) -> str:
    """`folder/name.type` of a resource, in lower case."""
    service = body["spec"]["service"]
    folder = service.get("folder", "")
    return f"{folder}/{service['name']}.{service['type']}".strip("/").casefold()


def site_path(body: Json) -> str:
    """The path of the ArcGISSite that a resource refers to."""
    reference = body["spec"]["siteRef"]
    namespace = reference.get("namespace") or body["metadata"]["namespace"]
    return f"/apis/arcgis-operator.dev/v1alpha1/namespaces/{namespace}/arcgissites/{reference['name']}"


def ours(history: History, title: str = "") -> list[Edit]:
    return [edit for edit in history.edits if edit.ours and title in ("", edit.service)]
