"""Which resources exist, and which canonical service each of them speaks about.

The key of a service is `<normalised site URL>|<folder/name.type>`, without regard to case; two keys that turn
out to be one service (the site reports its id) are joined. A resource whose service cannot be told has a key
of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from arcgis_operator.core.case import ABANDON, REQUESTED
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import Desired, SiteWanted, SpecInvalid
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.core.site_spec import parse_site
from arcgis_operator.core.status import at_rest, is_written
from arcgis_operator.reconcilers.ports import Claim, Name, Resting


@dataclass(frozen=True, slots=True)
class Known:
    """One resource: what orders it among others, and where it points."""

    uid: str
    created: str
    key: str
    site: Name | None
    generation: int
    asked: tuple[str, ...]


def name_of(body: Mapping[str, Json]) -> Name:
    """Namespace and name of an object."""
    return Name(body["metadata"]["namespace"], body["metadata"]["name"])


def folder_of(key: str) -> str | None:
    """`<normalised site URL>|<folder>` of a service's key; None for one that is in no folder."""
    site, _, service = key.partition("|")
    folder, found, _ = service.rpartition("/")
    return f"{site}|{folder}" if site and found else None


def _asked(body: Mapping[str, Json]) -> tuple[str, ...]:
    annotations = body["metadata"].get("annotations") or {}
    return tuple(str(annotations.get(name, "")) for name in (*REQUESTED, ABANDON))


