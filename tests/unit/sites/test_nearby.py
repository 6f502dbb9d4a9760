"""Which lists are read to name a likely mistake: at most one for each look, and none twice in a while."""

from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.likely import Listing
from arcgis_operator.sites.nearby import KEPT_SECONDS, Nearby

ROADS = ServiceRef("Roads", "MapServer")
IN_WATER = ServiceRef("Roads", "MapServer", "Water")


class Site:
    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.lists: dict[str, Listing] = {
            "": Listing((ROADS,), ("Secret", "Transport", "Water")),
            "Transport": Listing(()),
            "Water": Listing(()),
        }
        self.nearby = Nearby(self.read, lambda: self.now)

    async def read(self, folder: str) -> Listing | Failure:
        self.asked.append(folder)
        return self.lists.get(folder) or Failure(Kind.MISSING, "there is no such folder")

    async def looks(self, ref: ServiceRef, times: int) -> None:
        for _ in range(times):
            await self.nearby.around(ref, lambda folder: folder != "Secret")


async def test_one_list_is_read_for_each_look_and_never_one_that_is_not_allowed() -> None:
    site = Site()
    await site.looks(ROADS, 1)
    assert site.asked == [""]
    await site.looks(ROADS, 5)
    assert site.asked == ["", "Transport", "Water"]


async def test_its_own_folder_comes_first_and_one_that_is_not_there_is_not_asked_for_again() -> None:
    site = Site()
    await site.looks(ServiceRef("Roads", "MapServer", "Nowhere"), 3)
    assert site.asked == ["Nowhere", "", "Transport"]


async def test_several_services_share_what_was_read() -> None:
    site = Site()
    await site.looks(IN_WATER, 1)
    await site.looks(ROADS, 1)
    found = await site.nearby.around(IN_WATER, lambda folder: False)
    assert (site.asked, set(found)) == (["Water", ""], {"water", ""})


async def test_after_a_while_a_list_is_read_anew_and_a_failure_keeps_the_old_one() -> None:
    site = Site()
    await site.looks(ROADS, 3)
    site.now = KEPT_SECONDS
    site.lists = {}
    found = await site.nearby.around(ROADS, lambda folder: True)
    assert site.asked == ["", "Transport", "Water", ""]
    assert found[""].services == (ROADS,)


async def test_a_folder_that_was_read_for_another_reason_is_not_read_again() -> None:
    site = Site()
    documents = [{"serviceName": "Gauges", "type": "MapServer"}]
    site.nearby.noted("Water", documents)
    assert await site.nearby.around(ROADS, lambda folder: False) == {"": site.lists[""]}, "nobody had asked"
    site.nearby.noted("Water", documents)
    await site.looks(ROADS, 3)
    assert site.asked == ["", "Transport"]
    assert (await site.nearby.around(ROADS, bool))["water"].services == (
        ServiceRef("Gauges", "MapServer", "Water"),
    )
