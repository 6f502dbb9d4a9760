"""What happens to the cluster and the operators; an event names one of these acts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from acts_base import Hands
from pairs_scene import GIS, TEAM, path_of

Json = Any
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{GIS}/leases/arcgis-operator"


class ClusterActs(Hands):
    """Restarts, leases, namespaces, objects that are a trouble."""

    async def act_restart(self, gap: float) -> None:
        """As a rollout does it."""
        for number, replica in list(self.living()):
            await replica.stop()
            self.dead.add(number)
        await asyncio.sleep(gap)
        self.start()

    async def act_crash(self, gap: float) -> None:
        """Without a word; another process begins after a while."""
        for number, replica in list(self.living()):
            self._crash(number, replica)
        await asyncio.sleep(gap)
        self.start()

    def act_stand_by(self) -> None:
        self.start()

    async def act_restart_first(self, crashes: bool) -> None:
        """Of two replicas the one that began first goes; the other one takes over."""
        living = list(self.living())
        if len(living) < 2:
            return
        number, replica = living[0]
        if crashes:
            self._crash(number, replica)
        else:
            await replica.stop()
            self.dead.add(number)

    def act_break_site(self, fault: Any, until: float) -> None:
        """Every request to it, until then; what is broken for longer goes on after that."""
        self.ways.setdefault("broken", []).insert(0, (fault, until))

    async def act_empty_lease(self, way: str) -> None:
        """By hand, while two replicas run: for seconds both lead."""
        lease = self.shelf.get(LEASES)
        if lease is None:
            return
        if way == "deleted":
            self.shelf.remove(LEASES)
            self.start()
            return
        lease["spec"]["holderIdentity"] = ""
        self.shelf.put(LEASES, lease)

    def act_drop_namespace(self) -> None:
        """With its objects and its Role: lists there are refused from now on."""
        for path in [one for one in self.shelf.texts if f"/namespaces/{TEAM}" in one]:
            body = self.shelf.remove(path)
            if "/arcgisservices/" in path:
                self.tell("DELETED", body)
        self.ways["refuses namespace"] = TEAM

    def act_deep(self, levels: int) -> None:
        """An object nested deeper than this Python reads."""
        inside = '{"a":' * levels + "1" + "}" * levels
        body = {
            "metadata": {
                "name": "deep", "namespace": GIS, "uid": "u-deep", "generation": 1, "resourceVersion": "99",
                "creationTimestamp": "2026-11-23T13:00:00Z",
            },
            "spec": {
                "siteRef": {"name": "prod"},
                "service": {"name": "Nothing", "type": "MapServer"},
                "settings": {"jsonProperties": "DEEP"},
            },
        }  # fmt: skip
        path = path_of("arcgisservices", GIS, "deep")
        self.shelf.texts[path] = json.dumps(body).replace('"DEEP"', inside).encode()

    def _crash(self, number: int, replica: Any) -> None:
        self.dead.add(number)
        before_there_were_parts = hasattr(replica, "_operator")  # the operator of another checkout
        leading = replica._operator._leading if before_there_were_parts else replica.parts.leading
        leading.end("it crashed")
        for task in replica.tasks:
            task.cancel()
