"""Request sites: the places at which the operator sends a request, learned from clean runs.

A site is what a request is, and which of its kind it is in the flow: `kubernetes PATCH
arcgisservices/*/status Intended 1`, `site edit 1`. `sites.json` keeps them for each flow; a clean run that
shows another one fails a test, for it would have no plans.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from harness.planted import Asked, Match

Json = Any
FILE = Path(__file__).parent / "sites.json"
MOST = 2
"""So many of one kind get plans: what follows are repetitions, as often as time allows."""
REPEATED = frozenset({"PUT leases/*", "GET leases/*", "job", "POST events", "PATCH arcgisservices/*/status"})
"""Sent again and again at a pace of their own: the first one stands for all."""
TURN_OF_THE_SITE = frozenset({"root", "mode", "GET arcgissites/*", "PATCH arcgissites/*/status"})
"""An ArcGISSite has its own turns; only these flows are sure to bring one."""
WITH_A_TURN_OF_THE_SITE = frozenset({"create", "site suspended", "restart", "many drifts, then restored"})
_NAMESPACED = re.compile(r"/namespaces/[^/]+/(?P<rest>.+)$")
_NAMESPACE = re.compile(r"/(?P<rest>namespaces/[^/]+)$")


@dataclass(frozen=True, slots=True, order=True)
class RequestSite:
    """`peer` is kubernetes or site; `what` is method, kind and phase, or the operation; `nth` from 1."""

    peer: str
    what: str
    nth: int

    def __str__(self) -> str:
        return f"{self.peer} {self.what} {self.nth}"

    @classmethod
    def parse(cls, text: str) -> Self:
        peer, _, rest = text.partition(" ")
        what, _, nth = rest.rpartition(" ")
        return cls(peer, what, int(nth))

    @property
    def match(self) -> Match:
        """For the proxy before the API server."""
        method, kind, *phase = self.what.split(" ")
        watch = method == "WATCH"
        path = rf"/{kind.replace('*', '[^/]+')}$"
        return Match("GET" if watch else method, path, phase[0] if phase else "", watch)


def learned(asked: Iterable[Asked], operations: Iterable[str]) -> list[str]:
    """The sites of one run, in order of their first appearance for each peer."""
    kinds = [("kubernetes", _kind(one)) for one in asked] + [("site", one) for one in operations]
    counts: Counter[tuple[str, str]] = Counter()
    sites = []
    for peer, what in kinds:
        counts[peer, what] += 1
        if counts[peer, what] <= (1 if what in REPEATED else MOST):
            sites.append(str(RequestSite(peer, what, counts[peer, what])))
    return sites


def known() -> Mapping[str, list[str]]:
    """The sites of each flow that every clean run shows (`steady`)."""
    return {flow: kept["steady"] for flow, kept in json.loads(FILE.read_text()).items()}


def kinds(sites: Iterable[str]) -> set[str]:
    """What the sites are, without their number: how often one comes depends on time."""
    return {site.rpartition(" ")[0] for site in sites}


def kinds_ever_seen() -> set[str]:
    """Those of all clean runs of all flows."""
    kept = json.loads(FILE.read_text()).values()
    return {kind for one in kept for kind in kinds([*one["steady"], *one["unsteady"]])}


def keep(runs: Mapping[str, list[list[str]]]) -> None:
    """Writes what several clean runs of each of these flows showed."""
    kept = json.loads(FILE.read_text())
    for flow, shown in runs.items():
        steady = [site for site in shown[0] if all(site in run for run in shown) and _is_sure(flow, site)]
        unsteady = sorted({site for run in shown for site in run} - set(steady))
        kept[flow] = {"steady": steady, "unsteady": unsteady}
    FILE.write_text(json.dumps(kept, indent=2) + "\n")


def _is_sure(flow: str, site: str) -> bool:
    return flow in WITH_A_TURN_OF_THE_SITE or RequestSite.parse(site).what not in TURN_OF_THE_SITE


def _kind(asked: Asked) -> str:
    """`PATCH arcgisservices/*/status Intended`: names are left out, the phase that is stored is told."""
    found = _NAMESPACED.search(asked.path) or _NAMESPACE.search(asked.path)
    rest = found["rest"] if found else asked.path.strip("/").rpartition("/")[2]
    plural, *name = rest.split("/")
    kind = "/".join([plural, *("*" for _ in name[:1]), *name[1:]])
    method = "WATCH" if asked.watch else asked.method
    return " ".join(filter(None, (method, kind, asked.phase)))
