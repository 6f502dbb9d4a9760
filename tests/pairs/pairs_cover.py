"""Which scenes there are: rows that hold every pair of features, and two to four at random in turn."""

from __future__ import annotations

import functools
import random
from itertools import combinations

from pairs_scene import FEATURES, Scene, fit

WIDTH = 4


def pairs() -> set[tuple[str, str]]:
    """All that can be in one scene."""
    return {(one, other) for one, other in combinations(sorted(FEATURES), 2) if fit(one, other)}


@functools.cache
def rows() -> tuple[tuple[str, ...], ...]:
    """Greedy: each row begins with a pair that is left, and takes what covers most of the rest."""
    left, found = pairs(), []
    names, draw = sorted(FEATURES), random.Random("rows")
    while left:
        row = list(min(left))
        while len(row) < WIDTH:
            draw.shuffle(names)
            fitting = [one for one in names if all(fit(one, other) for other in row)]
            row.append(max(fitting, key=lambda one: sum(_pair(one, other) in left for other in row)))
        left -= {_pair(one, other) for one, other in combinations(row, 2)}
        found.append(tuple(sorted(row)))
    return tuple(found)


def scene_of(seed: int) -> Scene:
    """Even ones go through the rows, again and again with other draws; odd ones are drawn freely."""
    if seed % 2 == 0:
        return Scene(seed, rows()[seed // 2 % len(rows())])
    draw = random.Random(f"{seed}/features")
    wanted, chosen = draw.choice((2, 3, 3, 4)), list[str]()
    names = sorted(FEATURES)
    draw.shuffle(names)
    for name in names:
        if len(chosen) < wanted and all(fit(name, other) for other in chosen):
            chosen.append(name)
    return Scene(seed, tuple(sorted(chosen)))


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
