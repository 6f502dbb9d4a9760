"""Which cases there are: every request site of every flow with every cut, made from tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from fault_cases import CUTS
from fault_sites import RequestSite, known

AROUND_SUBMIT = (
    "kubernetes PATCH arcgisservices/*/status Intended 1",
    "site edit 1",
    "kubernetes PATCH arcgisservices/*/status Running 1",
)
"""Where a second kill may hurt most: three sites, each with four cuts."""
RECOVERY = (
    "site jobs 1",
    "site service 1",
    "kubernetes PATCH arcgisservices/*/status Idle 1",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A flow, and a kill or two."""

    flow: str
    kills: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " then ".join([self.flow, *(f"{site}: {cut}" for site, cut in self.kills)])

    def steps(self) -> list[tuple[RequestSite, str]]:
        return [(RequestSite.parse(site), cut) for site, cut in self.kills]


def kills() -> Iterator[Plan]:
    """One kill at every site of every flow, at every cut."""
    for flow, sites in known().items():
        for site in sites:
            for cut in CUTS:
                if not (_is_stream(site) and CUTS[cut].when == "after"):
                    yield Plan(flow, ((site, cut),))


def second_kills() -> Iterator[Plan]:
    """The successor of an update that was killed around its submit is killed as well, while it recovers."""
    for first in AROUND_SUBMIT:
        for cut in CUTS:
            for second in RECOVERY:
                for again in CUTS:
                    yield Plan("update", ((first, cut), (second, again)))


def _is_stream(site: str) -> bool:
    """A watch has no answer that could be lost as a whole: its faults are in `tests/e2e`."""
    return RequestSite.parse(site).what.startswith("WATCH ")
