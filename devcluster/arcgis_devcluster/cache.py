"""The finished binaries of this user, one folder per key, and the lock under which they are made.

A folder without its manifest is not finished. A build happens in a `*.partial-<pid>` folder that is renamed
once it is complete; whoever holds the lock may remove every partial folder, since nobody else is building.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arcgis_devcluster.janitor import janitor
from arcgis_devcluster.progress import Progress

_MANIFEST = "manifest.json"


def root() -> Path:
    """`$XDG_CACHE_HOME/arcgis-operator/controlplane`, or the same under ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "arcgis-operator" / "controlplane"


def finished(key: str) -> Path | None:
    """The folder of a finished build whose files are all there in full size, else None."""
    folder = root() / key
    try:
        sizes = json.loads((folder / _MANIFEST).read_text())["sizes"]
        complete = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return None
    return folder if complete else None


def finish(partial: Path, key: str, go_version: str) -> Path:
    """Writes the manifest and gives the folder its final name, in one step. Needs the lock."""
    sizes = {path.name: path.stat().st_size for path in sorted(partial.iterdir())}
    manifest = {"key": key, "go": go_version, "sizes": sizes}
    (partial / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    folder = root() / key
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    partial.rename(folder)
    return folder


def clear() -> None:
    """Removes every finished build. Needs the lock, whose file stays: others may wait on it."""
    for folder in filter(Path.is_dir, root().iterdir()):
        shutil.rmtree(folder)


@contextmanager
def partial(name: str) -> Iterator[Path]:
    """An empty folder, removed however this process ends, unless it was renamed. Needs the lock."""
    folder = root() / f"{name}.partial-{os.getpid()}"
    janitor.will_remove(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        janitor.was_removed(folder)


@contextmanager
def lock(progress: Progress) -> Iterator[None]:
    """Held by one process of this user at a time; the others wait and say so.

    Whoever gets it clears away what an interrupted build left.
    """
    root().mkdir(parents=True, exist_ok=True)
    with (root() / "lock").open("a+") as file:
        _acquire(file.fileno(), progress)
        for leftover in root().glob("*.partial-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _acquire(descriptor: int, progress: Progress) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        progress.say("another process is building the control plane: waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
