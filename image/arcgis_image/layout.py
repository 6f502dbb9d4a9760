"""An image in the OCI layout, as every engine hands it over: its digest, settings, size and files.

Source: the OCI image specification, image-layout.md and layer.md.
"""

import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arcgis_image import OUT, ImageError

_WHITEOUT = ".wh."


@dataclass(frozen=True)
class Image:
    """A built image, unpacked into `folder`; its `archive` in the OCI layout lies beside."""

    folder: Path

    @property
    def files(self) -> Path:
        return self.folder / "root"

    @property
    def archive(self) -> Path:
        return self.folder.with_suffix(".tar")

    @property
    def about(self) -> dict[str, Any]:
        """`engine`, `digest`, `config` (User, Env, Entrypoint, Cmd, Labels), `base_bytes`, `added_bytes`."""
        file = self.folder / "about.json"
        if not file.is_file():
            raise ImageError(f"{file} is not there: make image")
        return dict(json.loads(file.read_text()))

    @property
    def environment(self) -> dict[str, str]:
        pairs = (text.partition("=") for text in self.about["config"]["Env"])
        return {name: value for name, _, value in pairs}


def built(target: str) -> Image:
    """The image that the last `make image` left."""
    return Image(OUT / target)


def unpack(image: Image, engine: str, base_layers: list[str]) -> None:
    """Reads the archive that an engine wrote into the image's folder.

    `base_layers` are those that count as the base's.
    """
    shutil.rmtree(image.folder, ignore_errors=True)
    blobs = image.folder / "layout"
    blobs.mkdir(parents=True)
    with tarfile.open(image.archive) as tar:
        tar.extractall(blobs, filter="data")
    digest = _manifest_digest(blobs)
    manifest = _blob(blobs, digest)
    config = _blob(blobs, manifest["config"]["digest"])
    sizes = [_unpack_layer(blobs, layer["digest"], image.files) for layer in manifest["layers"]]
    layers = config["rootfs"]["diff_ids"]
    if layers[: len(base_layers)] != base_layers:
        raise ImageError(f"{image.archive} does not begin with the layers of its base")
    about = {
        "engine": engine,
        "digest": digest,
        "config": config["config"],
        "base_bytes": sum(sizes[: len(base_layers)]),
        "added_bytes": sum(sizes[len(base_layers) :]),
    }
    (image.folder / "about.json").write_text(json.dumps(about, indent=2) + "\n")
    shutil.rmtree(blobs)


def _manifest_digest(blobs: Path) -> str:
    if not (blobs / "index.json").is_file():
        raise ImageError("the engine's archive is not in the OCI layout: Docker 25 or newer is needed")
    index = json.loads((blobs / "index.json").read_text())
    while True:
        one = index["manifests"][0]
        if "index" not in one["mediaType"]:
            return str(one["digest"])
        index = _blob(blobs, one["digest"])


def _blob(blobs: Path, digest: str) -> Any:
    return json.loads(_path(blobs, digest).read_text())


def _path(blobs: Path, digest: str) -> Path:
    return blobs / "blobs" / digest.replace(":", "/")


def _unpack_layer(blobs: Path, digest: str, root: Path) -> int:
    """Lays a layer over what is there; the bytes of its files."""
    size = 0
    root.mkdir(exist_ok=True)
    with tarfile.open(_path(blobs, digest)) as tar:
        for member in tar:
            folder, name = os.path.split(member.name)
            if name.startswith(_WHITEOUT):
                _remove(root / folder / name.removeprefix(_WHITEOUT))
                continue
            if not member.isdir():
                _remove(root / member.name)
            tar.extract(member, root, filter="fully_trusted")
            size += member.size
    return size


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
