"""The asynchronous jobs of the site: ids in a list, and each one by its id."""

from __future__ import annotations

from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.errors import SiteError


def jobs(call: Call) -> Reply:
    """Source: Jobs page: ids only, since 10.9.1. Assumed: the answers where they cannot be listed."""
    switches = call.world.switches
    if switches.jobs_list == "forbidden":
        raise SiteError(switches.forbidden_code, "You do not have permissions to access this resource.")
    if switches.jobs_list == "missing" or not switches.has_jobs:
        raise SiteError(404, "Resource not found.")
    return Reply({"jobs": call.world.jobs.listed(call.username)}, page="jobs")


def job(call: Call) -> Reply:
    """Source: Job page. Assumed: the answer for an id that is unknown, or of somebody else's job."""
    world = call.world
    if call.address.beside_admin and world.switches.jobs_url != "without-admin":
        raise SiteError(404, "Resource not found.", http=404)  # served only while the site hands it out
    found = world.jobs.jobs.get(call.address.job)
    hidden = found is not None and world.switches.jobs_visible == "own" and found.username != call.username
    if found is None or hidden:
        raise SiteError(world.switches.unknown_job_code, f"Job '{call.address.job}' not found.")
    return Reply(world.jobs.read(found), page="job")
