"""The commands of the README, pasted into a shell, on an empty API server: each way ends with live settings.

Deployments do not run there: the operator runs beside, under the account that was installed.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from arcgis_demo import parts
from arcgis_devcluster import ControlPlane
from harness.apiserver import wait_until
from harness.bench import FAST
from harness.canaries import canary
from harness.listener import Listener
from harness.site import SiteControl

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "install.md"
INSTALLED_SECONDS = 60
OPENSHIFT = "make overlay OVERLAY=openshift REGISTRY="
KINDS = ("arcgissites.arcgis-operator.dev", "arcgisservices.arcgis-operator.dev")


def section() -> str:
    return (ROOT / "README.md").read_text().partition("## Install on a cluster")[2].partition("\n## ")[0]


def block(part: str) -> str:
    """The shell commands of the README that hold this part."""
    (found,) = [one for one in re.findall(r"```sh\n(.*?)```", section(), re.DOTALL) if part in one]
    return str(found)


def on_openshift() -> str:
    """As the guide says it in a sentence: another overlay, the rest as above."""
    assert f"`{OPENSHIFT}" in GUIDE.read_text()
    return block("make overlay").replace("make overlay REGISTRY=", OPENSHIFT)


WAYS: dict[str, Callable[[], str]] = {
    "kustomize": lambda: block("make overlay"),
    "helm": lambda: block("helm install"),
    "one file": lambda: block("make install.yaml"),
    "openshift": on_openshift,
}


class Shell:
    """A copy of what is under version control, and a shell with kubectl, helm and an empty cluster."""

    def __init__(self, cluster: ControlPlane, helm: Path, folder: Path) -> None:
        self.folder = folder / "checkout"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).exists():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.folder / name, follow_symlinks=False)
        (self.folder / ".venv").mkdir()
        for part in ("bin", "lib", "pyvenv.cfg"):
            (self.folder / ".venv" / part).symlink_to(ROOT / ".venv" / part)
        (self.folder / ".venv" / ".installed").touch()
        programs = folder / "bin"
        programs.mkdir()
        for program in (cluster.kubectl.program, helm):
            (programs / program.name).symlink_to(program)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "HELM_"))}
        places = {f"HELM_{name}_HOME": str(folder / name) for name in ("CACHE", "CONFIG", "DATA")}
        self._environment = {
            **kept,
            **places,
            **cluster.kubectl.environment(),
            "KUBECONFIG": str(cluster.kubeconfig),
            "PATH": f"{programs}:{os.environ['PATH']}",
        }

    def paste(self, commands: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-ec", commands],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def cluster() -> Iterator[ControlPlane]:
    with ControlPlane.start() as empty:
        yield empty


def declare(shell: Shell, site: parts.Site, password: str) -> None:
    """The second block of the README; address and account are set where its comment says so."""
    before, comment, after = block("kubectl create namespace gis").partition(
        "# set address and account in it\n"
    )
    assert comment
    shell.paste(before)
    secret, bundle, declared = (dict(body) for body in parts.site_objects(site, password))
    mine = shell.folder / "manifests" / "samples" / "mine"
    (mine / "credentials.yaml").write_text(yaml.safe_dump_all([secret, bundle]))
    (mine / "site.yaml").write_text(yaml.safe_dump(declared))
    shell.paste(after)


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_api_server_is_installed_by_the_readme_and_a_declared_setting_goes_live(
    way: str,
    cluster: ControlPlane,
    helm_program: Path,
    tmp_path: Path,
    say: Callable[[str], None],
) -> None:
    shell, password = Shell(cluster, helm_program, tmp_path), canary()
    site = parts.start_site(tmp_path, "site", password, "--job-seconds=0.4", "--submitted-seconds=0.1")
    listener = Listener(cluster, tmp_path, SiteControl(site.control), password)
    began = time.monotonic()
    shell.paste(WAYS[way]())
    for kind in KINDS:
        cluster.kubectl.wait(f"crd/{kind}", "condition=Established", 30)
    installed = time.monotonic() - began
    deployment = cluster.kubectl.get_json("-n", parts.SYSTEM, "deployment/arcgis-operator")
    pod = deployment["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"].startswith("registry.example.com/gis/arcgis-operator")
    assert ("runAsUser" in str(pod)) == (way != "openshift")
    operator = parts.start_operator(cluster, tmp_path, "operator", FAST)
    declare(shell, site, password)

    def live() -> bool:
        status = cluster.kubectl.get_json("-n", "gis", "agsvc/fire-weather").get("status", {})
        return {"Ready": "True"}.items() <= {
            one["type"]: one["status"] for one in status.get("conditions", [])
        }.items()

    wait_until(live, 40, operator.log_tail, every=0.2)
    say(
        f"install by {way}: the kinds and the operator's objects are there after {installed:.1f} s, "
        f"a first setting is live after {time.monotonic() - began:.1f} s"
    )
    found = listener.hits([operator])
    operator.terminate()
    site.process.kill()
    assert not found, f"secrets of this install are in its outputs: {sorted(found)}"
    assert installed <= INSTALLED_SECONDS
