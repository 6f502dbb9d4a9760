"""Which resources exist, and which canonical service each of them speaks about.

The address of a service is `<normalised site URL>|<folder/name.type>`, without regard to case; addresses that
turn out to be one service (the site reports its id) share one key. What cannot be read moves nothing: a
resource keeps its address while its site is away or its spec is unreadable, and a process that begins takes
it from the status. Only a resource whose service was never known has a key of its own.
"""

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, replace

from arcgis_operator.core import plan
from arcgis_operator.core.annotations import asked_in, requests_in
from arcgis_operator.core.identity import Name, name_of
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import Aim, Desired, SiteWanted, SpecInvalid
from arcgis_operator.core.service_spec import parse_aim, parse_service
from arcgis_operator.core.site_spec import parse_site
from arcgis_operator.core.status import at_rest, is_written, parse, whereabouts
from arcgis_operator.reconcilers.joins import Joins
from arcgis_operator.sites.specs import Spec, Specs


@dataclass(frozen=True, slots=True)
class Claim:
    """Who speaks for one canonical service: the oldest resource; the others are in conflict with it."""

    winner: Name | None
    losers: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Resting:
    """A resource that says of itself that nothing is to be done for it."""

    key: str
    name: Name
    desired: Desired


@dataclass(frozen=True, slots=True)
class Known:
    """One resource: what orders it among others, and where it points."""

    uid: str
    created: str
    generation: int
    asked: tuple[str, ...]
    aim: Aim | None
    before: str  # the address that its status names
    address: str = ""
    key: str = ""

    @property
    def site(self) -> Name | None:
        """The ArcGISSite it points at."""
        return self.aim.site.resource if self.aim else None


def folder_of(key: str) -> str | None:
    """`<normalised site URL>|<folder>` of a service's key; None for one that is in no folder."""
    site, _, service = key.partition("|")
    folder, found, _ = service.rpartition("/")
    return f"{site}|{folder}" if site and found else None


def _proved(body: Mapping[str, Json], parsed: Desired | SpecInvalid, address: str) -> str:
    """The id of the service at this address found as declared there, though nothing was ever sent."""
    observed, url = parse(body).observed, address.partition("|")[0]
    if observed is None or isinstance(parsed, SpecInvalid):
        return ""
    digest = plan.digest(parsed.leaves, url, observed.service_id)
    return observed.service_id if digest == observed.digest else ""


