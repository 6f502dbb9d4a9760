"""Features of resources: a second one on the service, more of them, what is declared, what becomes of it."""

from __future__ import annotations

from random import Random

from pairs_scene import GIS, HOUR, LAST, MAIN, OFFSETS, OTHERS, Declared, Script, When, feature, when

YOUNGER, ELDER = "2026-11-23T11:30:00Z", "2026-11-23T10:00:00Z"


def _second(script: Script, draw: Random, site: str) -> None:
    """Another resource for the same service, there from the start or later; it may change, and it may go."""
    created = draw.choice((YOUNGER, ELDER))
    at = draw.choice((2.0, when(script, draw)))
    second = Declared("second", GIS, site, MAIN, created)
    if isinstance(at, When):
        script.do(at, "make", resource=second)
    else:
        script.resources.append(Declared("second", GIS, site, MAIN, created, at=at))
    if draw.random() < 0.6:
        script.do(when(script, draw), "declare", name="second", text="second v2")
    if draw.random() < 0.35:
        script.do(when(script, draw), "delete", name=draw.choice(("second", "main")))


@feature("second on the same site", "second")
def second_same(script: Script, draw: Random) -> None:
    _second(script, draw, "prod")


@feature("second by another ArcGISSite", "second")
def second_site(script: Script, draw: Random) -> None:
    owner = draw.choice(("", "owner"))
    script.sites["other"] = (
        {"credentials": {"secretRef": {"name": f"login-{owner}"}}, "_user": owner} if owner else {}
    )
    _second(script, draw, "other")


@feature("second by another address", "second")
def second_address(script: Script, draw: Random) -> None:
    script.sites["other"] = {"url": "https://alias.test/arcgis"}
    _second(script, draw, "other")


def more(script: Script, draw: Random, count: int) -> None:
    """Resources for other services, which change as well."""
    for number, title in enumerate(OTHERS[:count]):
        name = f"more{number}"
        script.resources.append(Declared(name, service=title, at=round(draw.uniform(0, 3), 1)))
        for version in (2, 3):
            script.do(when(script, draw), "declare", name=name, text=f"{name} v{version}")


def folder_of_many(script: Script, draw: Random) -> None:
    """A folder of so many services that one request looks at all of them."""
    if any(one.get("folderName") == "Many" for one in script.services):
        return
    for number in range(8):
        named = {
            "serviceName": f"Layer{number}",
            "type": "MapServer",
            "folderName": "Many",
            "description": "x",
        }
        script.services.append(named)
        script.resources.append(Declared(f"layer{number}", service=f"Many/Layer{number}.MapServer", at=1.0))
    script.do(when(script, draw), "declare", name="layer0", text="layer0 v2")
    script.do(when(script, draw), "drift", title="Many/Layer1.MapServer", sets={"description": "by hand"})


@feature("one slot")
def one_slot(script: Script, draw: Random) -> None:
    """Jobs of all services may stand in line when the last change is made."""
    script.limits["maxJobs"] = 1
    more(script, draw, 2)


@feature("few requests")
def few_requests(script: Script, draw: Random) -> None:
    script.limits["requestsPerSecond"] = draw.choice((1, 2))
    more(script, draw, 1)


@feature("many changes")
def many_changes(script: Script, draw: Random) -> None:
    """More than an hour's budget."""
    for number in range(14):
        script.do(
            20 + number * draw.choice((60.0, 90.0)), "declare", name="main", text=f"main change {number}"
        )
    script.length = max(script.length, HOUR + LAST + 1500)


def over(start: When, draw: Random, seconds: tuple[int, ...]) -> float:
    """When something is over that began then."""
    pause = draw.choice(seconds)
    return LAST - 60 if start.trigger else max(start.seconds, 5) + pause


@feature("suspended resource", "suspend")
def suspended_resource(script: Script, draw: Random) -> None:
    name = draw.choice(("main", "main", "second"))
    start = when(script, draw, before=20)
    script.do(start, "suspend", name=name, suspended=True)
    script.do(over(start, draw, (5, 60, 200)), "suspend", name=name, suspended=False)


@feature("suspended site", "suspend")
def suspended_site(script: Script, draw: Random) -> None:
    """For a while; or from the start until the first edits have left by another one."""
    name = draw.choice(("prod", "prod", "other"))
    if draw.random() < 0.3:
        script.sites[name] = {**script.sites.get(name, {}), "suspend": True}
        script.do(
            When(draw.choice(OFFSETS), "edit", draw.choice((1, 1, 2))),
            "site",
            name=name,
            spec={"suspend": False},
        )
        script.do(LAST - 60, "site", name=name, spec={"suspend": False})
        return
    start = when(script, draw, before=20)
    script.do(start, "site", name=name, spec={"suspend": True})
    script.do(over(start, draw, (5, 60, 200)), "site", name=name, spec={"suspend": False})


@feature("made anew")
def made_anew(script: Script, draw: Random) -> None:
    gap = draw.choice((0.0, 0.5, 3.0, 30.0, 120.0))
    script.do(when(script, draw), "remake", name="main", gap=gap, text="main anew")


@feature("deleted")
def deleted(script: Script, draw: Random) -> None:
    """For good, while its job runs as well."""
    script.do(when(script, draw), "delete", name="main")


@feature("typo")
def typo(script: Script, draw: Random) -> None:
    name = draw.choice(("main", "main", "second"))
    seconds = draw.choice((1.0, 3.0, 5.0, 40.0, 120.0))
    script.do(when(script, draw), "typo", name=name, seconds=seconds, text=f"{name} mended")


@feature("change taken back")
def taken_back(script: Script, draw: Random) -> None:
    """What was live before is wanted again, while the job of the change runs or soon after."""
    number = draw.choice((1, 2))
    at = When(draw.choice(OFFSETS[:9]), "edit", number + 1) if draw.random() < 0.7 else when(script, draw)
    script.do(at, "declare", name="main", text=f"main v{number}")
    if draw.random() < 0.3:
        later = When(at.seconds + draw.choice(OFFSETS), at.trigger, at.nth)
        script.do(later, "declare", name="main", text=f"main v{number + 1}")


@feature("several annotations")
def annotations(script: Script, draw: Random) -> None:
    """A try is asked for in two ways; at times what is open is given up, or the resource is suspended."""
    first, second = draw.sample(("arcgis-operator.dev/requestedAt", "reconcile.fluxcd.io/requestedAt"), 2)
    at = when(script, draw)
    script.do(at, "annotate", name="main", notes={first: "first"}, abandon=draw.random() < 0.5)
    later = When(at.seconds + draw.choice((0.0, 1.0, 30.0, 200.0)), at.trigger, at.nth)
    script.do(later, "annotate", name="main", notes={second: "second"}, abandon=draw.random() < 0.3)
    if draw.random() < 0.4:
        script.do(later, "suspend", name="main", suspended=True)
        script.do(over(later, draw, (5, 60, 200)), "suspend", name="main", suspended=False)


@feature("short job timeout")
def short_timeout(script: Script, draw: Random) -> None:
    """A job is overdue, or lost, while other things go wrong."""
    script.job_seconds = min(script.job_seconds, 120.0)
    script.ways["settings"] = {"job_timeout_seconds": draw.choice((240.0, 300.0))}
