"""What the sessions of several sites share."""

import ssl
import time
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

NOBODY_LISTENS = "https://127.0.0.1:1/arcgis"


class Forbidding:
    """An API server that lets nothing be read."""

    async def get(self, *_: object) -> KubeFailure:
        return KubeFailure(KubeFailureKind.FORBIDDEN, "forbidden")


async def test_the_roots_of_the_system_are_read_once_for_all_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are so many that all else stands still meanwhile."""
    reads, read = [], ssl.create_default_context

    def counted(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        reads.append(args)
        return read(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    no_rights = cast("Any", Forbidding())
    registry = Registry(lambda _: None)
    metrics, timeouts = Metrics(), Timeouts()
    sessions = Sessions(no_rights, registry, time.monotonic, lambda _: None, metrics, timeouts, 60.0, 10.0)
    for name in ("one", "another"):
        wanted = SiteWanted(NOBODY_LISTENS, "account", ca=None, access=(), max_jobs=1, requests_per_second=10)
        session = await sessions.session(Name("gis", name), wanted)
        await session.root()
    await sessions.aclose()
    assert len(reads) <= 1


async def test_a_service_that_was_refused_counts_as_long_as_somebody_declares_it() -> None:
    registry = Registry(lambda _: None)
    sessions = Sessions(
        cast("Any", Forbidding()), registry, time.monotonic, lambda _: None, Metrics(), Timeouts(), 60.0, 10.0
    )
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
