"""The images that `make image` left, and a workbench whose operators are pods."""

from collections.abc import Iterator

import pytest

from arcgis_devcluster import Cluster
from arcgis_image import layout
from arcgis_image.layout import Image
from harness.bench import Workbench


@pytest.fixture(scope="session")
def operator() -> Image:
    return layout.built("operator")


@pytest.fixture(scope="session")
def simulator() -> Image:
    return layout.built("simulator")


@pytest.fixture
def bench(control_plane: Cluster) -> Iterator[Workbench]:
    """The site `prod` is up and made known before any operator starts."""
    with Workbench(control_plane) as bench:
        bench.start_site()
        bench.register()
        yield bench
