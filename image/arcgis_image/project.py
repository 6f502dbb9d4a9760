"""What the project says of itself: version, revision and the age that all files of an image get."""

import subprocess
import tomllib
from datetime import UTC, datetime

from arcgis_image import ROOT
from arcgis_image.engine import Order


def version() -> str:
    """The one of `pyproject.toml`, which is the only place where it is set."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def order(target: str, tag: str = "") -> Order:
    """The build of a target as it is published: labelled, and every file as old as the commit."""
    epoch = int(_git("log", "-1", "--format=%ct") or 0)
    labels = {
        "VERSION": version(),
        "REVISION": _revision(),
        "CREATED": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return Order(target, tag or f"arcgis-{target}:{version()}", labels, epoch)


def _revision() -> str:
    changed = "-changed" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{_git('rev-parse', 'HEAD') or 'unknown'}{changed}"


def _git(*arguments: str) -> str:
    """Empty where this is no checkout, or git is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
