"""What the operator runs on is pinned, and nothing of it is taken away."""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import arcgis_operator.adapters.admin  # noqa: F401 - brings httpx, and with it httpcore

ROOT = Path(__file__).resolve().parents[2]
PINNED = dict(
    one.split("==") for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
)


@pytest.mark.parametrize("name", PINNED)
def test_a_dependency_is_locked_and_installed_in_the_version_that_is_declared(name: str) -> None:
    locked = (ROOT / "requirements" / "operator.txt").read_text()
    assert re.search(
        rf"^{re.escape(name)}=={re.escape(PINNED[name])}\b", locked, re.MULTILINE | re.IGNORECASE
    )
    assert importlib.metadata.version(name) == PINNED[name]


def test_sniffio_is_a_pinned_library_and_not_a_module_that_is_switched_off() -> None:
    """httpcore asks it at every lock it takes; a failed import would search the whole path each time."""
    assert "sniffio" in PINNED
    assert isinstance(sys.modules.get("sniffio"), ModuleType)
    sources = (ROOT / "operator").rglob("*.py")
    assert [str(one) for one in sources if re.search(r"sys\.modules\[.*\] *=", one.read_text())] == []
