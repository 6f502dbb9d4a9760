"""What the command prints: one scene told from end to end, or many and what they break."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable

import pairs_features
from pairs_cases import CASES
from pairs_cover import scene_of
from pairs_history import History, conditions
from pairs_judge import violations
from pairs_place import play
from pairs_scene import Scene
from pairs_shrink import broken, command, shrunk

PARTS = ("status", "reason", "message")
SLOW = 3.0
"""Seconds of CPU: a scene that takes so long is told."""


def run(seeds: Iterable[int], only: str, most: int) -> Counter[str]:
    """Plays the scenes of these seeds; how often each rule was broken."""
    found: Counter[str] = Counter()
    told: set[tuple[str, tuple[str, ...]]] = set()
    count = 0
    for seed in seeds:
        scene = scene_of(seed)
        if only and only not in scene.features:
            continue
        count += 1
        began = time.process_time()
        rules = broken(scene)
        if time.process_time() - began > SLOW:
            print(f"slow: {time.process_time() - began:.1f} s {command(scene)}", flush=True)
        for rule, text in rules.items():
            found[rule] += 1
            if found[rule] <= most:
                _tell_smallest(scene, rule, text, told)
    print(f"{count} scenes of {len(pairs_features.FEATURES)} features; broken: {dict(found) or 'nothing'}")
    return found


def _tell_smallest(scene: Scene, rule: str, text: str, told: set[tuple[str, tuple[str, ...]]]) -> None:
    small = shrunk(scene, rule)
    if (rule, small.features) not in told:
        told.add((rule, small.features))
        print(
            f"{rule} {' + '.join(small.features) or 'nothing special'}\n"
            f"    {broken(small).get(rule, text)}\n    {command(small)}"
        )
        sys.stdout.flush()


def find(features: str, rule: str, seeds: Iterable[int]) -> int:
    """Plays scenes of these features until one breaks the rule, and prints it."""
    for seed in seeds:
        scene = Scene.parse(f"{seed}:{features}")
        found = broken(scene)
        if found and (not rule or rule in found):
            name = rule or next(iter(found))
            print(f"{name} {found[name]}\n    {command(scene)}")
            return 1
    print(f"nothing found: {features} {rule}")
    return 0


def cases() -> int:
    """Plays what readers had found at f03c483, and prints which of it is wrong here."""
    wrong = 0
    for name, (text, rule) in CASES.items():
        found = broken(Scene.parse(text)).get(rule)
        wrong += found is not None
        print(f"{'right' if found is None else 'WRONG'}  {name}\n       {rule} '{text}'", flush=True)
        if found:
            print(f"       {found}")
    print(f"{wrong} of {len(CASES)} are wrong")
    return wrong


def tell(text: str) -> int:
    """Plays one scene and prints what happened."""
    history = play(Scene.parse(text))
    for at, line in sorted(_lines(history), key=lambda one: one[0]):
        print(f"{at:8.1f} {line}")
    found = violations(history)
    for rule, words in found.items():
        print(f"!!! {rule}: {words}")
    return bool(found)


def _lines(history: History) -> Iterable[tuple[float, str]]:
    yield from ((at, f"event {act} {facts}") for at, act, facts in history.events)
    for edit in history.edits:
        who = f"ours as {edit.user} by {edit.host}" if edit.ours else edit.user
        times, value = f"left {edit.left:.1f}, until {edit.ended:.1f}", edit.document.get("description")
        yield edit.came, f"EDIT {edit.service} {who}, {times}: {value!r}"
    for path in history.versions:
        if "/arcgiss" not in path:
            continue
        before = ""
        for version in history.versions[path]:
            told = conditions(version.body)
            ready = told.get("Ready", {})
            text = " ".join([*(ready.get(part, "") for part in PARTS), *(told.keys() - {"Ready"})])
            if version.body is None:
                text = "gone"
            if (text != before and not version.by_people) or version.body is None:
                yield version.at, f"    {path.rpartition('/')[2]}: {text}"
            before = text
