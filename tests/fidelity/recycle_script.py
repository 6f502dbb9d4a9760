"""The requests of Esri's sample that sets when services are recycled, in its order; not its code.

Source: `editServiceRecycleTime.py` of Esri's Python samples for ArcGIS Enterprise on Kubernetes, run against
a site that logged what it asks. What the sample reads must be there, or this stops as it does.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

NOT_TOUCHED = "Hosted"


@dataclass
class RecycleScript:
    """What it read and was told. It has no header of its own, and puts its token into query or form.

    `meanwhile` is called with each service between its read and its edit.
    """

    http: httpx.Client
    site: str
    poll_seconds: float
    meanwhile: Callable[[str], object] = lambda service: None
    token: str = ""
    folders: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)  # folder/name.type
    edited: dict[str, str] = field(default_factory=dict)  # the status of each reply
    restarted: dict[str, str] = field(default_factory=dict)  # the address of each job
    followed: dict[str, list[str]] = field(default_factory=dict)  # the statuses of each job, by name

    def run(self, username: str, password: str, recycle_at: str, *, restart: bool) -> None:
        self.sign_in(username, password)
        self.services = list(self.listed())
        for service in self.services:
            self.edit(service, recycle_at)
        if not restart:
            return
        for service in self.services:
            self.restart(service)
        for address in self.restarted.values():
            self.follow(address)

    def sign_in(self, username: str, password: str) -> None:
        """No `client`, and so the referer binds nothing."""
        form = {
            "username": username,
            "password": password,
            "referer": "referer",
            "expiration": "60",
            "f": "json",
        }
        address = f"{self.site}/sharing/rest/generateToken"
        self.token = self.http.post(address, params={"f": "json"}, data=form).json()["token"]

    def listed(self) -> Iterator[str]:
        root = self._get(f"{self.site}/admin/services", "pjson")
        for service in root["services"]:
            yield _title("", service)
        self.folders = [folder for folder in root["folders"] if folder != NOT_TOUCHED]
        for folder in self.folders:
            inside = self._get(f"{self.site}/admin/services/{quote(folder)}", "pjson")
            yield from (_title(folder, service) for service in inside["services"])

    def edit(self, service: str, recycle_at: str) -> None:
        """Sends back the whole of what it read, with one change, at once."""
        document = self._get(self._address(service), "json")
        assert "recycleStartTime" in document, service
        document["recycleStartTime"] = recycle_at
        self.meanwhile(service)
        query = {"f": "json", "token": self.token}
        form = {"f": "json", "service": json.dumps(document)}
        reply = self.http.post(f"{self._address(service)}/edit", params=query, data=form).json()
        self.edited[service] = reply["status"]

    def restart(self, service: str) -> None:
        """Only of a service that runs; the start is a job."""
        address = self._address(service)
        status = self._get(f"{address}/status", "pjson")
        if not status["configuredState"] or status["realTimeState"] != "STARTED":
            return
        form = {"f": "json", "token": self.token}
        self.http.post(f"{address}/stop", data=form)
        reply = self.http.post(f"{address}/start", data={**form, "async": "true"}).json()
        self.restarted[service] = reply["jobsUrl"]

    def follow(self, address: str) -> None:
        """Until it is COMPLETED; of nothing else there is an end."""
        job = self._get(address, "json")
        seen = self.followed.setdefault(f"{job['resource']['name']} {address}", [job["status"]])
        while seen[-1] != "COMPLETED":
            time.sleep(self.poll_seconds)
            seen.append(self._get(address, "json")["status"])

    def _get(self, address: str, form: str) -> Any:
        return self.http.get(address, params={"f": form, "token": self.token}).json()

    def _address(self, service: str) -> str:
        return f"{self.site}/admin/services/{quote(service)}"


def _title(folder: str, service: dict[str, Any]) -> str:
    name = f"{service['serviceName']}.{service['type']}"
    return f"{folder}/{name}" if folder else name
