"""A turn that crashes is told on its resource, without the words of the error, which may hold a secret."""

from typing import Any

from dispatched import dispatched

from arcgis_operator.core.identity import Name
from arcgis_operator.core.keys import SiteKey
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.reconcilers.site import SiteReconciler
from arcgis_operator.telemetry.happenings import Concluded, Happening

Json = Any
SITE = Name("gis", "prod")


class Store:
    """Holds one site, and what was stored on it."""

    def __init__(self) -> None:
        self.stored: list[Verdict] = []

    async def read(self, name: Name) -> Json:
        return {"metadata": {"namespace": name.namespace, "name": name.name, "generation": 1}}

    async def store_site(self, body: Json, verdict: Verdict, facts: Json) -> Json:
        self.stored.append(verdict)
        return body


async def test_a_crash_in_the_turn_of_a_site_is_told_on_the_site() -> None:
    store: Any = Store()
    unused: Any = object()
    told: list[Happening] = []
    sites = SiteReconciler(store, unused, lambda name: {"attached": 0}, unused, unused, told.append, unused)
    dispatch, _ = dispatched(unused, sites=sites, term=unused)
    await dispatch.crashed(SiteKey(SITE), ValueError("password=hush"))
    (verdict,) = store.stored
    assert told == [Concluded(str(SITE), None, verdict)], "it is counted too"
    assert verdict.reason is Reason.INTERNAL_ERROR
    assert "ValueError" in verdict.message
    assert "hush" not in verdict.message
