"""Folders, services, and the operations on a service."""

from __future__ import annotations

from typing import Any

from arcgis_simulator.api.admin import refuse_if_read_only
from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.catalogue import Service
from arcgis_simulator.errors import SiteError
from arcgis_simulator.jobs import Job, Work

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


def change_provider(call: Call) -> Reply:
    """Source: Change Provider page: ``provider``, case-sensitive; always synchronous."""
    refuse_if_read_only(call)
    call.world.change_provider(call.service(), call.fields.get("provider", ""), call.username)
    return Reply(SUCCESS, page="result")


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
    if job is None:
        return Reply(SUCCESS, page="result")
    return Reply(_submitted(call, job), page="result", job=job.jobid)


def _submitted(call: Call, job: Job) -> dict[str, Any]:
    """Source: Stop Service page (1), Refresh All Services page (2). Assumed: which one an edit gives."""
    url = {"jobsUrl": _jobs_url(call, job)}
    if call.world.switches.submit_reply == "1":
        return {**url, "jobID": job.jobid, "jobStatus": "SUBMITTED"}
    return {**url, "jobid": job.jobid, "status": "SUBMITTED"}


def _jobs_url(call: Call, job: Job) -> str:
    # Source: Esri's clients follow it as given; an issue of its Python library shows in-cluster hosts.
    inside = "https://arcgis-private-ingress.arcgis.svc.cluster.local/" + call.world.context
    base = inside if call.world.switches.jobs_url == "internal" else call.base_url
    admin = "" if call.world.switches.jobs_url == "without-admin" else "/admin"
    return f"{base}{admin}/jobs/{job.jobid}"
