"""Which resource speaks for which service."""

from collections.abc import Iterator
from typing import Any

from arcgis_operator.core import plan
from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import Desired
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.reconcilers.registry import Claim, Registry

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


PROD = Name("gis", "prod")
A, B, C = (Name("gis", name) for name in "abc")
KEY = "https://gis.example.com/arcgis|transport/roads.mapserver"


def test_a_turn_can_ask_whether_those_it_heard_are_still_all() -> None:
    one, _ = registry()
    one.site_seen(site())
    one.service_seen(service("b"))
    assert one.are_all({B}, KEY)
    one.service_seen(service("a"))
    assert not one.are_all({B}, KEY)
    assert one.are_all({A, B}, KEY)


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
    assert one.site_gone(Name("gis", "prod")) == (KEY,), "what is away for a moment moves nothing"


def test_two_keys_with_the_id_of_one_service_are_joined() -> None:
    """The second one gives way, and the first is woken for both."""
    one, woken = registry()
    first, second = two_addresses(one)
    assert one.identify(A, "s1")
    assert not one.identify(B, "s1")
    assert one.claim(first) == Claim(Name("gis", "a"), (Name("gis", "b"),))
    assert one.claim(second) == Claim(None)
    assert first in woken


def test_when_the_first_key_has_nobody_left_the_second_stands_for_itself() -> None:
    """A deleted resource does not hold a service for ever."""
    one, _ = registry()
    _, second = two_addresses(one)
    one.identify(A, "s1")
    one.service_gone(A)
    one.tidy()
    assert one.identify(B, "s1")
    assert one.claim(second) == Claim(B)


def test_who_moves_to_another_key_is_told_where_it_was_once() -> None:
    """What is remembered of a lost request goes along."""
    one, _ = registry()
    first, second = two_addresses(one)
    one.identify(A, "s1")
    one.identify(B, "s1")
    assert one.came_from(first) == {second}
    assert one.came_from(first) == set()


def test_two_addresses_that_report_different_ids_are_parted_again() -> None:
    """One of them leads to another site by now; whoever stays keeps its key, if it can."""
    for leaver, stayer in ((A, B), (B, A)):
        one, _ = registry()
        first, second = two_addresses(one)
        one.identify(A, "s1")
        one.identify(B, "s1")
        assert one.confirm(leaver, "s1"), "still one service"
        assert not one.confirm(leaver, "s2")
        assert {one.claim(first).winner, one.claim(second).winner} == {A, B}
        assert one.confirm(stayer, "s1")
        assert one.confirm(leaver, "s2")


def test_a_service_made_anew_at_one_of_its_addresses_is_made_anew_at_all() -> None:
    """Until somebody has looked at the others, two edits at once are worse than one that waits."""
    one, _ = registry()
    first, _second = two_addresses(one)
    one.identify(A, "s1")
    one.identify(B, "s1")
    assert one.identify(A, "s2")
    assert one.claim(first) == Claim(A, (B,))


def told(url: str = "https://gis.example.com/arcgis", service_id: str = "s1", **journal: str) -> Body:
    """A status of ours."""
    named = {"phase": "Idle", "siteURL": url, "operationURI": URI, "serviceId": service_id, **journal}
    return {"observedGeneration": 1, "journal": named}


URI = "/arcgis/admin/services/Transport/Roads.MapServer/edit"


def test_a_process_that_begins_knows_from_the_statuses_which_addresses_are_one_service() -> None:
    """Else the younger of two would edit before the older one has been read."""
    one, _ = registry()
    one.site_seen(site())
    one.site_seen(site("alias", "https://10.0.0.1/arcgis"))
    first = one.service_seen({**service("a"), "status": told()})
    second = {**service("b", siteRef={"name": "alias"}), "status": told("https://10.0.0.1/arcgis")}
    assert one.service_seen(second) == first
    assert one.claim(first) == Claim(A, (B,))


def test_of_two_ids_in_a_status_the_newer_one_counts() -> None:
    """The service was made anew after the last edit, or an edit of the new one is open."""
    for journal, expected in (
        ({"intentTime": "2026-01-01T00:00:00Z"}, True),
        ({"intentTime": "2026-01-03T00:00:00Z"}, False),
        ({"intentTime": "2026-01-01T00:00:00Z", "phase": "Intended"}, False),
    ):
        one, _ = registry()
        one.site_seen(site())
        one.site_seen(site("alias", "https://10.0.0.1/arcgis"))
        first = one.service_seen({**service("a"), "status": told(service_id="new")})
        observed = {"serviceId": "new", "verifiedTime": "2026-01-02T00:00:00Z"}
        status = {**told("https://10.0.0.1/arcgis", "old", **journal), "observed": observed}
        second = one.service_seen({**service("b", siteRef={"name": "alias"}), "status": status})
        assert (second == first) is expected


def test_a_resource_whose_site_is_not_there_yet_has_the_key_that_its_status_names() -> None:
    """Its open edit would be forgotten, and somebody else's would follow."""
    one, _ = registry()
    assert one.service_seen({**service("a"), "status": told()}) == KEY
    other = {"folder": "Transport", "name": "Rivers", "type": "MapServer"}
    assert one.service_seen({**service("b", service=other), "status": told()}) == "|gis/b"


def test_a_spec_that_cannot_be_read_for_a_moment_keeps_its_key() -> None:
    """The rest of a spec never moves it, and neither does a reference that nobody can read."""
    one, _ = registry()
    one.site_seen(site())
    one.service_seen(service("a"))
    assert one.service_seen(service("a", settings={"properties": {"key": {"nested": 1}}})) == KEY
    assert one.service_seen(service("a", siteRef={"name": "../x"})) == KEY
    made_anew = service("a", siteRef={"name": "../x"})
    made_anew["metadata"]["uid"] = "another"
    made_anew["status"] = {}
    assert one.service_seen(made_anew) == "|gis/a"


def test_an_old_answer_does_not_forget_an_object_made_anew() -> None:
    one, woken = registry()
    one.site_seen(site())
    one.service_seen(service("a"))
    one.forget(A, "uid-of-before")
    assert one.claim(KEY) == Claim(A)
    one.forget(A, "uid-a")
    assert one.claim(KEY) == Claim(None)
    assert woken == [KEY]
    assert (one.uid(A), one.address(A), one.identify(A, "s1"), one.confirm(A, "s1")) == ("", "", True, True)


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


def test_a_folder_looks_for_a_service_only_while_it_is_at_rest() -> None:
    """Those of a suspended site are not: whoever wants them looked at has to ask for each."""
    one, _ = registry()
    one.site_seen(site())
    folder = KEY.rpartition("/")[0]
    rest = {"observedGeneration": 1, "journal": {"phase": "Idle"}}
    ready = {"type": "Ready", "status": "True", "reason": "Converged", "observedGeneration": 1}
    suspended = ready | {"status": "Unknown", "reason": "Suspended"}
    for condition, shelf in ((ready, folder), (suspended, None)):
        one.service_seen(service("a") | {"status": rest | {"conditions": [condition]}})
        assert one.shelf_of(KEY) == shelf


def test_an_unreadable_spec_has_a_key_of_its_own() -> None:
    """It is nobody's rival."""
    one, _ = registry()
    one.site_seen(site())
    assert one.service_seen(service("a", service={"name": "../x", "type": "MapServer"})) == "|gis/a"


def test_nothing_is_kept_of_a_service_that_nobody_speaks_for() -> None:
    """Neither its key nor the ids and joined keys that led to it."""
    one, _ = registry()
    first, second = two_addresses(one)
    one.identify(A, "s1")
    one.identify(B, "s1")
    one.tidy()
    assert one.service_seen(service("b", siteRef={"name": "alias"})) == first, "joined keys are tidy"
    for name in "ab":
        one.service_gone(Name("gis", name))
    assert one.keys() == ()
    one.tidy()
    assert one.service_seen(service("b", siteRef={"name": "alias"})) == second
    assert one.identify(B, "s1")


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
    assert one.identify(A, "s1")
    assert not one.identify(B, "s1")
    assert one.identify(C, "s2")
    assert not one.identify(A, "s2"), "the service was made anew on the site"
    assert one.claim(third) == Claim(Name("gis", "a"), (Name("gis", "b"), Name("gis", "c")))
    assert one.claim(first) == one.claim(second) == Claim(None)


def test_a_process_that_begins_knows_the_id_of_a_service_that_never_needed_an_edit() -> None:
    """The older one may be suspended, or its site away: else the younger would edit in its place."""
    body = service("a", settings={"description": "roads"})
    parsed = parse_service(body)
    assert isinstance(parsed, Desired)
    for url, expected in (
        ("https://gis.example.com/arcgis", True),
        ("https://elsewhere.example.com/arcgis", False),
    ):
        one, _ = registry()
        one.site_seen(site())
        one.site_seen(site("alias", "https://10.0.0.1/arcgis"))
        observed = {"serviceId": "s1", "digest": plan.digest(parsed.leaves, url, "s1")}
        status = {"observedGeneration": 1, "journal": {"phase": "Idle"}, "observed": observed}
        first = one.service_seen({**body, "status": status})
        second = {**service("b", siteRef={"name": "alias"}), "status": told("https://10.0.0.1/arcgis")}
        assert (one.service_seen(second) == first) is expected


class Listed(dict[Name, Any]):
    """What is known of all resources: to go through all of it is noted."""

    walks = 0

    def __iter__(self) -> Iterator[Name]:
        self.walks += 1
        return super().__iter__()

    def items(self) -> Any:
        """Each with its name."""
        self.walks += 1
        return super().items()

    def values(self) -> Any:
        """Each."""
        self.walks += 1
        return super().values()


def test_what_concerns_one_site_does_not_go_through_the_resources_of_all() -> None:
    """With 100,000 on 200 sites the events of the sites alone kept the process from its own Lease."""
    one, _ = registry()
    one.site_seen(site())
    one.service_seen(service("a"))
    one._services = known = Listed(one._services)
    assert one.attached(PROD) == 1
    assert one.declared(PROD) == {("gis", "Transport/Roads.MapServer")}
    assert one.site_seen(site(url="https://new.example.com/arcgis")) == (KEY.replace("gis.", "new."),)
    assert one.site_gone(PROD) != ()
    assert known.walks == 0


def test_a_site_that_is_as_it_was_concerns_nobody() -> None:
    """Its status changes with each of our own writes."""
    one, _ = registry()
    one.site_seen(site())
    one.service_seen(service("a"))
    assert one.site_seen({**site(), "status": {"services": {"attached": 1}}}) == ()


def test_a_resource_counts_for_the_site_that_it_points_at_now() -> None:
    one, _ = registry()
    one.service_seen(service("a"))
    one.service_seen(service("b"))
    one.service_seen(service("a", siteRef={"name": "alias"}))
    assert (one.attached(PROD), one.attached(Name("gis", "alias"))) == (1, 1)
    one.service_seen(service("b", siteRef=None))
    assert one.attached(PROD) == 1, "what cannot be read moves nothing"
    one.service_gone(B)
    one.service_gone(A)
    assert (one.attached(PROD), one.attached(Name("gis", "alias"))) == (0, 0)
