"""What builds: Docker or Podman where one answers, else buildah without a daemon.

Each builds the same Dockerfile and hands the image over as an archive in the OCI layout.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from arcgis_devcluster.progress import Progress
from arcgis_image import ROOT, ImageError, debian

NAMES = ("docker", "podman", "buildah")
BASE = "python:3.13-slim"
_SECONDS = 1800.0
_BASE_DOCKERFILE = """\
FROM scratch
ADD {tar} /
ENV PATH=/usr/local/bin:/usr/bin:/bin
CMD ["python3"]
"""


@dataclass(frozen=True, slots=True)
class Order:
    """One build: a target of the Dockerfile, the image's name, build arguments, the age of its files."""

    target: str
    tag: str
    arguments: Mapping[str, str]
    epoch: int
    context: Path = ROOT


class Engine(Protocol):
    """`base` is the image that the Dockerfile begins with."""

    @property
    def name(self) -> str: ...
    @property
    def base(self) -> str: ...

    def build(self, order: Order) -> None:
        """Raises ImageError with the end of what the engine said."""

    def save(self, tag: str, archive: Path) -> None:
        """Writes an image as a tar in the OCI layout."""

    def layers(self, image: str) -> list[str]:
        """The digests of its unpacked layers, `sha256:…`, the lowest first."""


@dataclass(frozen=True)
class Docker:
    """Docker 25 or newer: its archives are in the OCI layout too."""

    name: str = "docker"
    base: str = BASE

    def build(self, order: Order) -> None:
        arguments = {**order.arguments, "SOURCE_DATE_EPOCH": str(order.epoch), "PYTHON": self.base}
        _run("docker", "build", *_options(order, arguments), str(order.context))

    def save(self, tag: str, archive: Path) -> None:
        _run("docker", "save", f"--output={archive}", tag)

    def layers(self, image: str) -> list[str]:
        return _root_layers("docker", image)


@dataclass(frozen=True)
class Podman:
    """Builds like buildah, with its own storage."""

    name: str = "podman"
    base: str = BASE

    def build(self, order: Order) -> None:
        with _pip_volumes() as volumes:
            arguments = {**order.arguments, "PYTHON": self.base}
            _run("podman", "build", *_fixed(order), *volumes, *_options(order, arguments), str(order.context))

    def save(self, tag: str, archive: Path) -> None:
        _run("podman", "save", "--quiet", "--format=oci-archive", f"--output={archive}", tag)

    def layers(self, image: str) -> list[str]:
        return _root_layers("podman", image)


@dataclass(frozen=True)
class Buildah:
    """buildah with chroot isolation and a storage of its own: needs root, and nothing else that runs."""

    tar: Path
    name: str = "buildah"
    base: str = "localhost/" + BASE
    _environment: Mapping[str, str] = field(
        default_factory=lambda: {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
    )

    def build(self, order: Order) -> None:
        with _pip_volumes() as volumes:
            self._build(order, volumes)

    def save(self, tag: str, archive: Path) -> None:
        self._run("push", "--quiet", "--format=oci", tag, f"oci-archive:{archive}:{tag}")

    def layers(self, image: str) -> list[str]:
        said = self._run("inspect", "--type=image", image)
        return list(json.loads(said)["OCIv1"]["rootfs"]["diff_ids"])

    def import_base(self) -> None:
        """Makes the image that the Dockerfile begins with out of the tar."""
        with tempfile.TemporaryDirectory(prefix="arcgis-image-") as directory:
            file = Path(directory) / "Dockerfile"
            file.write_text(_BASE_DOCKERFILE.format(tar=self.tar.name))
            order = Order("", self.base, {}, 0, self.tar.parent)
            self._build(order, [f"--file={file}", f"--ignorefile={os.devnull}"])

    def _build(self, order: Order, more: Sequence[str]) -> None:
        arguments = {**order.arguments, "PYTHON": self.base}
        self._run("build", *_fixed(order), *more, *_options(order, arguments), str(order.context))

    def _run(self, *arguments: str) -> str:
        storage = debian.cache() / "storage"
        command = ("buildah", f"--root={storage}", f"--runroot={storage}-run", *arguments)
        return _run(*command, environment=self._environment)


def choose(progress: Progress, wanted: str = "") -> Engine:
    """The one `wanted`, else the engine that answers, else buildah. Raises ImageError.

    buildah is installed if need be, and gets its base.
    """
    for one in (Docker(), Podman()):
        if one.name == wanted or (not wanted and shutil.which(one.name) and _answers(one.name)):
            return one
    debian.install(progress)
    engine = Buildah(debian.base(progress))
    with progress.step("importing the base"):
        engine.import_base()
    return engine


def _answers(name: str) -> bool:
    return subprocess.run([name, "info"], capture_output=True, timeout=60, check=False).returncode == 0


def _fixed(order: Order) -> list[str]:
    return ["--quiet", "--identity-label=false", "--no-cache", f"--timestamp={order.epoch}"]


def _root_layers(name: str, image: str) -> list[str]:
    said = _run(name, "image", "inspect", "--format={{json .RootFS.Layers}}", image)
    return list(json.loads(said))


def _options(order: Order, arguments: Mapping[str, str]) -> list[str]:
    named = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    return [*named, *([f"--target={order.target}"] if order.target else []), f"--tag={order.tag}"]


@contextmanager
def _pip_volumes() -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory(prefix="arcgis-image-") as directory:
        volumes = _pip_settings(Path(directory) / "pip.conf")
        yield [f"--volume={source}:{target}:ro" for source, target in volumes.items()]


def _pip_settings(file: Path) -> dict[Path, Path]:
    """This machine's own settings of pip, of which the image keeps nothing: file → where it is put."""
    said = _run(sys.executable, "-m", "pip", "config", "list")
    pairs = [line.partition("=") for line in said.splitlines()]
    settings = {key.rpartition(".")[2]: value.strip("'\"") for key, _, value in pairs}
    file.write_text("[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    paths = (Path(settings[key]) for key in ("cert", "find-links") if key in settings)
    return {file: Path("/etc/pip.conf"), **{path: path for path in paths if path.exists()}}


def _run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ImageError(f"{' '.join(command[:3])} … failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout
