"""Scenes of two to four features each, by seed: no rule of the judge is broken."""

from collections.abc import Callable

import pairs_features  # noqa: F401 - fills the table
import pytest
from pairs_cover import rows, scene_of
from pairs_scene import Scene
from pairs_shrink import broken, told

BATCH = 50
SCENES = {"share": 2 * len(rows()), "whole": 20_000}
"""The share holds every pair of features once, and as many scenes drawn freely."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "first" in metafunc.fixturenames:
        metafunc.parametrize("first", range(0, SCENES[metafunc.config.option.plans], BATCH))


@pytest.mark.timeout(900)
def test_no_rule_is_broken_where_features_meet(
    first: int, record_property: Callable[[str, object], None]
) -> None:
    scenes = [scene_of(seed) for seed in range(first, first + BATCH)]
    found = told(scenes)
    record_property("scenes", BATCH)
    record_property("violations", len(found))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("ends", ["jobs complete with an error", "site without jobs"])
def test_whoever_asks_while_a_document_is_old_gets_no_second_edit(ends: str) -> None:
    scene = Scene.parse(f"0:{ends}+asked for one more try+stale documents")
    assert broken(scene) == {}
