"""Faults without end, drawn by a seed: at the site, on the way to the API server, and to the process itself.

Each fault is over after seconds. None lets a request take effect later than the settle time: that is the one
thing which no client can make good.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from endure_house import House

from harness.bench import SERVICES
from harness.cuts import STATUS
from harness.planted import HTML, Match, error_event, refusal

Json = Any
Fault = Callable[[House, random.Random], None]
PAUSE_SECONDS = (0.5, 3.0)
WRITES = Match("PATCH", STATUS)
READS = Match("GET", r"/(arcgisservices|arcgissites)")


def at_the_site(do: Json, *, when: str = "before", most: int = 6, **match: Any) -> Fault:
    """A few requests go wrong."""
    return lambda house, chance: void(house.site.fault(do, when=when, times=chance.randint(1, most), **match))


def for_seconds(do: Json, seconds: float, **match: Any) -> Fault:
    """All such requests go wrong for so long."""

    def fault(house: House, chance: random.Random) -> None:
        house.site.fault(do, times=None, **match)
        time.sleep(seconds)
        house.site.clear_faults()

    return fault


def on_the_way(match: Match, *, most: int = 6, **deed: Any) -> Fault:
    """A few requests to the API server go wrong."""
    return lambda house, chance: void(house.proxy.rule(match, times=chance.randint(1, most), **deed))


def in_the_stream(**deed: Any) -> Fault:
    """Some events go wrong."""
    return lambda house, chance: void(house.proxy.watch_rule(SERVICES, **deed))


def api_server_refuses(seconds: float) -> Fault:
    """It refuses everything for so long."""

    def fault(house: House, chance: random.Random) -> None:
        house.proxy.rule(Match(), answer=refusal(503, "ServiceUnavailable"), times=None)
        time.sleep(seconds)
        house.proxy.clear()

    return fault


def frozen(seconds: float) -> Fault:
    """The operator stands still for so long."""

    def fault(house: House, chance: random.Random) -> None:
        house.operator.freeze()
        time.sleep(seconds)
        house.operator.thaw()

    return fault


def killed(house: House, chance: random.Random) -> None:
    """SIGKILL, and a successor soon after."""
    house.kill_operator()
    time.sleep(chance.uniform(0, 2))
    house.start_operator()


def void(_: object) -> None:
    """Forgets an answer."""


AT_THE_SITE: Mapping[str, Fault] = {
    "edits are reset before they are taken": at_the_site({"reset": True}, operation="edit"),
    "edits are taken, their answers lost": at_the_site({"drop": True}, when="after", operation="edit"),
    "edits are taken, a gateway says 504": at_the_site(
        {"status": 504, "html": True}, when="after", operation="edit"
    ),
    "edits come late, after the client gave up": at_the_site({"delay": 1.5}, operation="edit"),
    "edits are refused by a busy gateway": at_the_site({"status": 503, "html": True}, operation="edit"),
    "services are read as a sign-in page": at_the_site({"html": True}, operation="service"),
    "reads of services hang": at_the_site({"hang": True}, operation="service"),
    "the list of jobs is an error": at_the_site({"status": 500}, operation="jobs"),
    "jobs cannot be read": at_the_site({"reset": True}, operation="job"),
    "jobs are not found": at_the_site({"status": 404}, operation="job"),
    "everything is slow": at_the_site({"delay": 0.3}, most=60),
    "every connection is reset": for_seconds({"reset": True}, 2.0),
    "every request is answered 503": for_seconds({"status": 503, "html": True}, 2.0),
    "no request is answered": for_seconds({"hang": True}, 3.0),
    "all tokens expire": lambda house, chance: house.site.expire_tokens(),
    "a job fails": lambda house, chance: house.site.next_job(outcome="FAILED"),
}
ON_THE_WAY: Mapping[str, Fault] = {
    "writes of the status are lost": on_the_way(WRITES, reset=True),
    "writes of the status are done, the answer is lost": on_the_way(WRITES, when="after", reset=True),
    "writes of the status are done, and said to have timed out": on_the_way(
        WRITES, when="after", answer=refusal(504, "Timeout")
    ),
    "writes of the status are too many": on_the_way(WRITES, answer=refusal(429, Retry_After="1")),
    "writes of the status conflict": on_the_way(WRITES, answer=refusal(409, "Conflict")),
    "reads are a web page": on_the_way(READS, answer=HTML),
    "reads are refused": on_the_way(READS, answer=refusal(503, "ServiceUnavailable")),
    "the API server refuses everything for a moment": api_server_refuses(1.0),
    "the API server refuses everything, the term ends": api_server_refuses(4.0),
    "the watches are cut": lambda house, chance: house.proxy.cut_streams(),
    "an event is cut in two": in_the_stream(cut_at=40, then="reset"),
    "the stream expires": in_the_stream(instead=error_event(410, "Expired"), then="end"),
    "events come twice": in_the_stream(twice=True, times=20),
    "events come late": in_the_stream(delay=1.0),
    "the operator stands still for a moment": frozen(0.8),
    "the operator stands still until its term is over": frozen(3.5),
}
FAULTS: Mapping[str, Fault] = {**AT_THE_SITE, **ON_THE_WAY}
"""All that the process must live through."""
KILLED = "the operator is killed"
WITH_KILLS: Mapping[str, Fault] = {
    **FAULTS,
    **dict.fromkeys([KILLED, f"{KILLED} (2)", f"{KILLED} (3)"], killed),
}


class Mischief:
    """Does one fault after the other in a thread of its own, as long as the context is open."""

    def __init__(self, house: House, chance: random.Random, faults: Mapping[str, Fault]) -> None:
        self._house, self._chance, self._faults = house, chance, faults
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mischief")
        self._broke: list[BaseException] = []
        self.done: Counter[str] = Counter()

    def _run(self) -> None:
        names = sorted(self._faults)
        try:
            while not self._over.wait(self._chance.uniform(*PAUSE_SECONDS)):
                name = self._chance.choice(names)
                self._faults[name](self._house, self._chance)
                self.done[name.partition(" (")[0]] += 1
        except BaseException as error:
            self._broke.append(error)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """The last fault ends, and what is still planted goes."""
        self._over.set()
        self._thread.join()
        self._house.site.clear_faults()
        self._house.proxy.clear()
        if self._broke and kind is None:
            raise self._broke[0]
