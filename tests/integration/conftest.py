"""Workbenches: one for a module whose tests each take a service of their own, or one for one test."""

from collections.abc import Iterator
from typing import Any

import pytest

from arcgis_devcluster import Cluster
from harness.bench import Workbench

SERVICES = 60


@pytest.fixture(scope="module")
def shared(control_plane: Cluster) -> Iterator[Workbench]:
    """Site and operator are up. A test uses `fresh_service()`, and puts back what it changes on the site."""
    yield from _running(control_plane)


@pytest.fixture(scope="module")
def resyncing(control_plane: Cluster) -> Iterator[Workbench]:
    """The same with an operator that looks at everything again and again."""
    yield from _running(control_plane, resync_seconds=1)


@pytest.fixture
def bench(control_plane: Cluster) -> Iterator[Workbench]:
    """Nothing is up yet but the namespace with its rights."""
    with Workbench(control_plane) as bench:
        yield bench


def _running(cluster: Cluster, **settings: Any) -> Iterator[Workbench]:
    with Workbench(cluster) as bench:
        bench.start_site(f"--services={SERVICES}")
        bench.register()
        bench.start_operator(**settings)
        yield bench
