"""A base for the images where no engine runs that could pull one: Debian's own Python, by debootstrap.

It has `python` and `pip` where the usual base has them. Kept per user, one file for each recipe; delete
the file to have Debian's newest packages.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arcgis_devcluster.progress import Progress
from arcgis_image import ImageError

NEEDED = ("buildah", "debootstrap")
"""Packages of Debian; each has a program of its name."""
SUITE = "trixie"
_RECIPE = r"""
set -eu
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$SUITE" "$FILES"
ln -s python3 "$FILES/usr/bin/python"
chroot "$FILES" /usr/bin/python3 -m venv /usr/local
rm -rf "$FILES"/var/cache/* "$FILES"/var/lib/apt/lists/* "$FILES"/var/log/* "$FILES"/tmp/* "$FILES"/dev/* \
  "$FILES"/usr/share/doc/*/changelog* "$FILES"/usr/share/locale/* "$FILES"/usr/share/man/* \
  "$FILES"/etc/machine-id "$FILES"/etc/hostname "$FILES"/etc/resolv.conf
find "$FILES/usr/local" -name __pycache__ -prune -exec rm -rf {} +
tar -C "$FILES" --sort=name --mtime=@0 --numeric-owner -cf "$TAR" .
"""


def cache() -> Path:
    """`$XDG_CACHE_HOME/arcgis-operator/image`, or the same under ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "arcgis-operator" / "image"


def install(progress: Progress) -> None:
    """Brings the programs that build without an engine. Raises ImageError."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ImageError(
            f"neither Docker nor Podman answers, and {' and '.join(missing)} cannot be installed here:"
            " start an engine, or run this as root on Debian"
        )
    with progress.step(f"installing {' and '.join(missing)}") as go_on:
        go_on()
        if _apt_get("install", *missing).returncode != 0:  # on a new machine the lists are not there yet
            _apt_get("update")
            done = _apt_get("install", *missing)
            if done.returncode != 0:
                raise ImageError(f"apt-get install {' '.join(missing)} failed:\n{done.stderr[-2000:]}")


def base(progress: Progress) -> Path:
    """The base as a tar; made when it is not there, while others wait. Raises ImageError."""
    key = hashlib.sha256(f"{SUITE}{_RECIPE}".encode()).hexdigest()[:16]
    tar = cache() / f"base-{SUITE}-{key}.tar"
    with lock():
        if not tar.is_file():
            _make(tar, progress)
    return tar


@contextmanager
def lock() -> Iterator[None]:
    """Held by one process of this user at a time."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(tar: Path, progress: Progress) -> None:
    with (
        progress.step(f"making the base, Debian {SUITE} with Python (half a minute, once)") as go_on,
        tempfile.TemporaryDirectory(dir=cache(), prefix="base-") as directory,
    ):
        go_on()
        partial = Path(directory) / "base.tar"
        done = subprocess.run(
            ["sh", "-c", _RECIPE],
            env={**os.environ, "SUITE": SUITE, "FILES": f"{directory}/files", "TAR": str(partial)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ImageError(f"debootstrap failed:\n{(done.stdout + done.stderr)[-2000:]}")
        partial.rename(tar)


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", arguments[0], "-q", "-y", "--no-install-recommends", *arguments[1:]]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
