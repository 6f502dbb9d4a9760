"""Two builds of one checkout are one image."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from arcgis_devcluster.progress import Progress
from arcgis_image import ROOT, engine, project
from arcgis_image.cli import made
from arcgis_image.layout import Image

COPIED = ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE")
FOLDERS = ("requirements", "operator", "simulator", "image")


@pytest.mark.timeout(600)
def test_a_second_build_in_another_place_has_the_same_digest(
    operator: Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a copy whose files are newer; the base is the same."""
    checkout = tmp_path / "elsewhere"
    checkout.mkdir()
    for name in COPIED:
        shutil.copyfile(ROOT / name, checkout / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, checkout / name, copy_function=shutil.copyfile)
    order = replace(project.order("operator", "arcgis-operator:again"), context=checkout)
    again = Image(tmp_path / "again")
    made(engine.choose(Progress(), operator.about["engine"]), order, again)
    digests = operator.about["digest"], again.about["digest"]
    with capsys.disabled():
        print("\nbuilt twice:", *digests)
    assert digests[0] == digests[1]
