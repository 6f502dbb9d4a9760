"""Old news never overwrites new: which word about the objects of one kind counts.

Word comes by the watch, whose streams lag and begin anew, and by full lists, which take time on their way.
Resource versions order both: of two words about objects of one kind the greater version is the newer.
Source: Kubernetes API concepts, "Resource versions": comparable as decimal numbers.

A restore of etcd ends that order: versions and generations go back. So what a list says is true whatever
its versions, but for what the watch told since the list began; and a list that is itself older than what
was known before it began says that the order begins anew: then nothing that was told before counts.
"""

from collections.abc import Mapping
from typing import Any, Literal

from arcgis_operator.adapters.kube.api import is_leaving
from arcgis_operator.core.identity import Name, name_of

Body = Mapping[str, Any]
EventType = Literal["LISTED", "CHANGED", "DELETED"]


def uid_of(body: Body) -> str:
    """Which object of that name it is."""
    return str(body["metadata"].get("uid", ""))


def version_of(body: Body) -> int | None:
    """The resource version of an object or a list; None for what is no number."""
    text = str((body.get("metadata") or {}).get("resourceVersion") or "")
    return int(text) if text.isascii() and text.isdigit() else None


class News:
    """What was told of the objects of one kind; at most one list is on its way.

    A list: `begin`, `is_at`, then `shows` for each object, and `end` once it is complete.
    """

    def __init__(self) -> None:
        self._known: dict[Name, tuple[str, int | None]] = {}
        self._since: set[Name] = set()  # told by the watch while the list is on its way
        self._gone: dict[str, int] = {}  # by uid: during which list it was told
        self._floors: dict[str | None, int] = {}  # by place: what is not known has gone before that version
        self._highest = 0
        self._number = 0
        self._before = 0
        self._place: str | None = None
        self._version: int | None = None
        self._left: set[Name] = set()
        self._whole = True

    def uid(self, name: Name) -> str:
        """Of the object known by this name, empty for none."""
        return self._known.get(name, ("", None))[0]

    def highest(self) -> int:
        """The greatest version that was told of."""
        return self._highest

    def count(self, place: str | None) -> int:
        """How many objects are known in a namespace, or in the whole cluster (None)."""
        return len(self._known) if place is None else sum(name.namespace == place for name in self._known)

    def moved(self, body: Body) -> bool:
        """Whether this is another version, or another object, than the one known by the name."""
        return self._known.get(name_of(body)) != (uid_of(body), version_of(body))

    def tells(self, event_type: EventType, body: Body) -> bool:
        """Whether this word of the watch counts. An object that is leaving is gone."""
        name, uid, version = name_of(body), uid_of(body), version_of(body)
        self._highest = max(self._highest, version or 0)
        if event_type == "DELETED" or is_leaving(body):
            return self._leaves(name, uid)
        if uid in self._gone or self._is_old(name, version):
            return False
        self._known[name] = (uid, version)
        self._since.add(name)
        return True

    def begin(self, place: str | None) -> None:
        """A full list of a namespace, or of the whole cluster (None), is about to be asked for."""
        self._number += 1
        self._place, self._version, self._whole = place, None, True
        self._before, self._since = self._highest, set()
        here = self._known if place is None else (name for name in self._known if name.namespace == place)
        self._left = set(here)

    def is_at(self, version: int | None) -> bool:
        """The list's own version. True: it is older than what was known before it, so versions went back."""
        self._version = version
        if version is None or version >= self._before:
            self._highest = max(self._highest, version or 0)
            return False
        self._known = {name: (uid, None) for name, (uid, _) in self._known.items()}
        self._since, self._gone, self._floors = set(), {}, {}
        self._before = self._highest = version
        return True

    def shows(self, body: Body) -> bool:
        """Whether this word of the list counts: unless the watch told something newer since it began."""
        name, uid, version = name_of(body), uid_of(body), version_of(body)
        if is_leaving(body):
            return False
        self._left.discard(name)
        if self._gone.get(uid) == self._number or self._is_overtaken(name, version):
            return False
        self._known[name] = (uid, version)
        return True

    def passes_over(self, name: Name | None) -> None:
        """An object of the list could not be read: it is there, but what it says is unknown."""
        self._whole = False
        if name:
            self._left.discard(name)

    def end(self) -> list[Name]:
        """The list is complete. Who was known before, and is not in it, is gone."""
        gone = [name for name in self._left if not self._is_later(name)]
        for name in gone:
            self._known.pop(name, None)
        if self._whole and self._version is not None:
            self._floors[self._place] = self._version
        self._gone = {uid: number for uid, number in self._gone.items() if number == self._number}
        return gone

    def _leaves(self, name: Name, uid: str) -> bool:
        self._gone[uid] = self._number
        if name not in self._known or self._known[name][0] != uid:
            return False  # a late word about an object that was created again
        del self._known[name]
        self._since.add(name)
        return True

    def _is_old(self, name: Name, version: int | None) -> bool:
        if version is None:
            return False
        if name in self._known:
            return version < (self._known[name][1] or 0)
        return version <= max(self._floors.get(None, 0), self._floors.get(name.namespace, 0))

    def _is_overtaken(self, name: Name, version: int | None) -> bool:
        """The watch told of it since the list began, and of no earlier moment than the list does."""
        if name not in self._since or name not in self._known:
            return False
        known = self._known[name][1]
        return version is None or known is None or version <= known

    def _is_later(self, name: Name) -> bool:
        """What the watch told of it since the list began is later than the list."""
        if name not in self._since or name not in self._known:
            return name in self._since
        known = self._known[name][1]
        return known is None or self._version is None or known > self._version
