"""What is released, made by the commands of the Makefile as a forge calls them."""

import hashlib
import os
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from arcgis_devcluster import Cluster

pytestmark = pytest.mark.xdist_group("release")  # make works in one folder of the checkout
ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
REGISTRY = "registry.example.com/gis"
FILES = {
    "NOTES.md",
    "SHA256SUMS",
    "install.yaml",
    f"arcgis-operator-{VERSION}.tgz",
    f"arcgis_operator-{VERSION}-py3-none-any.whl",
}


def make(*arguments: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def dist(helm_program: Path, offline: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "dist"
    made(folder)
    return folder


def made(folder: Path) -> None:
    for targets in (("wheel", "chart", "install.yaml", "notes"), ("checksums",)):
        make(*targets, f"DIST={folder}", f"REGISTRY={REGISTRY}")


def test_a_release_holds_wheel_chart_one_file_notes_and_checksums(dist: Path) -> None:
    assert {path.name for path in dist.iterdir()} == FILES
    for line in (dist / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest
    assert "v1alpha1" in (dist / "NOTES.md").read_text()
    with zipfile.ZipFile(dist / f"arcgis_operator-{VERSION}-py3-none-any.whl") as wheel:
        assert "arcgis_operator/cli.py" in wheel.namelist()


def test_a_second_run_makes_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    made(tmp_path / "dist")
    assert (tmp_path / "dist" / "SHA256SUMS").read_text() == (dist / "SHA256SUMS").read_text()


def test_one_file_installs_the_kinds_and_the_operator_with_the_registrys_image(dist: Path) -> None:
    documents = list(yaml.safe_load_all((dist / "install.yaml").read_text()))
    kinds = [one["kind"] for one in documents]
    assert kinds.count("CustomResourceDefinition") == 2
    (deployment,) = [one for one in documents if one["kind"] == "Deployment"]
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"{REGISTRY}/arcgis-operator:{VERSION}"


def test_an_overlay_of_ones_own_is_applied_as_it_is_written(offline: Cluster) -> None:
    mine = ROOT / "run" / "mine-of-a-test"
    digest = f"sha256:{'a' * 64}"
    make("overlay", f"MINE={mine}", f"REGISTRY={REGISTRY}", f"DIGEST={digest}", "OVERLAY=openshift")
    text = offline.kubectl("kustomize", str(mine)).stdout
    assert f"image: {REGISTRY}/arcgis-operator@{digest}" in text
    assert "runAsUser" not in text


def test_the_readme_installs_with_targets_and_folders_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.partition("## Install on a cluster")[2].partition("\n## ")[0]
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    for target in re.findall(r"^make (\S+)", blocks, re.MULTILINE):
        assert re.search(rf"^{re.escape(target)}:", MAKEFILE, re.MULTILINE), target
    for path in re.findall(r"\b((?:manifests|charts)/\S+)", blocks):
        assert path.endswith("/mine") or (ROOT / path).exists(), path
    applies = re.findall(r"^kubectl apply .*$", blocks, re.MULTILINE)
    assert len(applies) >= 4
    assert all("--server-side" in line for line in applies)
