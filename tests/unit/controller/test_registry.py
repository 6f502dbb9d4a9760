"""Which resource speaks for which service."""

from typing import Any

from arcgis_operator.controller.registry import Registry
from arcgis_operator.reconcilers.ports import Claim, Name

Body = dict[str, Any]


def service(name: str, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Body:
    """An ArcGISService on the roads of `prod`."""
    wanted = {
        "siteRef": {"name": "prod"},
        "service": {"folder": "Transport", "name": "Roads", "type": "MapServer"},
    }
    metadata = {
        "namespace": "gis",
        "name": name,
        "uid": f"uid-{name}",
        "creationTimestamp": created,
        "generation": 1,
    }
    return {
        "metadata": metadata,
        "spec": {**wanted, **spec},
        "status": {"observedGeneration": 1, "journal": {"phase": "Idle"}},
    }


def site(name: str = "prod", url: str = "https://gis.example.com/arcgis") -> Body:
    """An ArcGISSite."""
    return {
        "metadata": {"namespace": "gis", "name": name},
        "spec": {"url": url, "credentials": {"secretRef": {"name": "s"}}},
    }


def registry() -> tuple[Registry, list[str]]:
    """With the keys it wakes."""
    woken: list[str] = []
    return Registry(woken.append), woken


def two_addresses(one: Registry) -> tuple[str, str]:
    """The keys of `a` and `b`, which reach one site by two addresses."""
    one.site_seen(site())
    one.site_seen(site("alias", "https://10.0.0.1/arcgis"))
    return one.service_seen(service("a")), one.service_seen(service("b", siteRef={"name": "alias"}))


KEY = "https://gis.example.com/arcgis|transport/roads.mapserver"


def test_the_oldest_resource_speaks_for_the_service() -> None:
    """Then namespace and name decide."""
    one, _ = registry()
    one.site_seen(site())
    for body in (service("b"), service("a"), service("young", "2026-01-02T00:00:00Z")):
        assert one.service_seen(body) == KEY
    assert one.claim(KEY) == Claim(Name("gis", "a"), (Name("gis", "b"), Name("gis", "young")))


def test_two_spellings_of_one_service_have_one_key() -> None:
    """Case, port and trailing dot make no difference."""
    one, _ = registry()
    one.site_seen(site())
    one.site_seen(site("other", "https://GIS.Example.com:443/arcgis"))
    shouted = service(
        "b", siteRef={"name": "other"}, service={"folder": "TRANSPORT", "name": "ROADS", "type": "MapServer"}
    )
    assert one.service_seen(service("a")) == one.service_seen(shouted) == KEY


def test_a_resource_whose_site_is_not_there_has_a_key_of_its_own_until_it_is() -> None:
    """The site's arrival moves it, and the key it leaves is woken."""
    one, woken = registry()
    assert one.service_seen(service("a")) == "|gis/a"
    assert one.site_seen(site()) == (KEY,)
    assert woken == ["|gis/a"]
    assert one.site_gone(Name("gis", "prod")) == ("|gis/a",)


def test_two_keys_with_the_id_of_one_service_are_joined() -> None:
    """The second one gives way, and the first is woken for both."""
    one, woken = registry()
    first, second = two_addresses(one)
    assert one.identify(first, "s1")
    assert not one.identify(second, "s1")
    assert one.claim(first) == Claim(Name("gis", "a"), (Name("gis", "b"),))
    assert one.claim(second) == Claim(None)
    assert first in woken


def test_when_the_first_key_has_nobody_left_the_second_stands_for_itself() -> None:
    """A deleted resource does not hold a service for ever."""
    one, _ = registry()
    first, second = two_addresses(one)
    one.identify(first, "s1")
    one.service_gone(Name("gis", "a"))
    assert one.identify(second, "s1")


def test_echoes_of_our_own_status_writes_are_no_news() -> None:
    """A new generation, a new object, an asked-for try and a wiped status are."""
    one, _ = registry()
    one.site_seen(site())
    one.service_seen(service("a"))
    echo = service("a")
    echo["metadata"]["resourceVersion"] = "99"
    queued = {"status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "reason": "Queued"}]}}
    assert not one.is_news(echo)
    assert not one.is_news({**echo, **queued}), "nothing of it was ever sent, so there is no journal"
    for change in (
        {"metadata": {**echo["metadata"], "generation": 2}},
        {"metadata": {**echo["metadata"], "uid": "another"}},
        {"metadata": {**echo["metadata"], "annotations": {"arcgis-operator.dev/requestedAt": "now"}}},
        {"status": {}},
        {"status": {"observedGeneration": -1}},
        {"status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}},
    ):
        assert one.is_news({**echo, **change})


def test_an_unreadable_spec_has_a_key_of_its_own() -> None:
    """It is nobody's rival."""
    one, _ = registry()
    one.site_seen(site())
    assert one.service_seen(service("a", service={"name": "../x", "type": "MapServer"})) == "|gis/a"


def test_nothing_is_kept_of_a_service_that_nobody_speaks_for() -> None:
    """Neither its key nor the ids and joined keys that led to it."""
    one, _ = registry()
    first, second = two_addresses(one)
    one.identify(first, "s1")
    one.identify(second, "s1")
    one.tidy()
    assert one.service_seen(service("b", siteRef={"name": "alias"})) == first, "joined keys are tidy"
    for name in "ab":
        one.service_gone(Name("gis", name))
    assert one.keys() == ()
    one.tidy()
    assert one.service_seen(service("b", siteRef={"name": "alias"})) == second
    assert one.identify(second, "s1")


def test_a_site_is_told_which_services_are_declared_and_by_whom() -> None:
    one, _ = registry()
    one.site_seen(site())
    one.service_seen(service("a"))
    one.service_seen(service("elsewhere", siteRef={"name": "another"}))
    one.service_seen(service("nonsense", service={"name": "Roads"}))
    assert one.declared(Name("gis", "prod")) == {("gis", "Transport/Roads.MapServer")}
    one.service_gone(Name("gis", "a"))
    assert one.declared(Name("gis", "prod")) == frozenset()


def test_a_key_joined_with_one_that_is_joined_later_goes_along() -> None:
    """Left behind, its turn would find the same again and again, without a pause."""
    one, _ = registry()
    first, second = two_addresses(one)
    one.site_seen(site("third", "https://10.0.0.2/arcgis"))
    third = one.service_seen(service("c", siteRef={"name": "third"}))
    assert one.identify(first, "s1")
    assert not one.identify(second, "s1")
    assert one.identify(third, "s2")
    assert not one.identify(first, "s2"), "the service was made anew on the site"
    assert one.claim(third) == Claim(Name("gis", "a"), (Name("gis", "b"), Name("gis", "c")))
    assert one.claim(first) == one.claim(second) == Claim(None)
