"""What is in the built images, and what is not."""

import json
import re
import stat
import subprocess
import tomllib
from email.parser import Parser
from pathlib import Path

import pytest

from arcgis_image import TARGETS, layout
from arcgis_image.cli import MOST_BYTES
from arcgis_image.layout import Image
from arcgis_image.pod import Pod
from arcgis_image.sbom import bill

ROOT = Path(__file__).resolve().parents[2]
UNCHECKED_HASH = "01000000"  # Source: PEP 552
COMPARE = """
import sys, importlib.util, pathlib
prefix = pathlib.Path(sys.pycache_prefix)
for path in prefix.rglob("*.pyc"):
    source = "/" / path.relative_to(prefix).with_name(path.name.partition(".")[0] + ".py")
    header = path.read_bytes()[:16]
    print(header[4:8].hex(), header[8:].hex(), importlib.util.source_hash(source.read_bytes()).hex())
"""


@pytest.fixture(params=TARGETS)
def image(request: pytest.FixtureRequest) -> Image:
    return layout.built(request.param)


def environment(image: Image) -> Path:
    return image.files / "opt" / "arcgis"


def distributions(image: Image) -> dict[str, Path]:
    """The installed ones by name."""
    folders = environment(image).glob("lib/python*/site-packages/*.dist-info")
    return {Parser().parsestr((path / "METADATA").read_text())["Name"].lower(): path for path in folders}


def locked(target: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{target}.txt").read_text()
    return {
        f"{name}=={version}": text for name, version in re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE)
    }


def test_an_image_adds_at_most_60_mebibytes_to_its_base(image: Image) -> None:
    assert 0 < image.about["added_bytes"] <= MOST_BYTES


def test_all_that_an_image_adds_is_one_folder_that_only_root_may_write(image: Image) -> None:
    modes = [path.lstat() for path in environment(image).rglob("*") if not path.is_symlink()]
    assert {(one.st_uid, one.st_gid) for one in modes} == {(0, 0)}
    assert [one for one in modes if one.st_mode & (stat.S_IWOTH | stat.S_IWGRP | stat.S_ISUID)] == []


def test_the_labels_say_what_it_is(image: Image) -> None:
    labels = image.about["config"]["Labels"]
    shown = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    wanted = ("title", "description", "version", "revision", "created", "licenses", "base.name")
    assert sorted(shown) == sorted(wanted)
    assert shown["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert all(shown.values())


def test_no_image_holds_the_other_ones_program(operator: Image, simulator: Image) -> None:
    assert "arcgis-simulator" not in distributions(operator)
    assert "arcgis-operator" not in distributions(simulator)
    assert not list(environment(operator).rglob("arcgis_simulator"))
    assert not list(environment(simulator).rglob("arcgis_operator"))
    assert "kubernetes" not in distributions(simulator)


def test_each_image_has_one_command_and_its_python(image: Image) -> None:
    there = {path.name for path in (environment(image) / "bin").iterdir()}
    assert {name for name in there if not name.startswith("python")} == {
        image.about["config"]["Entrypoint"][0]
    }


def test_what_is_installed_is_what_was_locked(image: Image) -> None:
    target = image.about["config"]["Entrypoint"][0].removeprefix("arcgis-")
    found = {
        path.name.removesuffix(".dist-info").replace("-", "==", 1) for path in distributions(image).values()
    }
    own = {name for name in found if name.startswith("arcgis_")}
    wanted = {name.replace("-", "_") for name in locked(target)}
    assert {name.lower().replace("-", "_").replace(".", "_") for name in found - own} <= {
        name.lower().replace(".", "_") for name in wanted
    }
    assert len(own) == 1


def test_every_distribution_keeps_its_licence(image: Image) -> None:
    """Those without a licence file name it in their metadata."""
    silent = [
        name
        for name, path in distributions(image).items()
        if not [one for one in path.rglob("*") if re.search(r"(?i)licen[cs]e|copying|notice", one.name)]
        and "license" not in (path / "METADATA").read_text().lower()
    ]
    assert silent == []


def test_nothing_is_left_of_pip(image: Image) -> None:
    for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        assert not list(environment(image).rglob(name))
    assert not list(environment(image).rglob("__pycache__"))
    assert "pip" not in distributions(image)


def test_byte_code_is_of_its_source_and_is_taken_unseen(image: Image) -> None:
    """It names the hash of its source, whose age says nothing in a build that can be repeated."""
    said = subprocess.run(
        Pod(image).command(program=("python", "-c", COMPARE)), capture_output=True, text=True, check=True
    )
    headers = [line.split() for line in said.stdout.splitlines()]
    assert len(headers) > 200
    assert {flags for flags, _, _ in headers} == {UNCHECKED_HASH}
    assert [one for one in headers if one[1] != one[2]] == []


def test_the_bill_of_materials_names_everything_with_the_hash_that_was_locked(image: Image) -> None:
    document = bill(image)
    purls = [one["purl"] for one in document["components"]]
    assert len(set(purls)) == len(purls)
    assert len([purl for purl in purls if purl.startswith("pkg:pypi/")]) == len(distributions(image))
    assert any(purl.startswith("pkg:deb/debian/libssl3") for purl in purls)
    lock = next(iter(locked(image.about["config"]["Entrypoint"][0].removeprefix("arcgis-")).values()))
    hashes = [one["content"] for component in document["components"] for one in component.get("hashes", [])]
    assert len(hashes) == len(distributions(image)) - 1  # our own wheel is in no lock
    assert [one for one in hashes if f"--hash=sha256:{one}" not in lock] == []
    assert json.dumps(document) == json.dumps(bill(image))


def test_time_zones_are_known_whatever_the_base_has(operator: Image) -> None:
    """Those of windows; a slim base may have no zones of its own."""
    ask = "import zoneinfo; zoneinfo.reset_tzpath([]); print(zoneinfo.ZoneInfo('Australia/Lord_Howe'))"
    pod = Pod(operator)
    shown = subprocess.run(
        pod.command("-c", ask, program=("/opt/arcgis/bin/python",)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "Australia/Lord_Howe\n"
