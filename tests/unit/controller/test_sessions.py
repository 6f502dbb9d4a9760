"""What the sessions of several sites share."""

import ssl
import time
from typing import Any, cast

import pytest

from arcgis_operator.adapters.admin import Timeouts
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.controller.registry import Registry
from arcgis_operator.controller.sessions import Sessions
from arcgis_operator.core.model import SiteWanted
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
