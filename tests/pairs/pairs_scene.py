"""A scene as data: what is set up, what happens when, and what is broken. Features write into it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.fault import Fault

Json = Any
OFFSETS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 50.0, 75.0, 95.0, 130.0)
"""Seconds after a moment at which something else happens: within a request, a job, a settle time."""
JOBS = (2.0, 20.0, 46.0, 120.0, 300.0)
LAST = 1500.0
"""From here on nothing is broken any more, but for what a feature says stays so."""
LAPSES = LAST + 300
STORM_BOUND = 3
"""So many services may drift in a storm before a person is asked."""
HOUR = 3600.0
ATTEMPTS = 3
"""Jobs of one wish at most."""
FORGOTTEN_SECONDS = 1810
"""Until an attempt is over whose job the site has forgotten."""
GIS, TEAM = "gis", "team"
MAIN = "FireWeatherWatch.MapServer"
OTHERS = (
    "SampleWorldCities.MapServer",
    "Transport/TrafficCounts.MapServer",
    "Transport/Addresses.GeocodeServer",
)


@dataclass(frozen=True, slots=True)
class When:
    """Seconds of the scene; or seconds after the nth time of a trigger: `edit`, `intent`, `list`, …"""

    seconds: float
    trigger: str = ""
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """An act of `Place` by its name."""

    when: When
    act: str
    facts: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Catch:
    """A fault for the next `times` requests of an operation since a time; `part` of its path, if any.

    One that counts is over at `LAPSES` all the same: a site that is asked rarely has requests for hours.
    """

    operation: str
    fault: Fault
    since: float = 0.0
    times: float = 1
    part: str = ""
    nth: int = 1
    arrives: float = 0.0
    """The answer is made at once and comes after so many seconds."""

    def takes(self, operation: str, path: str, now: float) -> bool:
        if operation != self.operation or now < self.since or self.times < 1 or self.part not in path:
            return False
        if self.times != math.inf and now > LAPSES:
            return False
        self.nth -= 1
        if self.nth > 0:
            return False
        self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource at the start: `created` orders it among others. It is made at `at`."""

    name: str
    namespace: str = GIS
    site: str = "prod"
    service: str = MAIN
    created: str = "2026-11-23T11:00:00Z"
    settings: Json = None
    at: float = 0.0

    @property
    def path(self) -> str:
        return path_of("arcgisservices", self.namespace, self.name)


def path_of(plural: str, namespace: str, name: str) -> str:
    return f"/apis/arcgis-operator.dev/v1alpha1/namespaces/{namespace}/{plural}/{name}"


@dataclass(slots=True)
class Script:
    """All that is to be done. What the judge has to know stands in it as well."""

    seed: int
    features: tuple[str, ...]
    moments: tuple[float, ...] = ()
    job_seconds: float = 2.0
    switches: dict[str, Json] = field(default_factory=dict)
    sites: dict[str, Json] = field(default_factory=dict)
    limits: dict[str, Json] = field(default_factory=dict)
    access: list[Json] = field(default_factory=list)
    resources: list[Declared] = field(default_factory=list)
    services: list[Json] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    catches: list[Catch] = field(default_factory=list)
    ways: dict[str, Json] = field(default_factory=dict)
    """Switches of the place itself: `latency`, `trims`, `strips`, `fold`, …"""
    password: str = ""
    main_namespace: str = GIS
    quiet_from: float = LAST
    length: float = HOUR
    """Of the scene; and what is left of it at `LAST` follows the last event, should that come later."""
    value: str = ""
    """What each declared description ends with."""

    def do(self, when: When | float, act: str, **facts: Json) -> None:
        at = When(when) if isinstance(when, (int, float)) else when
        self.events.append(Event(at, act, facts))


Write = Callable[[Script, random.Random], None]


@dataclass(frozen=True, slots=True)
class Feature:
    """One noun; `kind` names those of which a scene has one at most."""

    name: str
    write: Write
    kind: str = ""


FEATURES: dict[str, Feature] = {}


def feature(name: str, kind: str = "") -> Callable[[Write], Write]:
    def note(write: Write) -> Write:
        FEATURES[name] = Feature(name, write, kind)
        return write

    return note


def fit(one: str, other: str) -> bool:
    """Whether the two can be in one scene."""
    kind = FEATURES[one].kind
    return one != other and not (kind and kind == FEATURES[other].kind)


@dataclass(frozen=True, slots=True)
class Scene:
    """A seed and the features it is drawn with."""

    seed: int
    features: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.seed}:{'+'.join(self.features)}"

    @classmethod
    def parse(cls, text: str) -> Scene:
        seed, _, names = text.partition(":")
        features = tuple(sorted(name for name in names.split("+") if name))
        if unknown := [name for name in features if name not in FEATURES]:
            raise ValueError(f"no such feature: {', '.join(unknown)}")
        return cls(int(seed), features)

    def script(self) -> Script:
        """Each feature draws from a lot of its own: taking another one away changes nothing for it."""
        draw = random.Random(f"{self.seed}/base")
        second, third = (
            round(draw.uniform(120, 420), 1),
            round(draw.choice([601.5, draw.uniform(601, 1250)]), 1),
        )
        script = Script(self.seed, self.features, (second, third), draw.choice(JOBS))
        for name in sorted(self.features, key=lambda one: (FEATURES[one].kind != "ground", one)):
            FEATURES[name].write(script, random.Random(f"{self.seed}/{name}"))
        script.resources.insert(0, Declared("main", script.main_namespace))
        if script.limits.get("maxJobs") == 1:
            line = max(12, ATTEMPTS * len(script.resources)) * script.job_seconds
            script.length = max(script.length, LAST + line + 600)
        if script.ways.get("jobs fail") and "jobs_kept_seconds" in script.switches:
            script.length = max(script.length, LAST + (ATTEMPTS + 1) * FORGOTTEN_SECONDS + 600)
        for number, at in enumerate(script.moments, 2):
            script.do(at, "declare", name="main", text=f"main v{number}")
        return script


def when(script: Script, draw: random.Random, before: float = 0.0) -> When:
    """Near a change, near a request of ours, or anywhere; up to `before` seconds ahead of a change."""
    chance = draw.random()
    if chance < 0.5:
        at = draw.choice(script.moments)
        early = before and draw.random() < 0.4
        return When(max(1.0, at - before * draw.random()) if early else at + draw.choice(OFFSETS))
    if chance < 0.75:
        return When(draw.choice(OFFSETS[:9]), "edit", draw.choice((1, 2, 2, 3)))
    if chance < 0.85:
        return When(draw.choice((0.2, 1.0, 2.0)), "list", draw.choice((1, 2, 3)))
    return When(round(draw.uniform(20, LAST - 200), 1))
