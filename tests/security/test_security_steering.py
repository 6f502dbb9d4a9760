"""Somebody moves a site while its credentials stay: they go to nobody who cannot prove to be the site."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from traps import TlsTrap

from arcgis_devcluster import Cluster
from arcgis_devcluster.errors import KubectlFailed
from harness.bench import SITES, Workbench, condition

pytestmark = pytest.mark.xdist_group("steering")

Json = Any
MOVES: dict[str, str] = {
    "another port": "https://127.0.0.1:{trap}/arcgis",
    "another name": "https://localhost:{trap}/arcgis",
    "another spelling": "https://127.1:{trap}/arcgis",
    "another context": "https://127.0.0.1:{trap}/other",
}


@pytest.fixture(scope="module")
def bench(control_plane: Cluster) -> Iterator[Workbench]:
    with Workbench(control_plane) as bench:
        bench.start_site("--services=20")
        bench.register()
        bench.start_operator()
        bench.wait("prod", "Reachable", plural=SITES)
        yield bench


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[TlsTrap]:
    trap = TlsTrap(tmp_path)
    yield trap
    trap.close()


@pytest.mark.parametrize("url", MOVES.values(), ids=MOVES)
def test_the_address_of_a_site_cannot_be_changed(bench: Workbench, url: str) -> None:
    moved = url.replace("{trap}", "4444")
    with pytest.raises(KubectlFailed, match="url is immutable"):
        bench.kubectl("patch", SITES, "prod", "--type=merge", f'--patch={{"spec":{{"url":"{moved}"}}}}')


@pytest.mark.parametrize("url", MOVES.values(), ids=MOVES)
def test_a_site_made_anew_at_another_address_takes_neither_token_nor_password_along(
    bench: Workbench, liar: TlsTrap, url: str
) -> None:
    alias, service = f"moving-{liar.port}", bench.fresh_service()
    name = f"on-{alias}"
    bench.register(alias=alias)
    bench.declare(name, service, {"description": "before"}, alias)
    bench.converged(name)
    bench.api.delete(SITES, alias)
    bench.wait(name, "SiteNotFound")
    bench.register(alias=alias, url=url.replace("{trap}", str(liar.port)))
    bench.wait(alias, "SiteUnreachable or CircuitOpen", plural=SITES)
    bench.declare(name, service, {"description": "after"}, alias)
    body = bench.wait(name, "SiteUnreachable or CircuitOpen")
    assert condition(body)["message"].isprintable()
    assert liar.caught
    assert liar.heard == []
    assert bench.sent(service, "description") == ["before"]
