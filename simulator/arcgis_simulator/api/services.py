"""Folders, services, and the operations on a service."""

from __future__ import annotations

from typing import Any

from arcgis_simulator.api.admin import refuse_if_read_only
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.catalogue import Service
from arcgis_simulator.errors import SiteError
from arcgis_simulator.jobs import Job, Work
from arcgis_simulator.scaling import named

SUCCESS = {"status": "success"}


def root_folder(call: Call) -> Reply:
    """Source: Services page: names of folders, and summaries of the services in the root folder."""
    catalogue = call.world.catalogue
    body = {
        "folderName": "/",
        "description": "Root folder",
        "id": "",
        "isDefault": True,
        "folders": sorted(catalogue.folders.values()),
        "services": [service.summary for service in catalogue.in_folder("")],
    }
    return Reply(body)


def folder(call: Call) -> Reply:
    """Source: Folder page: full service objects. Assumed: the answer for a folder that is none."""
    name = call.folder()
    found = [call.world.document(service) for service in call.world.catalogue.in_folder(name)]
    return Reply({"folderName": name, "services": found})


def service(call: Call) -> Reply:
    """Source: Service page: the service JSON."""
    return Reply(call.world.document(call.service()), page="service")


def status(call: Call) -> Reply:
    """Source: Service Status page."""
    return Reply(call.world.status(call.service()))


def item_info(call: Call) -> Reply:
    """Source: Service Item Info page: a document of its own. Assumed: the fields."""
    document = call.service().document
    text = {name: document.get("description", "") for name in ("description", "summary")}
    name, kind = document["serviceName"], document["type"]
    return Reply({"name": name, "title": name, "type": kind, **text, "tags": []})


def placement_policy(call: Call) -> Reply:
    """Source: Placement Policy page, since 11.2. Assumed: no service has one of its own."""
    found = call.world.catalogue.scaling(call.service())
    policy: dict[str, Any] = {"podPlacementPolicy": {"tolerations": [], "nodeAffinity": {}}}
    return Reply({"placementPolicy": [{**named(entry), **policy} for entry in found]})


def scaling(call: Call) -> Reply:
    """Source: Scaling page."""
    return Reply({"scalingSpec": call.world.catalogue.scaling(call.service())})


def edit(call: Call) -> Reply:
    """Source: Edit Service page: ``service`` (the complete JSON) and ``async``."""
    refuse_if_read_only(call)
    target = call.service()
    return _submit(call, target, call.world.check_edit(target, call.json_field("service")))


def edit_scaling(call: Call) -> Reply:
    """Source: Edit Scaling page: ``serviceScalingSpec`` and ``async``."""
    refuse_if_read_only(call)
    target = call.service()
    return _submit(call, target, call.world.check_scaling(target, call.json_field("serviceScalingSpec")))


def start(call: Call) -> Reply:
    """Source: Start Service page."""
    refuse_if_read_only(call)
    return _submit(call, call.service(), Work("start"))


def stop(call: Call) -> Reply:
    """Source: Stop Service page."""
    refuse_if_read_only(call)
    return _submit(call, call.service(), Work("stop"))


def delete(call: Call) -> Reply:
    """Source: Delete Service page: ``async``."""
    refuse_if_read_only(call)
    return _submit(call, call.service(), Work("delete"))


def change_provider(call: Call) -> Reply:
    """Source: Change Provider page: ``provider``, case-sensitive; always synchronous."""
    refuse_if_read_only(call)
    target = call.service()
    call.world.change_provider(target, call.fields.get("provider", ""), call.username)
    return _done(call, target)


def operation_page(call: Call) -> Reply:
    """The form of an operation, for a browser. Assumed: a GET that asks for JSON is refused."""
    if call.address.service:
        call.service()
    elif call.address.folder:
        call.folder()
    if call.format != "html":
        raise SiteError(405, "This operation supports POST only.")
    return Reply({}, page="operation")


def _submit(call: Call, target: Service, work: Work) -> Reply:
    world = call.world
    asynchronous = call.flag("async") and world.switches.has_jobs
    job = world.submit(target, work, call.username, asynchronous=asynchronous)
    return _done(call, target) if job is None else submitted(call, job)


def _done(call: Call, target: Service) -> Reply:
    """Assumed: a synchronous answer comes when the service runs again, as Esri's sample counts on it."""
    waits = call.world.switches.sync_answers == "restarted"
    return Reply(SUCCESS, page="result", not_before_ms=target.restarting_until_ms if waits else 0)


def submitted(call: Call, job: Job, form: str | None = None) -> Reply:
    """The reply for a job, in the form of the switch where no page shows one."""
    body = _submitted(call, job, form or call.world.switches.submit_reply)
    return Reply(body, page="result", job=job.jobid)


def _submitted(call: Call, job: Job, form: str) -> dict[str, Any]:
    """Source: Stop Service page (1), Refresh All Services page (2). Assumed: which one an edit gives."""
    url = {"jobsUrl": _jobs_url(call, job)}
    if form == "1":
        return {**url, "jobID": job.jobid, "jobStatus": "SUBMITTED"}
    return {**url, "jobid": job.jobid, "status": "SUBMITTED"}


def _jobs_url(call: Call, job: Job) -> str:
    # Source: Esri's clients follow it as given; an issue of its Python library shows in-cluster hosts.
    inside = "https://arcgis-private-ingress.arcgis.svc.cluster.local/" + call.world.context
    base = inside if call.world.switches.jobs_url == "internal" else call.base_url
    admin = "" if call.world.switches.jobs_url == "without-admin" else "/admin"
    return f"{base}{admin}/jobs/{job.jobid}"