class Registry:
    """Fed by the informer and by every resync; `wake` asks for a turn of a key."""

    def __init__(self, wake: Callable[[str], None]) -> None:
        self._wake = wake
        self._services: dict[Name, Known] = {}
        self._desired: dict[Name, Desired | None] = {}
        self._names: dict[str, set[Name]] = {}
        self._sites: dict[Name, SiteWanted | SpecInvalid] = {}
        self._resting: set[Name] = set()
        self._folders: dict[str, set[str]] = {}
        self._alias: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def service_seen(self, body: Mapping[str, Json]) -> str:
        """Take note of a resource; its key."""
        name, parsed = name_of(body), parse_service(body)
        self._desired[name] = parsed if isinstance(parsed, Desired) else None
        metadata = body["metadata"]
        known = Known(
            metadata["uid"],
            metadata["creationTimestamp"],
            "",
            None,
            metadata.get("generation", 0),
            _asked(body),
        )
        self._place(name, known)
        self.note_rest(body)
        return self._services[name].key

    def note_rest(self, body: Mapping[str, Json]) -> bool:
        """Whether the object says that nothing is to be done for it; remembered for `resting`."""
        asked = _asked(body)[: len(REQUESTED)]
        rests = at_rest(body, next(filter(None, asked), ""))
        (self._resting.add if rests else self._resting.discard)(name_of(body))
        return rests

    def resting(self, folder: str) -> list[Resting]:
        """The resources at rest in one folder of one site, each alone in speaking for its service."""
        rest = [(key, name) for key in self._folders.get(folder, ()) if (name := self._rests(key))]
        return [
            Resting(key, name.namespace, desired)
            for key, name in rest
            if (desired := self._desired[name]) is not None
        ]

    def folders(self) -> Mapping[str, set[str]]:
        """The keys of resources at rest, by folder, as of now: `resting` answers for these."""
        self._folders = {}
        for key in self._names:
            if (folder := folder_of(key)) and self._rests(key):
                self._folders.setdefault(folder, set()).add(key)
        return self._folders

    def _rests(self, key: str) -> Name | None:
        """The one resource that speaks for the service, if it is at rest."""
        names = self._names.get(key, set())
        return next(iter(names)) if len(names) == 1 and names <= self._resting else None

    def service_gone(self, name: Name) -> str | None:
        """Forget a resource; the key it spoke for."""
        known = self._services.pop(name, None)
        self._desired.pop(name, None)
        self._resting.discard(name)
        if known is None:
            return None
        self._leave(known.key, name)
        return known.key

    def site_seen(self, body: Mapping[str, Json]) -> tuple[str, ...]:
        """Take note of a site; the keys of all resources that point at it."""
        name = name_of(body)
        self._sites[name] = parse_site(body)
        return self._replaced(name)

    def site_gone(self, name: Name) -> tuple[str, ...]:
        """Forget a site; the keys of all resources that point at it."""
        self._sites.pop(name, None)
        return self._replaced(name)

    def claim(self, key: str) -> Claim:
        """The resources on a canonical service, oldest first."""
        names = sorted(
            self._names.get(key, ()), key=lambda n: (self._services[n].created, n.namespace, n.name)
        )
        return Claim(names[0], tuple(names[1:])) if names else Claim(None)

    def identify(self, key: str, service_id: str) -> bool:
        """Note the id the site gave a service; False when another key already stands for it."""
        primary = self._ids.setdefault(service_id, key)
        if primary == key:
            return True
        if not self._names.get(primary):
            self._ids[service_id] = key
            return True
        joined = [one for one, former in self._alias.items() if former == key]
        self._alias |= dict.fromkeys([key, *joined], primary)
        for name in self._names.pop(key, set()):
            self._place(name, self._services[name])
        self._wake(primary)
        return False

    def tidy(self) -> None:
        """Forget the ids of services that nobody speaks for: whoever comes again is told them anew."""
        self._ids = {one: key for one, key in self._ids.items() if key in self._names}
        self._alias = {key: primary for key, primary in self._alias.items() if primary in self._names}

    def forget(self, name: Name) -> None:
        """The resource is gone."""
        key = self.service_gone(name)
        if key is not None:
            self._wake(key)

    def is_news(self, body: Mapping[str, Json]) -> bool:
        """Whether the object asks for something else than what was known of it, or lost its status.

        Most events are echoes of our own status writes: they are no news. Nor is an older generation, which
        a list may still hold.
        """
        known, metadata = self._services.get(name_of(body)), body["metadata"]
        if known and known.uid == metadata["uid"] and known.generation > metadata.get("generation", 0):
            return False
        if known is None or not is_written(body):
            return True
        now = (metadata["uid"], metadata.get("generation", 0), _asked(body))
        return now != (known.uid, known.generation, known.asked)

    def is_known(self, name: Name) -> bool:
        """Whether there is such a resource."""
        return name in self._services

    def is_uid(self, name: Name, uid: str) -> bool:
        """Whether the resource known by this name is this very object."""
        known = self._services.get(name)
        return known is not None and known.uid == uid

    def speaks(self, key: str, name: Name, uid: str) -> bool:
        """Whether this very object is known under the key; one made anew may mean another service."""
        return self.is_uid(name, uid) and self._services[name].key == key

    def site(self, name: Name) -> SiteWanted | SpecInvalid | None:
        """A site's spec, None when there is no such site."""
        return self._sites.get(name)

    def services(self) -> Mapping[Name, Known]:
        """All resources known; what is known of one that is made anew is another value."""
        return dict(self._services)

    def sites(self) -> Mapping[Name, SiteWanted | SpecInvalid]:
        """All sites known; what is known of one that is made anew is another value."""
        return dict(self._sites)

    def keys(self) -> tuple[str, ...]:
        """All keys that somebody speaks for."""
        return tuple(self._names)

    def site_of(self, name: Name) -> Name | None:
        """The site a resource points at."""
        known = self._services.get(name)
        return known.site if known else None

    def attached(self, site: Name) -> int:
        """How many resources point at a site."""
        return sum(known.site == site for known in self._services.values())

    def declared(self, site: Name) -> frozenset[tuple[str, str]]:
        """The services of a site that resources declare: each with the namespace of who does."""
        pointing = (
            (name.namespace, self._desired[name]) for name in self._services if self.site_of(name) == site
        )
        return frozenset((namespace, desired.service.title) for namespace, desired in pointing if desired)

    def _replaced(self, site: Name) -> tuple[str, ...]:
        pointing = [(name, known) for name, known in self._services.items() if known.site == site]
        for name, known in pointing:
            self._place(name, known)
        return tuple({self._services[name].key for name, _ in pointing})

    def _place(self, name: Name, known: Known) -> None:
        """Put a resource under its key, and wake the key it leaves."""
        desired = self._desired[name]
        site = Name(desired.site.namespace, desired.site.name) if desired else None
        key = self._key(name, desired, site)
        before = self._services.get(name)
        if before and before.key != key:
            self._leave(before.key, name)
            self._wake(before.key)
        self._services[name] = replace(known, key=key, site=site)
        self._names.setdefault(key, set()).add(name)

    def _leave(self, key: str, name: Name) -> None:
        """A key that nobody speaks for needs no place."""
        names = self._names.get(key, set())
        names.discard(name)
        if not names:
            self._names.pop(key, None)

    def _key(self, name: Name, desired: Desired | None, site: Name | None) -> str:
        wanted = self._sites.get(site) if site else None
        if desired is None or not isinstance(wanted, SiteWanted):
            return f"|{name}"
        key = f"{wanted.url}|{desired.service.key}"
        return self._alias.get(key, key)
