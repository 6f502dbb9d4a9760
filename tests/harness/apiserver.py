"""A test's own eyes on the API server: objects read without kubectl's start-up time, and the audit log."""

import base64
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from arcgis_devcluster import Cluster

Json = Any
GROUP = "arcgis-operator.dev/v1alpha1"
LOOK_SECONDS = 0.03


class ApiServer:
    """Reads and writes as the administrator of `cluster`, in one namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._http = httpx.Client(
            base_url=cluster.url, verify=_trust(cluster.kubeconfig), timeout=20.0, trust_env=False
        )
        self._custom = f"/apis/{GROUP}/namespaces/{namespace}"
        self._core = f"/api/v1/namespaces/{namespace}"
        self._events = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
        self._leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._namespace = namespace
        self.secret_texts: list[str] = []  # all that was put into Secrets

    def close(self) -> None:
        self._http.close()

    def get(self, plural: str, name: str) -> Json | None:
        """A custom resource as it is now, None when there is none."""
        answer = self._http.get(f"{self._custom}/{plural}/{name}")
        return None if answer.status_code == 404 else _checked(answer)

    def everything(self, plural: str) -> Json:
        """All custom resources of a kind."""
        return _checked(self._http.get(f"{self._custom}/{plural}"))["items"]

    def is_ready(self) -> bool:
        """Says of itself that it is ready, and can read."""
        try:
            asked = [self._http.get(path) for path in ("/readyz", f"{self._core}/configmaps")]
        except httpx.TransportError:
            return False
        return all(answer.is_success for answer in asked)

    def merge(
        self, plural: str, name: str, patch: Json, *, subresource: str = "", writer: str = "kubectl"
    ) -> Json:
        """A JSON merge patch of a custom resource, or of its status, under the name of who writes it."""
        path = f"{self._custom}/{plural}/{name}/{subresource}".rstrip("/")
        headers = {"content-type": "application/merge-patch+json"}
        who = {"fieldManager": writer}
        return _checked(self._http.patch(path, json=patch, headers=headers, params=who))

    def respecify(self, plural: str, name: str, spec: Json) -> Json:
        """Puts another spec in the place of the present one."""
        headers = {"content-type": "application/json-patch+json"}
        change = [{"op": "replace", "path": "/spec", "value": spec}]
        return _checked(self._http.patch(f"{self._custom}/{plural}/{name}", json=change, headers=headers))

    def create(self, plural: str, body: Json) -> httpx.Response:
        """The raw answer: also a refusal is one."""
        return self._http.post(f"{self._custom}/{plural}", json=body)

    def put(self, plural: str, name: str, body: Json) -> httpx.Response:
        """The raw answer to a whole new object at the present version, validated as by kubectl."""
        version = (self.get(plural, name) or {})["metadata"]["resourceVersion"]
        whole = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
        return self._http.put(f"{self._custom}/{plural}/{name}?fieldValidation=Strict", json=whole)

    def delete(self, plural: str, name: str) -> None:
        _checked(self._http.delete(f"{self._custom}/{plural}/{name}"))

    def remove(self, plural: str, name: str) -> None:
        """Deletes it, if it is there."""
        answer = self._http.delete(f"{self._custom}/{plural}/{name}")
        assert answer.is_success or answer.status_code == 404, answer.text

    def set_secret(self, name: str, values: dict[str, str]) -> None:
        """Puts other texts into a Secret."""
        self.secret_texts += values.values()
        headers = {"content-type": "application/merge-patch+json"}
        _checked(
            self._http.patch(f"{self._core}/secrets/{name}", json={"stringData": values}, headers=headers)
        )

    def leases(self) -> list[Json]:
        """All Leases."""
        return list(_checked(self._http.get(self._leases))["items"])

    def events(self, name: str = "") -> list[Json]:
        """The events about one resource (or all), the oldest first; a series counts once."""
        found = _checked(self._http.get(self._events))["items"]
        about = [event for event in found if not name or event["regarding"]["name"] == name]
        return sorted(about, key=lambda event: str(event["eventTime"]))


class Audit:
    """What the API server wrote down about one namespace since this was made; several threads may ask."""

    def __init__(self, log: Path | None, namespace: str) -> None:
        assert log is not None, "these tests count in the audit log: unset USE_EXISTING_CLUSTER"
        self._log, self._namespace = log, namespace
        self._size = log.stat().st_size
        self._kept: list[Json] = []
        self._reading = threading.Lock()

    def size(self) -> int:
        """How long the log is now, in bytes."""
        return self._log.stat().st_size

    def writes(self, user: str, resource: str, name: str) -> list[Json]:
        """The requests of a user to change one object, accepted or refused, in order."""
        with self._reading:
            self._read_on()
            kept = [*self._kept]
        return [
            entry
            for entry in kept
            if entry["user"]["username"] == user
            and entry["objectRef"].get("resource") == resource
            and entry["objectRef"].get("name") == name
        ]

    def _read_on(self) -> None:
        with self._log.open("rb") as file:
            file.seek(self._size)
            complete, newline, _ = file.read().rpartition(b"\n")
        self._size += len(complete) + len(newline)
        entries = (json.loads(line) for line in complete.splitlines())
        self._kept += [entry for entry in entries if self._is_change_here(entry)]

    def _is_change_here(self, entry: Json) -> bool:
        here = entry.get("objectRef", {}).get("namespace") == self._namespace
        return here and entry["verb"] in ("create", "update", "patch", "delete")


def written_at(entry: Json) -> float:
    """When an audited request was answered, in seconds since the epoch."""
    return datetime.fromisoformat(entry["stageTimestamp"]).timestamp()


def wait_until(
    look: Callable[[], Any], seconds: float, what: Callable[[], str], *, every: float = LOOK_SECONDS
) -> Any:
    """Looks until there is something true, and returns it; `what` says what is there instead."""
    give_up = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < give_up, f"not within {seconds:g} s; instead: {what()}"
        time.sleep(every)
    return seen


def _checked(answer: httpx.Response) -> Json:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()


def _trust(kubeconfig: Path) -> ssl.SSLContext:
    document = yaml.safe_load(kubeconfig.read_text())
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    context = ssl.create_default_context(cadata=_text(cluster, "certificate-authority"))
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = Path(directory, "client.crt"), Path(directory, "client.key")
        certificate.write_text(_text(user, "client-certificate"))
        key.write_text(_text(user, "client-key"))
        context.load_cert_chain(certificate, key)
    return context


def _text(block: Json, name: str) -> str:
    if data := block.get(f"{name}-data"):
        return base64.b64decode(data).decode()
    return Path(block[name]).read_text()
