"""Health and metrics over HTTP."""

import errno
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from arcgis_operator.app.health import CannotListen, Health
from arcgis_operator.telemetry.metrics import Metrics


class Served:
    """A running server whose checks a test can change."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.stuck: str | None = None
        self.unready: str | None = None
        self.scrapes = 0
        self.health = Health(
            "127.0.0.1:0",
            self.metrics,
            live={"queue": lambda: self.stuck, "watch": lambda: None},
            ready={"API server": lambda: self.unready},
            before_scrape=self._scraped,
        )

    def _scraped(self) -> None:
        self.scrapes += 1

    async def get(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.health.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, await response.text()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    made = Served()
    await made.health.start()
    yield made
    await made.health.stop()


async def test_all_is_well(served: Served) -> None:
    assert await served.get("/livez") == (200, "queue: ok\nwatch: ok\n")
    assert await served.get("/readyz") == (200, "API server: ok\n")


async def test_what_is_stuck_is_named(served: Served) -> None:
    served.stuck = "the oldest service has waited for 300 s"
    assert await served.get("/livez") == (
        503,
        "queue: the oldest service has waited for 300 s\nwatch: ok\n",
    )
    assert (await served.get("/readyz"))[0] == 200, "a restart would be the cure, not taking it away"


async def test_a_process_that_cannot_work_is_not_ready_but_alive(served: Served) -> None:
    served.unready = "no answer"
    assert await served.get("/readyz") == (503, "API server: no answer\n")
    assert (await served.get("/livez"))[0] == 200


async def test_metrics_are_brought_up_to_date_before_they_are_shown(served: Served) -> None:
    served.metrics.edits.labels("edit", "accepted").inc()
    code, text = await served.get("/metrics")
    assert code == 200
    assert 'arcgis_operator_edits_total{operation="edit",outcome="accepted"} 1.0' in text
    assert "arcgis_operator_leader 0.0" in text
    assert served.scrapes == 1


@pytest.mark.parametrize("address", [":0", "*:0"])
async def test_without_a_host_it_listens_on_both_families_at_one_port(address: str) -> None:
    health = Health(address, Metrics(), live={}, ready={})
    await health.start()
    async with aiohttp.ClientSession() as session:
        for host in ("127.0.0.1", "[::1]"):
            async with session.get(f"http://{host}:{health.port}/livez") as response:
                assert response.status == 200
    await health.stop()


@pytest.mark.parametrize("missing", ["::", "0.0.0.0"])
async def test_a_family_that_the_machine_does_not_have_is_left_out(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = web.TCPSite.start

    async def absent(self: web.TCPSite) -> None:
        if self._host == missing:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        await start(self)

    monkeypatch.setattr(web.TCPSite, "start", absent)
    health = Health(":0", Metrics(), live={}, ready={})
    await health.start()
    assert health.port > 0
    await health.stop()


async def test_an_address_that_is_not_here_is_an_error() -> None:
    health = Health("192.0.2.1:0", Metrics(), live={}, ready={})
    with pytest.raises(CannotListen, match="this machine has no such address"):
        await health.start()
    await health.stop()


async def test_a_port_that_is_taken_is_an_error(served: Served) -> None:
    second = Health(f"127.0.0.1:{served.health.port}", Metrics(), live={}, ready={})
    with pytest.raises(CannotListen, match="the port is in use"):
        await second.start()
    await second.stop()


def test_every_metric_carries_our_name_and_two_sets_do_not_mix() -> None:
    names = {family.name for family in Metrics().registry.collect()}
    ours = {name for name in names if not name.startswith("process_")}
    assert all(name.startswith("arcgis_operator_") for name in ours)
    assert len(ours) >= 16
