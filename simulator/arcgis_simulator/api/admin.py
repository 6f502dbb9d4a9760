"""The root of the Administrator API and the mode of the site."""

from __future__ import annotations

from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.errors import SiteError

DEFAULT_READ_ONLY = "The site is in read-only mode."


def root(call: Call) -> Reply:
    """Source: Enterprise Administrator Root page (fields). Assumed: the stage names."""
    world = call.world
    resources = ["jobs", "mode", "services"] if world.switches.has_jobs else ["mode", "services"]
    version = world.switches.version
    stage = {"name": "Ready", "state": "COMPLETED", "lastUpdated": world.now_ms}
    full = f"{version}.0.1000"
    body = {
        "currentVersion": version,
        "fullVersion": full,
        "resources": resources,
        "status": {"stages": [stage]},
    }
    return Reply(body)


def upgrades(call: Call) -> Reply:
    """Source: Upgrades page (fields). Assumed: no upgrade ever runs, and the code."""
    return Reply({"status": {"state": "no_upgrade", "code": 0, "messages": []}})


def mode(call: Call) -> Reply:
    """Source: Mode page: ``isReadOnly``. Assumed: the message is shown beside it while it is on."""
    message = call.world.read_only
    return Reply({"isReadOnly": False} if message is None else {"isReadOnly": True, "message": message})


def update_mode(call: Call) -> Reply:
    """Source: Update Mode page (parameters and reply)."""
    message = call.fields.get("message") or DEFAULT_READ_ONLY
    call.world.read_only = message if call.flag("isReadOnly") else None
    return Reply({"status": "success", "messages": []}, page="result")


def refuse_if_read_only(call: Call) -> None:
    """Source: Update Mode page: most functions are blocked, with the message. Assumed: form and code."""
    if call.world.read_only is not None:
        raise SiteError(call.world.switches.read_only_code, call.world.read_only)
