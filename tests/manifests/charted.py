"""The chart in the hands of the real helm."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from arcgis_devcluster import Cluster

CHART = Path(__file__).resolve().parents[2] / "charts" / "arcgis-operator"
NAME = "arcgis-operator"
Document = dict[str, Any]


class Refused(Exception):
    """What helm said instead of doing it."""


@dataclass(frozen=True)
class Helm:
    """One helm with folders of its own; `namespace` is where the release is."""

    program: Path
    cluster: Cluster
    home: Path
    namespace: str

    def __call__(self, *arguments: str) -> str:
        """Its stdout. Raises Refused."""
        places = {f"HELM_{name}_HOME": str(self.home / name) for name in ("CACHE", "CONFIG", "DATA")}
        done = subprocess.run(
            [self.program, *arguments, "--namespace", self.namespace],
            env={**os.environ, **places, "KUBECONFIG": str(self.cluster.kubeconfig)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Refused(done.stderr)
        return done.stdout

    def render(self, values: Mapping[str, Any] | None = None) -> list[Document]:
        text = self("template", NAME, str(CHART), "-f", self.values(values or {}))
        return [document for document in yaml.safe_load_all(text) if document]

    def install(self, values: Mapping[str, Any] | None = None, *more: str, name: str = NAME) -> str:
        return self("install", name, str(CHART), "-f", self.values(values or {}), *more)

    def upgrade(self, values: Mapping[str, Any], *more: str) -> str:
        return self("upgrade", NAME, str(CHART), "-f", self.values(values), *more)

    def values(self, values: Mapping[str, Any]) -> str:
        path = self.home / "values.yaml"
        path.write_text(yaml.safe_dump(dict(values)))
        return str(path)
