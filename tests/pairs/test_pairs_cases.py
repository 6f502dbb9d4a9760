"""The smallest scenes that once broke a rule, and break none now."""

import pairs_features
import pytest
from pairs_cases import CASES, FOUND_SINCE
from pairs_scene import Scene
from pairs_shrink import broken

ALL = {**CASES, **FOUND_SINCE}


@pytest.mark.parametrize("case", ALL)
def test_what_was_once_found_is_right(case: str) -> None:
    scene, rule = ALL[case]
    assert broken(Scene.parse(scene)) == {}, f"it had broken {rule}"


def test_every_case_is_made_of_known_features() -> None:
    for scene, _ in ALL.values():
        assert set(Scene.parse(scene).features) <= set(pairs_features.FEATURES)
