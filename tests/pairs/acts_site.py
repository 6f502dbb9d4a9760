"""What happens at the site and to its ArcGISSites; an event names one of these acts."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from acts_base import Hands
from pairs_scene import GIS, path_of

from arcgis_simulator.jobs import Plan
from arcgis_simulator.tokens import User

Json = Any
RESTORE = "arcgis-operator.dev/restoreDrift"


class SiteActs(Hands):
    """By its owner, its administrators, and colleagues."""

    def act_site(self, name: str, spec: Json) -> None:
        """Its spec changes."""
        path = path_of("arcgissites", GIS, name)
        body = self.shelf.get(path)
        if body:
            body["spec"].update(spec)
            body["metadata"]["generation"] += 1
            self.shelf.put(path, body)

    def act_answer(self, name: str) -> None:
        """A person lets many drifts be restored, if that is asked."""
        path = path_of("arcgissites", GIS, name)
        body = self.shelf.get(path)
        question = ((body or {}).get("status") or {}).get("divergence", {}).get("id")
        if body and question:
            metadata = body["metadata"]
            metadata["annotations"] = {**metadata.get("annotations", {}), RESTORE: question}
            self.shelf.put(path, body)

    async def act_replace_site(self, name: str, gap: float, spec: Json) -> None:
        """Deleted and created again."""
        path = path_of("arcgissites", GIS, name)
        body = self.shelf.remove(path)
        if body is None:
            return
        self.tell("DELETED", body)
        await asyncio.sleep(gap)
        self.lives = getattr(self, "lives", 1) + 1
        body.pop("status", None)
        body["metadata"].update(uid=f"u-{name}-{self.lives}", generation=1)
        body["spec"].update(spec)
        self.shelf.put(path, body)

    def act_labels(self, namespace: str, labels: Json) -> None:
        self.shelf.put(f"/api/v1/namespaces/{namespace}", {"metadata": {"name": namespace, "labels": labels}})

    def act_read_only(self, message: str | None) -> None:
        self.world.read_only = message

    def act_switch(self, **switches: Json) -> None:
        self.world.switches = self.world.switches.changed(switches)

    def act_way(self, **ways: Json) -> None:
        self.ways.update(ways)

    def act_expire(self) -> None:
        self.world.tokens.expire_all()

    def act_password(self, user: str, password: str, told: bool) -> None:
        """The site's changes; the Secret's too when `told`."""
        self.world.set_user(User(user, password))
        self.world.tokens.expire_all()
        if told:
            self.store_secret("login", user, password)

    def act_secret(self, password: str) -> None:
        self.store_secret("login", "gitops", password)

    def act_drift(self, title: str, sets: Json) -> None:
        service = self._service(title)
        if service:
            self.site.tick()
            self.world.drift(service, sets)

    def act_colleague(self, title: str, seconds: float, sets: Json) -> None:
        """A job of somebody else, which changes something in the end."""
        service = self._service(title)
        if service:
            self.site.tick()
            document = {**copy.deepcopy(service.document), **sets}
            self.world.foreign_edit(service, "colleague", document, Plan(seconds=seconds))

    def act_arrange(self, title: str, **plan: Json) -> None:
        """How the next job of ours there goes."""
        service = self._service(title)
        if service:
            self.world.jobs.arrange(Plan(**plan), service.key)

    def act_finish(self, outcome: str) -> None:
        """Somebody ends the jobs that hang."""
        self.site.tick()
        for job in list(self.world.jobs.jobs.values()):
            if not job.ended:
                self.world.jobs.finish(job, outcome)

    def act_republish(self, title: str) -> None:
        """Somebody overwrites the service: another id, and all as it was published."""
        service = self._service(title)
        if service:
            self.site.tick()
            anew = {
                **copy.deepcopy(service.document),
                "id": self.world.ids.service(),
                "description": "published",
            }
            if "serviceId" in anew.get("properties", {}):
                anew["properties"] = {**anew["properties"], "serviceId": anew["id"]}
            self.world.replace(service, anew)
