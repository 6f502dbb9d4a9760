"""The real kubectl, as a function."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from arcgis_devcluster.errors import KubectlFailed

Manifest = Mapping[str, Any] | Path | str


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl as the user of one kubeconfig, in that file's namespace unless another is set."""

    program: Path
    kubeconfig: Path
    namespace: str | None = None

    def __call__(
        self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Raises KubectlFailed with kubectl's own text, subprocess.TimeoutExpired after the timeout."""
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            env=self.environment(),
            check=False,
        )
        if done.returncode:
            raise KubectlFailed(arguments, done.returncode, done.stderr)
        return done

    def command(self, *arguments: str) -> list[str]:
        """The whole command line, for a ChildProcess (`get --watch`)."""
        namespace = ["--namespace", self.namespace] if self.namespace else []
        return [str(self.program), f"--kubeconfig={self.kubeconfig}", *namespace, *arguments]

    def environment(self) -> dict[str, str]:
        """Ours, without what the user's own kubectl prefers or remembers of another cluster on this port."""
        mine = {"KUBECACHEDIR": str(self.kubeconfig.parent / "kubectl-cache"), "KUBERC": "off"}
        return {**os.environ, **mine}

    def in_namespace(self, namespace: str) -> Self:
        return replace(self, namespace=namespace)

    def as_user(self, kubeconfig: Path) -> Self:
        return replace(self, kubeconfig=kubeconfig)

    def get_json(self, *arguments: str) -> Any:
        """`kubectl get … -o json`, parsed."""
        return json.loads(self("get", *arguments, "-o", "json").stdout)

    def apply(self, manifest: Manifest, *arguments: str) -> None:
        """Server-side apply of a document, of YAML text, or of a file or folder (all its files)."""
        command = ("apply", "--server-side", *arguments)
        if isinstance(manifest, Path):
            self(*command, "-f", str(manifest))
        else:
            text = manifest if isinstance(manifest, str) else json.dumps(manifest)
            self(*command, "-f", "-", stdin=text)

    def wait(self, resource: str, condition: str, seconds: float, *arguments: str) -> None:
        """`kubectl wait --for=<condition>`; e.g. `wait("agsvc/roads", "condition=Ready", 30)`."""
        limit = f"--timeout={seconds:g}s"
        self("wait", resource, f"--for={condition}", limit, *arguments, timeout_seconds=seconds + 15)
