"""The services of the site, its folders, and the deployments (pods) behind the services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from arcgis_simulator.documents import Document
from arcgis_simulator.ids import Ids

SHARED = "DMaps"
_PODS: dict[str, dict[str, Any]] = {
    "replicas": {"min": 1, "max": 1, "scalingMode": "manual"},
    "resources": {"memoryMin": "500Mi", "memoryMax": "2Gi", "cpuMin": "0.125", "cpuMax": "2"},
}


def key_of(folder: str, name_and_type: str) -> str:
    """The key of a service. Assumed: the site finds services without regard to case."""
    return f"{folder}/{name_and_type}".casefold()


@dataclass(slots=True)
class Service:
    """One service: its document, the deployments behind it, and what has happened to it."""

    document: Document
    deployments: list[str]
    former: Document | None = None
    changed_ms: int = 0
    restarting_until_ms: int = 0
    edits: int = 0
    restarts: int = 0

    @property
    def folder(self) -> str:
        return str(self.document.get("folderName") or "")

    @property
    def name_and_type(self) -> str:
        return f"{self.document['serviceName']}.{self.document['type']}"

    @property
    def title(self) -> str:
        """``folder/name.type``, or ``name.type`` in the root folder, as the site spells it."""
        return f"{self.folder}/{self.name_and_type}" if self.folder else self.name_and_type

    @property
    def key(self) -> str:
        return key_of(self.folder, self.name_and_type)

    @property
    def started(self) -> bool:
        return self.document.get("configuredState") == "STARTED"

    @property
    def summary(self) -> Document:
        """Source: Services page (root folder): these five fields."""
        names = ("description", "id", "folderName", "serviceName", "type")
        return {name: self.document.get(name, "") for name in names}


@dataclass(slots=True)
class Catalogue:
    """Services by key, folders by their folded name, deployments by id."""

    ids: Ids
    services: dict[str, Service] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    _shared: dict[str, str] = field(default_factory=dict)

    def add_folder(self, name: str) -> None:
        self.folders.setdefault(name.casefold(), name)

    def add(self, document: Document, deployment_types: list[str] | None = None) -> Service:
        """Puts a complete document into the catalogue. Raises ``ValueError`` if there is one already."""
        service = Service(document, [])
        if service.key in self.services:
            raise ValueError(f"the service {service.title!r} exists already")
        if service.folder:
            self.add_folder(service.folder)
        self._deploy(service, deployment_types or [str(document["type"])])
        self.services[service.key] = service
        return service

    def find(self, folder: str, name_and_type: str) -> Service | None:
        return self.services.get(key_of(folder, name_and_type))

    def folder(self, name: str) -> str | None:
        """The folder as the site spells it."""
        return self.folders.get(name.casefold())

    def in_folder(self, folder: str) -> Iterator[Service]:
        return (service for service in self.services.values() if service.folder == folder)

    def scaling(self, service: Service) -> list[dict[str, Any]]:
        """Source: Scaling page: one entry for each deployment behind the service."""
        return [self.deployments[deployment] for deployment in service.deployments]

    def redeploy(self, service: Service, provider: str) -> None:
        """Moves a service to the pods of another provider. Source: service modes page."""
        kind = str(service.document["type"])
        new = self.shared_deployment(kind) if provider == SHARED else self._new_deployment(kind)
        service.deployments = [new]
        service.document = {**service.document, "deploymentId": new}

    def shared_deployment(self, kind: str, deployment: str | None = None) -> str:
        """The id of the pods that all shared services of a type use."""
        if kind not in self._shared:
            self._shared[kind] = self._new_deployment(kind, deployment)
        return self._shared[kind]

    def _deploy(self, service: Service, kinds: list[str]) -> None:
        own = service.document.get("deploymentId")
        if service.document.get("provider") == SHARED:
            service.deployments = [self.shared_deployment(kinds[0], own)]
        else:
            service.deployments = [self._new_deployment(kinds[0], own), *map(self._new_deployment, kinds[1:])]
        service.document = {**service.document, "deploymentId": service.deployments[0]}

    def _new_deployment(self, kind: str, deployment: str | None = None) -> str:
        made = deployment or self.ids.deployment()
        pods = {name: dict(values) for name, values in _PODS.items()}
        self.deployments[made] = {"deploymentType": kind, "deploymentId": made, **pods}
        return made
