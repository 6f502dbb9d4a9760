"""Runs in the environment of Esri's own Python client: each case by name, its outcome as JSON on one line.

Arguments: address of the site, file of the certificate authority, way to sign in, service, folder to make;
then the names of cases, if not all. Whether `OAuth` and `code` are two ways is for the site's page to say.
The password is the line on standard input.
"""

import copy
import json
import sys
from collections.abc import Callable
from typing import Any

import requests
from arcgis.gis import GIS
from arcgis.gis.kubernetes._admin._jobs import Job

url, authority, way, title, made, *asked = sys.argv[1:]
password = sys.stdin.readline().strip()
name = title.partition("/")[2].partition(".")[0]
folder = title.partition("/")[0]


def given_token() -> str:
    """What a person has who asked `generateToken` without the client."""
    form = {
        "username": "siteadmin",
        "password": password,
        "client": "referer",
        "referer": "http",
        "f": "json",
    }
    answer = requests.post(f"{url}/sharing/rest/generateToken", data=form, verify=authority, timeout=10)
    return str(answer.json()["token"])


def sign_in(secret: str = password) -> Any:
    trust = {"verify_cert": True, "ca_bundles": authority}
    if way == "token":
        return GIS(url, token=given_token() if secret == password else secret, **trust)
    return GIS(url, "siteadmin", secret, use_gen_token=way == "generateToken", **trust)


gis = sign_in()
admin, services = gis.admin, gis.admin.services


def service() -> Any:
    return next(one for one in services.list(folder) if one.properties["serviceName"] == name)


def tool() -> Any:
    return next(one for one in services.list("Utilities") if one.properties["serviceName"] == "PrintingTools")


def edit() -> Any:
    target = service()
    target.properties = {"description": "edited by the client"}
    return service().properties["description"]


def overrule() -> Any:
    target = service()
    target.properties = {"properties": {**target.properties["properties"], "maxRecordCount": "17"}}
    return "sent"


def scale() -> Any:
    """Other numbers of pods and other resources, and what is read afterwards."""
    target = service()
    spec = copy.deepcopy(dict(target.scaling))
    (pods,) = spec["scalingSpec"]
    pods["replicas"] |= {"min": 2, "max": 4}
    pods["resources"] |= {"memoryMax": "3Gi", "cpuMax": "3"}
    target.scaling = spec
    return scaling()


def scaling() -> Any:
    (pods,) = service().scaling["scalingSpec"]
    return [*(pods["replicas"][end] for end in ("min", "max")), *sorted(pods["resources"].values())]


def choose_folder() -> Any:
    """Which has no effect on the list."""
    services.folder = folder
    chosen = services.folder
    services.folder = None
    return [chosen, len(services.list()), services.folder]


def choose_nowhere() -> Any:
    services.folder = "Nowhere"


def set_defaults() -> Any:
    services.services_properties = {"enableAutomaticDeploy": True}


def follow() -> Any:
    job = admin.jobs.properties["jobs"][-1]
    return [
        dict(admin.jobs.job(job))["jobid"] == job,
        Job(f"{url}/admin/jobs/{job}", gis).properties["jobid"] == job,
    ]


def create_and_delete() -> Any:
    services.create_folder(made)
    document = {"serviceName": "Made", "type": "MapServer"}
    done = services.create_service(service_json=document, folder=made)
    there = services.exists(folder=made, service_name="Made", service_type="MapServer")
    target = services.list(made)[0]
    return [done, there, target.delete(), len(services.list(made))]


def read_only() -> Any:
    admin.mode.update(True, "maintenance")
    try:
        edit()
    except Exception as error:
        return "maintenance" in str(error)
    finally:
        admin.mode.update(False, "")


def refused(secret: str) -> Any:
    try:
        sign_in(secret)
    except Exception as error:
        return str(error)


def provider() -> Any:
    return service().change_provider("DMaps")


CASES: dict[str, Callable[[], Any]] = {
    "signs in": lambda: [gis.users.me.username, type(admin).__name__],
    "a wrong password is refused": lambda: refused("wrong"),
    "lists folders": lambda: {"Hosted", "System", "Transport", "Utilities"} <= set(services.folders),
    "lists services": lambda: [one.properties["serviceName"] for one in services.list()],
    "an unknown folder is an error": lambda: services.list("Nowhere"),
    "reads": lambda: service().properties["serviceName"] == name,
    "edits": edit,
    "scales": scale,
    "chooses a folder": choose_folder,
    "chooses no folder that is none": choose_nowhere,
    "follows jobs": follow,
    "stops": lambda: [service().stop(), service().status["realTimeState"]],
    "starts": lambda: [service().start(), service().status["realTimeState"]],
    "restarts": lambda: service().restart(),
    "creates and deletes": create_and_delete,
    "a folder twice is an error": lambda: services.create_folder(made),
    "reads the properties of services": lambda: dict(services.services_properties),
    "lists types": lambda: bool(services.types),
    "lists providers": lambda: bool(services.providers),
    "lists extensions": lambda: bool(services.extensions),
    "can create": lambda: services.can_create("MapServer"),
    "reads the jobs of a tool": lambda: dict(tool().jobs.properties),
    "queries the jobs of a tool": lambda: tool().jobs.query(status=["COMPLETED"]),
    "reads the mode": lambda: dict(admin.mode.read_only) if admin.mode.read_only else admin.mode.read_only,
    "read-only is told": read_only,
    "the client itself asks a wrong address to change the provider": provider,
    "the client itself cannot get the job of a tool": lambda: tool().jobs.get_job("j1"),
    "the client itself has no admin.deployments": lambda: admin.deployments,
    "deployments are not simulated": lambda: len(admin.system.deployments.search()),
    "the client itself asks a wrong address to set the properties of services": set_defaults,
    "the client itself cannot create a service in the root": lambda: services.create_service(
        service_json={"serviceName": "Root", "type": "MapServer"}
    ),
}

BESIDE: dict[str, Callable[[], Any]] = {
    "edits what the operator declared": overrule,
    "reads the scaling": scaling,
}

outcomes: dict[str, Any] = {}
for case in asked or CASES:
    try:
        outcomes[case] = {**CASES, **BESIDE}[case]()
    except Exception as error:
        outcomes[case] = f"{type(error).__name__}: {error}"
sys.stdout.write(json.dumps(outcomes, default=str) + "\n")
