"""The smallest combination that still breaks a rule."""

from __future__ import annotations

from collections.abc import Iterable

from pairs_judge import violations
from pairs_place import play
from pairs_scene import Scene


def broken(scene: Scene) -> dict[str, str]:
    """The rules that a scene breaks."""
    return violations(play(scene))


def shrunk(scene: Scene, rule: str) -> Scene:
    """Takes away one feature after the other, as long as the rule stays broken."""
    for name in scene.features:
        less = Scene(scene.seed, tuple(one for one in scene.features if one != name))
        if rule in broken(less):
            return shrunk(less, rule)
    return scene


def told(scenes: Iterable[Scene]) -> list[str]:
    """Each rule that one of them breaks, with the command that plays the smallest such scene."""
    found = [(scene, rule, text) for scene in scenes for rule, text in broken(scene).items()]
    return [f"{rule} {text}\n    {command(shrunk(scene, rule))}" for scene, rule, text in found]


def command(scene: Scene) -> str:
    """Plays it again."""
    return f".venv/bin/python tests/pairs play '{scene}'"
