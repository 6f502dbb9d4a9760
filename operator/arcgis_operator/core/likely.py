"""What was probably meant by a service that the site does not have. Pure: from lists that were read.

Only what the resource's namespace may manage is looked at and named: `may` says of a folder whether it is
allowed there. Names are the site's own words until they are shown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.names import folded
from arcgis_operator.core.said import Raw, Show, cut

NAMED = 3  # services or folders in one sentence
COMPARED = 2000  # names of one folder, at most: comparing takes time
ALIKE = 0.8  # of 1: one wrong letter in five
LENGTH = 200  # of a title in a sentence
LISTED = "The list of its folder names it all the same: check on the site whether it can be opened there."
May = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder as the site lists it; `folders` are those of the site, in the root's list only."""

    services: tuple[ServiceRef, ...]
    folders: tuple[str, ...] = ()


def likely(asked: ServiceRef, lists: Mapping[str, Listing], may: May, show: Show) -> str:
    """A sentence that names the likely mistake and the field to mend, empty when nothing is near.

    `lists` are by the folded name of their folder, the root has none.
    """
    known = [one for listing in lists.values() for one in listing.services if may(one.folder)]
    if any(one.key == asked.key for one in known):
        return LISTED
    for near, mend in _mistakes(asked, known):
        if near:
            named = " and ".join(cut(show(Raw(one.title)), LENGTH) for one in near[:NAMED])
            return f"There is {named}: {mend(near[0]) if len(near) == 1 else 'check spec.service'}."
    return _folders(asked, lists, may, show)


Mistake = tuple[list[ServiceRef], Callable[[ServiceRef], str]]


def _mistakes(asked: ServiceRef, known: list[ServiceRef]) -> Iterator[Mistake]:
    """From the likeliest on; each with what to do about it."""
    here = [one for one in known if folded(one.folder) == folded(asked.folder)]
    named = [one for one in known if folded(one.name) == folded(asked.name)]
    yield [one for one in named if folded(one.type) == folded(asked.type)], _folder
    yield [one for one in named if one in here], lambda one: "set spec.service.type"
    yield _alike(asked, here), lambda one: "check spec.service.name"
    yield named, lambda one: "check spec.service"
    yield _alike(asked, known), lambda one: "check spec.service"


def _folder(one: ServiceRef) -> str:
    return "set spec.service.folder" if one.folder else "leave spec.service.folder out"


def _alike(asked: ServiceRef, among: Iterable[ServiceRef]) -> list[ServiceRef]:
    """The service of the same type whose name is nearest."""
    names = {folded(one.name): one for one in among if folded(one.type) == folded(asked.type)}
    found = get_close_matches(folded(asked.name), list(names)[:COMPARED], n=1, cutoff=ALIKE)
    return [names[name] for name in found]


def _folders(asked: ServiceRef, lists: Mapping[str, Listing], may: May, show: Show) -> str:
    """The folders where it may be, or the one that was probably meant."""
    root = lists.get("")
    if root is None:
        return ""
    allowed = [name for name in root.folders if may(name)]
    if asked.folder and folded(asked.folder) not in map(folded, root.folders):
        near = get_close_matches(asked.folder, allowed[:COMPARED], n=1, cutoff=ALIKE)
        named = f"; there is {cut(show(Raw(near[0])), LENGTH)}" if near else ""
        return f"The site has no folder {asked.folder}{named}: check spec.service.folder."
    unread = [cut(show(Raw(name)), LENGTH) for name in allowed if folded(name) not in lists]
    if not unread:
        return ""
    more = " and others" if len(unread) > NAMED else ""
    return f"If it is in a folder ({', '.join(unread[:NAMED])}{more}), set spec.service.folder."
