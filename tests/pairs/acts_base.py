"""What all acts of a scene share: the parts of `Place`, and how an object is changed."""

from __future__ import annotations

import copy
from typing import Any

from pairs_scene import Declared

Json = Any


class Hands:
    """Mixed into `Place`, which has the shelf, the world and the replicas."""

    shelf: Any
    world: Any
    site: Any
    script: Any
    ways: dict[str, Any]
    replicas: list[Any]
    dead: set[int]
    secret: str
    tell: Any
    start: Any
    living: Any
    store_secret: Any
    known: dict[str, Declared]

    def _service(self, title: str) -> Any:
        folder, _, rest = title.rpartition("/")
        return self.world.catalogue.find(folder, rest)

    def _body(self, name: str) -> Json:
        resource = getattr(self, "known", {}).get(name)
        return self.shelf.get(resource.path) if resource else None

    def _kept(self, name: str) -> Json:
        return copy.deepcopy(self.ways.get("kept", {}).get(name))

    def _change(self, name: str, change: Any) -> None:
        body = self._body(name)
        if body:
            change(body)
            self.shelf.put(self.known[name].path, body)

    def _specify(self, name: str, change: Any) -> None:
        def changed(body: Json) -> None:
            change(body["spec"])
            body["metadata"]["generation"] += 1

        self._change(name, changed)