class Registry:
    """Fed by the informer and by every resync; `wake` asks for a turn of a key.

    `specs` has the ArcGISSites.
    """

    def __init__(self, wake: Callable[[str], None]) -> None:
        self._wake, self.specs = wake, Specs()
        self._services: dict[Name, Known] = {}
        self._desired: dict[Name, Desired | None] = {}
        self._names: dict[str, tuple[Name, ...]] = {}  # by key: nearly always one, for which a set is large
        self._at: dict[str, tuple[Name, ...]] = {}  # by address
        self._pointing: dict[Name, set[Name]] = {}  # by the ArcGISSite they point at
        self._resting: set[Name] = set()
        self._folders: dict[str, set[str]] = {}  # the keys in each
        self._joins = Joins()
        self._came_from: dict[str, set[str]] = {}

    def service_seen(self, body: Mapping[str, Json]) -> str:
        """Take note of a resource; its key."""
        name, parsed = name_of(body), parse_service(body)
        self._desired[name] = parsed if isinstance(parsed, Desired) else None
        metadata, before, said = body["metadata"], self._services.get(name), whereabouts(body)
        same = before if before and before.uid == metadata["uid"] else None
        known = Known(
            metadata["uid"],
            metadata["creationTimestamp"],
            metadata.get("generation", 0),
            asked_in(body),
            parsed.aim if isinstance(parsed, Desired) else parse_aim(body) or (same.aim if same else None),
            same.address if same else said.address,
        )
        self._place(name, known)
        address = self._services[name].address
        service_id = said.service_id if address == said.address else _proved(body, parsed, address)
        if service_id and not self._joins.is_known(address):
            self._move(self._joins.join(address, service_id))
        self.note_rest(body)
        return self._services[name].key

    def note_rest(self, body: Mapping[str, Json]) -> bool:
        """Whether the object says that nothing is to be done for it; remembered for `resting`."""
        rests = at_rest(body, requests_in(body["metadata"].get("annotations") or {}))
        (self._resting.add if rests else self._resting.discard)(name_of(body))
        return rests

    def says_rest(self, name: Name) -> bool:
        """Whether a resource said that nothing is to be done for it, when it was last seen."""
        return name in self._resting

    def resting(self, folder: str) -> list[Resting]:
        """The resources at rest in one folder of one site, each alone in speaking for its service."""
        keys = sorted(self._folders.get(folder, ()))
        rest = [(key, name) for key in keys if (name := self._rests(key))]
        return [
            Resting(key, name, desired) for key, name in rest if (desired := self._desired[name]) is not None
        ]

    def is_at_rest(self, key: str) -> bool:
        """Whether the one resource that speaks for the service says that nothing is to be done."""
        return self._rests(key) is not None

    def _speaks(self, key: str) -> Desired | None:
        """What the resource that speaks for the service wants, None where that cannot be read."""
        winner = self.claim(key).winner
        return self._desired[winner] if winner else None

    def _rests(self, key: str) -> Name | None:
        """The one resource that speaks for the service, if it is at rest."""
        names = self._names.get(key, ())
        return names[0] if len(names) == 1 and names[0] in self._resting else None

    def service_gone(self, name: Name) -> str | None:
        """Forget a resource; the key it spoke for."""
        known = self._services.pop(name, None)
        self._desired.pop(name, None)
        self._resting.discard(name)
        if known is None:
            return None
        self._take_out(known.key, name)
        _drop(self._at, known.address, name)
        self._point(name, known.site, None)
        return known.key

    def site_seen(self, body: Mapping[str, Json]) -> tuple[str, ...]:
        """Take note of a site; the keys of all resources that point at it, none where it is as it was."""
        name, spec = name_of(body), parse_site(body)
        if spec == self.specs.of(name):
            return ()
        self.specs.put(name, spec)
        return self._replaced(name)

    def site_gone(self, name: Name) -> tuple[str, ...]:
        """Forget a site; the keys of all resources that point at it."""
        self.specs.drop(name)
        return self._replaced(name)

    def claim(self, key: str) -> Claim:
        """The resources on a canonical service, oldest first."""
        names = sorted(
            self._names.get(key, ()), key=lambda n: (self._services[n].created, n.namespace, n.name)
        )
        return Claim(names[0], tuple(names[1:])) if names else Claim(None)

    def are_all(self, names: Set[Name], key: str) -> bool:
        """Whether these are still all resources that are known on the service."""
        return set(self._names.get(key, ())) == names

    def identify(self, name: Name, service_id: str) -> bool:
        """Note the id that the site gave a resource's service; False when that moves it to another key."""
        address = self.address(name)
        moved = self._joins.join(address, service_id) if address else ()
        self._move(moved)
        return address not in moved

    def confirm(self, name: Name, service_id: str) -> bool:
        """The same for a resource that does not speak: False when its address is another service by now."""
        address = self.address(name)
        moved = self._joins.part(address, service_id) if address else ()
        self._move(moved)
        return address not in moved

    def address(self, name: Name) -> str:
        """Where a resource's service is; others may be joined with it under one key. Empty when unknown."""
        known = self._services.get(name)
        return known.address if known else ""

    def came_from(self, key: str) -> Set[str]:
        """The keys that resources had before they came to this one, told once."""
        return self._came_from.pop(key, set())

    def tidy(self) -> None:
        """Forget the ids of services that nobody speaks for: whoever comes again is told them anew."""
        self._move(self._joins.keep(self._at.keys()))

    def forget(self, name: Name, uid: str) -> None:
        """This very object is gone; another one of its name may be known by now."""
        key = self.service_gone(name) if self.is_uid(name, uid) else None
        if key is not None:
            self._wake(key)

    def is_news(self, body: Mapping[str, Json]) -> bool:
        """Whether the object asks for something else than what was known of it, or lost its status.

        Most events are echoes of our own status writes: they are no news. Whether the object is older than
        what is known is for `News` to say.
        """
        known, metadata = self._services.get(name_of(body)), body["metadata"]
        if known is None or not is_written(body):
            return True
        now = (metadata["uid"], metadata.get("generation", 0), asked_in(body))
        return now != (known.uid, known.generation, known.asked)

    def differs(self, body: Mapping[str, Json]) -> bool:
        """Whether the spec is another one than was known, though the generation may be the same."""
        parsed = parse_service(body)
        return self._desired.get(name_of(body)) != (parsed if isinstance(parsed, Desired) else None)

    def is_known(self, name: Name) -> bool:
        """Whether there is such a resource."""
        return name in self._services

    def uid(self, name: Name) -> str:
        """Of the object known by this name, empty when there is none."""
        known = self._services.get(name)
        return known.uid if known else ""

    def is_uid(self, name: Name, uid: str) -> bool:
        """Whether the resource known by this name is this very object."""
        known = self._services.get(name)
        return known is not None and known.uid == uid

    def speaks(self, key: str, name: Name, uid: str) -> bool:
        """Whether this very object is known under the key; one made anew may mean another service."""
        return self.is_uid(name, uid) and self._services[name].key == key

    def site(self, name: Name) -> Spec | None:
        """A site's spec, None when there is no such site."""
        return self.specs.of(name)

    def services(self) -> Mapping[Name, Known]:
        """All resources known; what is known of one that is made anew is another value."""
        return dict(self._services)

    def sites(self) -> Mapping[Name, Spec]:
        """All sites known; what is known of one that is made anew is another value."""
        return self.specs.all()

    def keys(self) -> tuple[str, ...]:
        """All keys that somebody speaks for."""
        return tuple(self._names)

    def site_of(self, name: Name) -> Name | None:
        """The site a resource points at."""
        known = self._services.get(name)
        return known.site if known else None

    def keys_of(self, site: Name) -> set[str]:
        """The services that resources declare on a site."""
        return {self._services[name].key for name in self._pointing.get(site, ())}

    def shelf_of(self, key: str) -> str | None:
        """The folder whose glance looks at this service, None where none does, or it is not at rest."""
        return folder_of(key) if self.is_at_rest(key) else None

    def has_folder(self, folder: str) -> bool:
        """Whether anybody speaks for a service in it."""
        return folder in self._folders

    def own_interval(self, key: str) -> float | None:
        """Between two looks at the service, as the resource that speaks for it says; None if it does not."""
        desired = self._speaks(key)
        return desired.resync_seconds if desired else None

    def site_interval(self, key: str) -> float | None:
        """The same, as its ArcGISSite says."""
        desired = self._speaks(key)
        site = self.specs.of(desired.site.resource) if desired else None
        return site.resync_seconds if isinstance(site, SiteWanted) else None

    def attached(self, site: Name) -> int:
        """How many resources point at a site."""
        return len(self._pointing.get(site, ()))

    def declared(self, site: Name) -> frozenset[tuple[str, str]]:
        """The services of a site that resources declare: each with the namespace of who does."""
        pointing = ((name.namespace, self._desired[name]) for name in self._pointing.get(site, ()))
        return frozenset((namespace, desired.service.title) for namespace, desired in pointing if desired)

    def _replaced(self, site: Name) -> tuple[str, ...]:
        pointing = [(name, self._services[name]) for name in self._pointing.get(site, ())]
        for name, known in pointing:
            self._place(name, replace(known, before=known.address))
        return tuple({self._services[name].key for name, _ in pointing})

    def _move(self, addresses: Collection[str]) -> None:
        """What is at these addresses has another key now; who moves is woken, and told where it was."""
        for name in [name for address in addresses for name in self._at.get(address, ())]:
            known = self._services[name]
            self._place(name, known)
            key = self._services[name].key
            self._came_from.setdefault(key, set()).add(known.key)
            self._wake(key)

    def _place(self, name: Name, known: Known) -> None:
        """Put a resource under its key, and wake the key it leaves."""
        address = self._address(name, known)
        key, before = self._joins.key_of(address), self._services.get(name)
        if before and before.key != key:
            self._take_out(before.key, name)
            self._wake(before.key)
        if before and before.address != address:
            _drop(self._at, before.address, name)
        self._point(name, before.site if before else None, known.site)
        self._services[name] = replace(known, address=address, key=key)
        _put(self._names, key, name)
        if folder := folder_of(key):
            self._folders.setdefault(folder, set()).add(key)
        _put(self._at, address, name)

    def _take_out(self, key: str, name: Name) -> None:
        """A resource is under this key no more; a folder without keys needs no room."""
        _drop(self._names, key, name)
        folder = None if key in self._names else folder_of(key)
        if folder:
            self._folders[folder].discard(key)
            if not self._folders[folder]:
                del self._folders[folder]

    def _point(self, name: Name, former: Name | None, site: Name | None) -> None:
        """A resource points at another ArcGISSite now; one that nobody points at needs no room."""
        if former and former != site:
            self._pointing[former].discard(name)
            if not self._pointing[former]:
                del self._pointing[former]
        if site:
            self._pointing.setdefault(site, set()).add(name)

    def _address(self, name: Name, known: Known) -> str:
        wanted = self.specs.of(known.site) if known.site else None
        if known.aim and isinstance(wanted, SiteWanted):
            return f"{wanted.url}|{known.aim.service.key}"
        kept = known.before
        meant = known.aim is None or kept.partition("|")[2] == known.aim.service.key
        return kept if meant and not kept.startswith("|") and kept else f"|{name}"


def _put(places: dict[str, tuple[Name, ...]], place: str, name: Name) -> None:
    names = places.get(place, ())
    if name not in names:
        places[place] = (*names, name)


def _drop(places: dict[str, tuple[Name, ...]], place: str, name: Name) -> None:
    """A place with nobody in it needs no room."""
    if left := tuple(one for one in places.get(place, ()) if one != name):
        places[place] = left
    else:
        places.pop(place, None)
