"""An API server and a site on this machine, and operators in a pod behind a router that drops packets."""

from collections.abc import Iterator

import pytest
from far import API, SITE, Afar, Far
from wires import Wires

from arcgis_demo import parts
from arcgis_devcluster import Cluster, ControlPlane


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a `case` is made for each of the `CASES` of its module; `make test` takes its `SHARE`."""
    if "case" in metafunc.fixturenames:
        whole = metafunc.config.option.plans == "whole"
        metafunc.parametrize("case", metafunc.module.CASES if whole else metafunc.module.SHARE)


@pytest.fixture(scope="session")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Wires]]:
    """The networks, and an API server that is reached over them."""
    with (
        Wires(tmp_path_factory.mktemp("wires")) as wires,
        ControlPlane.start(addresses=[wires.here(API)]) as plane,
    ):
        parts.install(plane)
        yield Afar(plane, wires.here(API)), wires


@pytest.fixture
def far(laid: tuple[Cluster, Wires]) -> Iterator[Far]:
    cluster, wires = laid
    with Far(cluster, wires) as bench:
        bench.start_site("--services=20", host=wires.here(SITE))
        bench.register()
        try:
            yield bench
        finally:
            wires.mend()
