"""The builder of the images: which engine is taken, what it is told, how its archive is read."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from arcgis_devcluster.progress import Progress
from arcgis_image import ImageError, debian, engine
from arcgis_image.engine import Docker, Order
from arcgis_image.layout import Image, unpack
from arcgis_image.pod import Pod, with_files

ORDER = Order("operator", "arcgis-operator:1", {"VERSION": "1"}, 7, Path("/checkout"))
CONFIG = {"User": "65532:65532", "Env": ["PATH=/bin"], "Entrypoint": ["one"], "Cmd": ["run"]}


def fake(folder: Path, name: str, script: str) -> None:
    """A program that notes its arguments and does what `script` says."""
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/{name}.said\n{script}\n')
    program.chmod(0o755)


def said(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.said").read_text().splitlines()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing but what a test puts there is on PATH."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    return tmp_path


def layer(**files: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def archive(file: Path, *layers: bytes) -> list[str]:
    """Writes an archive whose index names another index, as some engines do; the digests of its layers."""
    blobs = {digest(content): content for content in layers}

    def put(document: Any) -> str:
        content = json.dumps(document).encode()
        blobs[digest(content)] = content
        return digest(content)

    config = put({"config": CONFIG, "rootfs": {"diff_ids": [digest(one) for one in layers]}})
    named = {"config": {"digest": config}, "layers": [{"digest": digest(one)} for one in layers]}
    manifest = put(named)
    kind = "application/vnd.oci.image"
    inner = put({"manifests": [{"mediaType": f"{kind}.manifest.v1+json", "digest": manifest}]})
    outer = {"manifests": [{"mediaType": f"{kind}.index.v1+json", "digest": inner}]}
    with tarfile.open(file, "w") as tar:
        for name, content in {
            "index.json": json.dumps(outer).encode(),
            **{f"blobs/{key.replace(':', '/')}": value for key, value in blobs.items()},
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return [digest(one) for one in layers]


def test_layers_are_laid_over_each_other_and_counted_above_the_base(tmp_path: Path) -> None:
    image = Image(tmp_path / "operator")
    lower = layer(etc__kept="base", etc__gone="base", etc__changed="base")
    upper = layer(**{"etc__.wh.gone": "", "etc__changed": "mine", "opt__new": "mine, too"})
    base = archive(image.archive, lower, upper)[:1]
    unpack(image, "docker", base)
    there = {path.name: path.read_text() for path in image.files.rglob("*") if path.is_file()}
    assert there == {"kept": "base", "changed": "mine", "new": "mine, too"}
    assert (image.about["base_bytes"], image.about["added_bytes"]) == (12, 13)
    assert image.about["config"] == CONFIG


def test_an_image_on_another_base_is_refused(tmp_path: Path) -> None:
    image = Image(tmp_path / "operator")
    archive(image.archive, layer(etc__one="1"))
    with pytest.raises(ImageError, match="does not begin with the layers of its base"):
        unpack(image, "docker", ["sha256:other"])


def test_an_archive_of_an_old_docker_is_told_from_the_layout(tmp_path: Path) -> None:
    image = Image(tmp_path / "operator")
    with tarfile.open(image.archive, "w") as tar:
        tar.addfile(tarfile.TarInfo("manifest.json"))
    with pytest.raises(ImageError, match="Docker 25 or newer"):
        unpack(image, "docker", [])


def test_what_was_not_built_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="make image"):
        Pod(Image(tmp_path)).command()


@pytest.mark.parametrize(
    ("answers", "wanted", "chosen"),
    [(("docker", "podman"), "", "docker"), (("podman",), "", "podman"), (("docker",), "podman", "podman")],
)
def test_the_engine_that_answers_is_taken_or_the_one_that_is_named(
    programs: Path, answers: tuple[str, ...], wanted: str, chosen: str
) -> None:
    for name in ("docker", "podman"):
        fake(programs, name, "exit 0" if name in answers else "exit 1")
    assert engine.choose(Progress(), wanted).name == chosen


def test_docker_is_told_the_target_the_name_and_the_arguments(programs: Path) -> None:
    fake(programs, "docker", "")
    Docker().build(ORDER)
    [line] = said(programs, "docker")
    assert line.split() == [
        "build",
        "--build-arg=VERSION=1",
        "--build-arg=SOURCE_DATE_EPOCH=7",
        "--build-arg=PYTHON=python:3.13-slim",
        "--target=operator",
        "--tag=arcgis-operator:1",
        "/checkout",
    ]


def test_what_an_engine_said_last_is_in_the_error(programs: Path) -> None:
    fake(programs, "docker", "echo no space left >&2; exit 1")
    with pytest.raises(ImageError, match="no space left"):
        Docker().build(ORDER)


def test_on_a_new_machine_the_lists_of_packages_are_brought_first(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    fake(programs, "apt-get", f'[ "$1" = update ] && : > {programs}/lists; [ -f {programs}/lists ]')
    debian.install(Progress())
    assert [line.split()[0] for line in said(programs, "apt-get")] == ["install", "update", "install"]
    assert said(programs, "apt-get")[0].split()[-2:] == ["buildah", "debootstrap"]


def test_who_is_not_root_and_has_no_engine_is_told_what_to_do(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ImageError, match="start an engine, or run this as root on Debian"):
        debian.install(Progress())


def test_files_named_by_options_are_put_in_and_named_anew(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.touch()
    arguments = ["run", f"--kubeconfig={file}", "--url=/arcgis", f"--folder={tmp_path}"]
    changed, volumes = with_files(arguments)
    assert volumes == {file: f"/tmp/given{file}"}
    assert changed == ["run", f"--kubeconfig=/tmp/given{file}", "--url=/arcgis", f"--folder={tmp_path}"]
