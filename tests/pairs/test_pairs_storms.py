"""Storms of drifts, each with one to three other features: none is restored unasked, none is forgotten."""

import random
from collections.abc import Callable

import pytest
from pairs_features import FEATURES
from pairs_scene import Scene, fit
from pairs_shrink import told

STORM, BATCH = "storm of drifts", 20
STORMS = {"share": 60, "whole": 500}


def storm_of(seed: int) -> Scene:
    """Any other features that fit."""
    draw = random.Random(f"{seed}/storm")
    names = [name for name in sorted(FEATURES) if fit(STORM, name)]
    draw.shuffle(names)
    chosen, wanted = [STORM], draw.choice((2, 3, 4))
    for name in names:
        if len(chosen) < wanted and all(fit(name, other) for other in chosen):
            chosen.append(name)
    return Scene(seed, tuple(sorted(chosen)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "first" in metafunc.fixturenames:
        metafunc.parametrize("first", range(0, STORMS[metafunc.config.option.plans], BATCH))


@pytest.mark.timeout(900)
def test_no_rule_is_broken_in_a_storm(first: int, record_property: Callable[[str, object], None]) -> None:
    scenes = [storm_of(seed) for seed in range(first, first + BATCH)]
    found = told(scenes)
    record_property("scenes", BATCH)
    record_property("violations", len(found))
    assert not found, "\n".join(found)
