"""Features of rights: labels, access rules, namespaces."""

from __future__ import annotations

from random import Random

from features_resources import over
from pairs_scene import MAIN, OTHERS, TEAM, Declared, Script, feature, when


@feature("tenant's labels", "ground")
def labels(script: Script, draw: Random) -> None:
    """The resource is in another namespace, which a label lets in."""
    script.main_namespace = TEAM
    selector = {"matchLabels": {"team": "gis"}}
    script.access = [
        {"namespaces": {"from": "Same"}},
        {"namespaces": {"from": "Selector", "selector": selector}},
    ]


@feature("label is taken away")
def label_taken(script: Script, draw: Random) -> None:
    labels(script, draw)
    start = when(script, draw, before=40)
    script.do(start, "labels", namespace=TEAM, labels={})
    if draw.random() < 0.7:
        script.do(over(start, draw, (5, 50, 150, 700)), "labels", namespace=TEAM, labels={"team": "gis"})


@feature("access is taken away")
def access_taken(script: Script, draw: Random) -> None:
    start = when(script, draw, before=5)
    script.do(start, "site", name="prod", spec={"access": []})
    if draw.random() < 0.7:
        rules = script.access or [{"namespaces": {"from": "All"}}]
        script.do(over(start, draw, (2, 50, 150, 700)), "site", name="prod", spec={"access": rules})


@feature("namespace is deleted")
def namespace_deleted(script: Script, draw: Random) -> None:
    script.resources.append(Declared("neighbour", TEAM, service=OTHERS[2]))
    if not script.access:
        script.access = [{"namespaces": {"from": "All"}}]
    script.do(when(script, draw), "drop_namespace")
    script.do(when(script, draw), "drift", title=MAIN, sets={"description": "changed by hand"})


@feature("empty values in access")
def empty_access(script: Script, draw: Random) -> None:
    """A label without a value, no labels, no folders: none of them lets anybody in."""
    script.main_namespace = TEAM
    rules = (
        {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": None}}}},
        {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"none": None}}}},
        {"namespaces": {"from": "Selector", "selector": {"matchLabels": {}}}},
        {"namespaces": {"from": "Selector", "selector": {"matchLabels": None}}},
        {"namespaces": {"from": "All"}, "folders": []},
    )
    script.access = [draw.choice(rules)]
    if draw.random() < 0.6:
        allowed = [{"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "gis"}}}}]
        start = when(script, draw, before=5)
        script.do(start, "site", name="prod", spec={"access": allowed})
        if draw.random() < 0.5:
            script.do(over(start, draw, (5, 60, 300)), "site", name="prod", spec={"access": script.access})
