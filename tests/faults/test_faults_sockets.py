"""Each kind of fault of the site at each request, over real sockets: a real operator, API server and site."""

from collections.abc import Iterator

import pytest
from socket_runs import Ground, lots, play

from arcgis_devcluster import Cluster
from harness.bench import Workbench
from harness.siteproxy import SiteProxy

LOTS = dict(lots())
SERVICES = sum(map(len, LOTS.values()))


@pytest.fixture(scope="module")
def sockets(control_plane: Cluster) -> Iterator[Ground]:
    with Workbench(control_plane) as bench:
        bench.start_site(f"--services={SERVICES}")
        bench.register()
        with SiteProxy(bench.sites["prod"].url, bench.sites["prod"].ca) as proxy:
            yield Ground(bench, proxy)


@pytest.mark.plans
@pytest.mark.parametrize("lot", LOTS)
def test_after_any_fault_at_any_request_the_end_is_that_of_a_clean_run(sockets, lot, record_property):
    broken = play(sockets, LOTS[lot])
    bad = {str(cell): rules for cell, rules in broken.items() if rules}
    record_property("cells over sockets", len(broken))
    record_property("violations", len(bad))
    assert not bad, "\n".join(f"{cell}: {rules}" for cell, rules in bad.items())
