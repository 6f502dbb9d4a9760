"""What people do to resources; an event names one of these acts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from acts_base import Hands
from cell_clock import BASE, now
from pairs_scene import GIS, Declared

Json = Any
ABANDON = "arcgis-operator.dev/abandon"
OVERRIDE = "arcgis-operator.dev/overrideWindows"


class ResourceActs(Hands):
    """Made, changed, deleted; and what becomes of statuses."""

    def act_make(self, resource: Declared, life: int = 1) -> None:
        """A resource is declared for the first time, or anew."""
        name, _, rest = resource.service.rpartition("/")[2].partition(".")
        folder = resource.service.rpartition("/")[0]
        where = {"folder": folder} if folder else {}
        settings = {"description": f"{resource.name} v1{self.script.value}", **(resource.settings or {})}
        spec = {
            "siteRef": {"name": resource.site, "namespace": GIS},
            "service": {**where, "name": name, "type": rest},
            "settings": settings,
        }
        metadata = {
            "name": resource.name,
            "namespace": resource.namespace,
            "uid": f"u-{resource.namespace}-{resource.name}-{life}",
            "generation": 1,
            "creationTimestamp": resource.created,
        }
        self.known = {**getattr(self, "known", {}), resource.name: resource}
        self.shelf.put(resource.path, {"metadata": metadata, "spec": spec})

    def act_declare(self, name: str, text: str) -> None:
        self._specify(name, lambda spec: spec["settings"].update(description=text + self.script.value))

    def act_settings(self, name: str, settings: Json) -> None:
        self._specify(name, lambda spec: spec["settings"].update(settings))

    def act_wish(self, name: str, text: str, more: Json) -> None:
        """This and nothing else is declared."""
        settings = {"description": text + self.script.value, **more}
        self._specify(name, lambda spec: spec.update(settings=settings))

    async def act_typo(self, name: str, seconds: float, text: str) -> None:
        """A spec that the CRD admits and nobody can read; mended after a while."""
        self.act_settings(name, {"properties": {"anyKey": {"nested": 1}}})
        await asyncio.sleep(seconds)

        def mend(spec: Json) -> None:
            spec["settings"].pop("properties", None)
            spec["settings"]["description"] = text + self.script.value

        self._specify(name, mend)

    def act_delete(self, name: str) -> None:
        resource = getattr(self, "known", {}).get(name)
        body = resource and self.shelf.remove(resource.path)
        if body:
            self.tell("DELETED", body)

    async def act_remake(self, name: str, gap: float, text: str) -> None:
        """Deleted and created again, as another object of the same name."""
        resource = getattr(self, "known", {}).get(name)
        if resource is None or self.shelf.get(resource.path) is None:
            return
        self.act_delete(name)
        await asyncio.sleep(gap)
        self.lives = getattr(self, "lives", 1) + 1
        created = f"2026-11-23T12:{int(now() // 60):02}:{int(now() % 60):02}Z"
        anew = Declared(
            name, resource.namespace, resource.site, resource.service, created, {"description": text}
        )
        self.act_make(anew, self.lives)

    def act_suspend(self, name: str, suspended: bool) -> None:
        self._specify(name, lambda spec: spec.update(suspend=suspended))

    def act_specify(self, name: str, values: Json) -> None:
        """These fields of the spec."""
        self._specify(name, lambda spec: spec.update(values))

    def act_change(self, name: str, values: Json) -> None:
        """These fields of change control, beside the others."""
        self._specify(name, lambda spec: spec.update(change={**spec.get("change", {}), **values}))

    def act_approve(self, name: str) -> None:
        """The plan that is shown at the moment, where one is."""
        resource = getattr(self, "known", {}).get(name)
        body = resource and self.shelf.get(resource.path)
        if plan := ((body or {}).get("status") or {}).get("plan"):
            self.act_change(name, {"approvedPlan": plan["hash"]})

    def act_override(self, name: str) -> None:
        """Lets the plan that is shown through closed windows."""
        resource = getattr(self, "known", {}).get(name)
        body = resource and self.shelf.get(resource.path)
        if plan := ((body or {}).get("status") or {}).get("plan"):
            self.act_annotate(name, {OVERRIDE: f"{plan['hash']} {now()}"})

    def act_ask(self, name: str) -> None:
        self.act_annotate(name, {"arcgis-operator.dev/requestedAt": str(now())})

    def act_annotate(self, name: str, notes: dict[str, str], abandon: bool = False) -> None:
        """Beside what stands there; `abandon`: the intent that is on record is given up as well."""

        def annotate(body: Json) -> None:
            journal = (body.get("status") or {}).get("journal") or {}
            given_up = {ABANDON: journal["id"]} if abandon and journal.get("id") else {}
            metadata = body["metadata"]
            metadata["annotations"] = {**metadata.get("annotations", {}), **notes, **given_up}

        self._change(name, annotate)

    def act_status(self, name: str, way: str) -> None:
        """Wiped, or replaced by one that was stored before."""

        def wipe(body: Json) -> None:
            body.pop("status", None)

        def restore(body: Json) -> None:
            if old := self._kept(name):
                body["status"] = old["status"]

        def spoil(body: Json) -> None:
            journal = (body.get("status") or {}).get("journal")
            if journal:
                body["status"]["journal"] = {"phase": "Elsewhere", "attempts": {"edit": {"n": 1}}}

        self._change(name, {"wipe": wipe, "restore": restore, "spoil": spoil}[way])

    def act_keep_status(self, name: str) -> None:
        """What a backup holds."""
        body = self._body(name)
        if body and body.get("status"):
            self.ways.setdefault("kept", {})[name] = body

    async def act_restore(self, name: str, gap: float) -> None:
        """Deleted, and made again from a backup, with the status and the owners that are in it."""
        body, old = self._body(name), self._kept(name)
        if body is None or old is None:
            return
        self.act_delete(name)
        await asyncio.sleep(gap)
        self.lives = getattr(self, "lives", 1) + 1
        created = f"{BASE + timedelta(seconds=now()):%Y-%m-%dT%H:%M:%SZ}"
        facts = {"uid": f"{old['metadata']['uid']}-{self.lives}", "creationTimestamp": created}
        self.shelf.put(self.known[name].path, {**old, "metadata": {**old["metadata"], **facts}})

    def act_strip(self, on: bool) -> None:
        """From now on the API server stores no journal: another CRD, or a policy."""

        def strip(body: Json, at: float) -> Json:
            if "journal" in (body.get("status") or {}):
                status = {key: value for key, value in body["status"].items() if key != "journal"}
                return {**body, "status": status}
            return body

        self.ways["strips"] = strip if on else None
