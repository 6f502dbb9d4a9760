"""A dispatch with all rows, for tests that give few turns or none."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from arcgis_operator.controller.asks import Asks
from arcgis_operator.controller.dispatch import Dispatch, Running
from arcgis_operator.controller.kinds import rows
from arcgis_operator.controller.news import News
from arcgis_operator.controller.queue import WorkQueue
from arcgis_operator.core.keys import Key
from arcgis_operator.reconcilers.breath import Breath
from arcgis_operator.reconcilers.polled import Polled
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.reconcilers.rhythm import Rhythm

RESYNC_SECONDS = 600.0


def dispatched(
    queue: WorkQueue[Key],
    *,
    services: Any = None,
    sites: Any = None,
    term: Any = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> tuple[Dispatch, Registry]:
    """With the registry that it feeds."""
    registry, asks = Registry(lambda _: None), Asks(queue, Polled())
    glance: Any = None
    services = services or SimpleNamespace(remembered=set)
    rhythm = Rhythm(registry, asks.look, RESYNC_SECONDS, clock)
    kinds = rows(registry, asks, services, sites, glance, rhythm, News())
    return Dispatch(asks, kinds, Running(term), Breath()), registry
