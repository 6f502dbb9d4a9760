"""The way to a site goes silent, swallows large packets, or has a name that nobody answers for."""

import time

from far import Far

from harness.apiserver import wait_until
from harness.bench import AWAY, SITES, condition

SILENT_NAMES = 8
SOON_SECONDS = 1.0
LARGE = "large " * 20_000
"""The whole document of a service goes to the site with each edit."""


def test_a_router_that_drops_large_packets_is_named_and_the_edit_goes_out_once_it_is_mended(far: Far) -> None:
    """Small requests pass, so the site looks well; the ICMP that would say why is dropped too."""
    far.pod(site_read_seconds=1)
    service = far.fresh_service()
    far.site.drift(service, {"description": LARGE})
    far.wires.shrink(far.site_address)
    far.declare("roads", service, {"properties": {"maxRecordCount": "1234"}})
    far.came_to("roads", "LookingForJob", also=lambda body: "(MTU)" in condition(body)["message"])
    assert far.edits(service) == []
    far.wires.mend()
    far.converged("roads", seconds=60)
    assert len(far.edits(service)) == 1


def test_sites_whose_names_have_no_answer_say_so_and_delay_no_other_site(far: Far) -> None:
    """The resolver of the system asks a name server whose packets are dropped."""
    far.pod()
    for number in range(SILENT_NAMES):
        name = f"silent-{number}"
        far.register(alias=name, url=f"https://gis{number}.silent.example/arcgis")
        far.declare(name, far.fresh_service(), {"description": "never"}, site=name)
    far.came_to("silent-0", AWAY, also=lambda body: "name" in condition(body)["message"])
    service = far.fresh_service()
    far.declare("roads", service, {"description": "now"})
    began = time.monotonic()
    wait_until(lambda: far.edits(service), 30, lambda: far.story("roads"))
    assert time.monotonic() - began <= SOON_SECONDS
    far.converged("roads")


def test_a_leader_that_cannot_reach_a_site_says_so_and_leads_on_beside_a_standby_that_could(far: Far) -> None:
    leader = far.pod()
    standby = far.neighbour()
    service = far.fresh_service()
    far.converge_on("roads", service, {"description": "before"})
    far.wires.cut(far.site_address)
    far.declare("roads", service, {"description": "after"})
    far.wait("roads", AWAY)
    far.wait("prod", AWAY, plural=SITES)
    assert leader.lines("lease lost") == []
    assert standby.lines("leading") == []
    far.wires.mend()
    far.converged("roads", seconds=40)
    assert far.sent(service, "description") == ["before", "after"]
