"""What the sessions of several sites share."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from arcgis_operator.adapters.admin import Timeouts
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.controller.registry import Registry
from arcgis_operator.controller.sessions import Sessions
from arcgis_operator.core.case import Hold
from arcgis_operator.core.model import Desired, SiteWanted
from arcgis_operator.core.service_spec import parse_service
from arcgis_operator.reconcilers.ports import Name
from arcgis_operator.telemetry.metrics import Metrics
from harness import virtual_time

NOBODY_LISTENS = "https://127.0.0.1:1/arcgis"


class Forbidding:
    """An API server that lets nothing be read."""

    async def get(self, *_: object) -> KubeFailure:
        return KubeFailure(KubeFailureKind.FORBIDDEN, "forbidden")


WANTED = SiteWanted(NOBODY_LISTENS, "account", ca=None, access=(), max_jobs=1, requests_per_second=10)


def made(clock: Callable[[], float]) -> tuple[Sessions, Registry]:
    registry, no_rights = Registry(lambda _: None), cast("Any", Forbidding())
    return Sessions(no_rights, registry, clock, lambda _: None, Metrics(), Timeouts(), 60.0, 10.0), registry


async def test_the_roots_of_the_system_are_read_once_for_all_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are so many that all else stands still meanwhile."""
    reads, read = [], ssl.create_default_context

    def counted(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        reads.append(args)
        return read(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    sessions, _ = made(time.monotonic)
    for name in ("one", "another"):
        session = await sessions.session(Name("gis", name), WANTED)
        await session.root()
    await sessions.aclose()
    assert len(reads) <= 1


async def test_a_service_that_was_refused_counts_as_long_as_somebody_declares_it() -> None:
    sessions, registry = made(time.monotonic)
    metadata = {"namespace": "sites", "name": "prod"}
    registry.site_seen(
        {"metadata": metadata, "spec": {"url": NOBODY_LISTENS, "credentials": {"secretRef": {"name": "s"}}}}
    )
    where = {
        "siteRef": {"namespace": "sites", "name": "prod"},
        "service": {"name": "Roads", "type": "MapServer"},
    }
    body = {
        "metadata": {"namespace": "tenant", "name": "roads", "uid": "u", "creationTimestamp": ""},
        "spec": {**where, "settings": {"description": "wanted"}},
    }
    registry.service_seen(body)
    hold = await sessions.resolve(cast("Desired", parse_service(body)), "tenant")
    assert isinstance(hold, Hold)
    assert sessions.refused(Name("sites", "prod")) == 1
    registry.service_gone(Name("tenant", "roads"))
    assert sessions.refused(Name("sites", "prod")) == 0


def test_what_has_time_waits_until_a_suspended_site_goes_on() -> None:
    async def scene() -> None:
        sessions, _ = made(asyncio.get_running_loop().time)
        session = await sessions.session(Name("gis", "prod"), replace(WANTED, suspend=True))
        spare = asyncio.create_task(session._spare())
        await asyncio.sleep(3600)
        assert not spare.done()
        session.adjust(WANTED)
        await asyncio.sleep(2)
        assert spare.done()

    virtual_time.run(scene())
