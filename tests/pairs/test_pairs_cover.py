"""Which scenes there are."""

from itertools import combinations

import pairs_features
import pytest
from pairs_cover import pairs, rows, scene_of
from pairs_scene import Scene, fit
from test_pairs_scenes import SCENES


def test_the_rows_hold_every_pair_of_features_that_can_be_together() -> None:
    held = {pair for row in rows() for pair in combinations(row, 2)}
    assert held == pairs()


def test_the_share_of_the_tests_holds_every_row() -> None:
    played = {scene_of(seed).features for seed in range(0, SCENES["share"], 2)}
    assert played == set(rows())


def test_no_scene_has_two_features_that_exclude_each_other() -> None:
    for seed in range(2000):
        assert all(fit(one, other) for one, other in combinations(scene_of(seed).features, 2))


def test_random_scenes_have_two_to_four_features() -> None:
    assert {len(scene_of(seed).features) for seed in range(1, 999, 2)} == {2, 3, 4}


def test_a_scene_is_what_it_is_printed_as() -> None:
    scene = scene_of(7)
    assert Scene.parse(str(scene)) == scene


def test_a_feature_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no such feature: an earthquake"):
        Scene.parse("1:an earthquake")


def test_taking_a_feature_away_leaves_what_the_others_draw() -> None:
    names = sorted(pairs_features.FEATURES)
    both = Scene(3, (names[0], "republished")).script()
    alone = Scene(3, ("republished",)).script()
    assert [one for one in both.events if one.act == "republish"] == [
        one for one in alone.events if one.act == "republish"
    ]
