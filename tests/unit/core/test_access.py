"""Who may refer to a site."""

import pytest

from arcgis_operator.core.access import allowed, refusal
from arcgis_operator.core.model import AccessRule

SAME = AccessRule("Same", {}, None)
ALL = AccessRule("All", {}, None)
TEAM = AccessRule("Selector", {"matchLabels": {"team": "roads"}}, frozenset({"transport"}))

CASES = {
    "the site's own namespace": ((SAME,), "gis", {}, "Transport", True),
    "another namespace": ((SAME,), "other", {}, "Transport", False),
    "any namespace where all are allowed": ((ALL,), "other", {}, "", True),
    "nobody, with an empty list": ((), "gis", {}, "", False),
    "a namespace with the label, in its folder": ((TEAM,), "other", {"team": "roads"}, "TRANSPORT", True),
    "a namespace with the label, in another folder": ((TEAM,), "other", {"team": "roads"}, "Parks", False),
    "a namespace without the label": ((TEAM,), "other", {"team": "parks"}, "Transport", False),
    "a namespace whose labels cannot be read": ((TEAM,), "other", None, "Transport", None),
    "labels that cannot be read, for a folder that no rule names": ((TEAM,), "other", None, "Parks", False),
    "labels that cannot be read, where another rule allows": ((TEAM, ALL), "other", None, "Transport", True),
    "a second rule that matches": ((TEAM, ALL), "other", {}, "Parks", True),
    "the site's own services, not named": ((ALL,), "gis", {}, "System", False),
    "the site's own services, named": (
        (AccessRule("All", {}, frozenset({"system"})),),
        "gis",
        {},
        "System",
        True,
    ),
    "the root folder, where only others are named": ((TEAM,), "other", {"team": "roads"}, "", False),
    "the root folder, named": ((AccessRule("All", {}, frozenset({"/"})),), "gis", {}, "", True),
}


@pytest.mark.parametrize("case", CASES)
def test_access(case: str) -> None:
    """Any rule that matches allows; hosted and own services only where they are named."""
    rules, namespace, labels, folder, expected = CASES[case]
    assert allowed(rules, "gis", namespace, labels, folder) is expected


EXPRESSIONS = {
    ("In", "roads"): True,
    ("In", "parks"): False,
    ("NotIn", "roads"): False,
    ("NotIn", "parks"): True,
    ("NotIn", ""): False,
    ("Exists", ""): True,
    ("DoesNotExist", ""): False,
    ("Like", "roads"): False,
}


@pytest.mark.parametrize(("operator", "value"), EXPRESSIONS)
def test_expressions_of_a_selector(operator: str, value: str) -> None:
    """As for every label selector of Kubernetes; one without values or of an unknown kind selects nothing."""
    requirement = {"key": "team", "operator": operator, "values": [value] if value else []}
    rule = AccessRule("Selector", {"matchExpressions": [requirement]}, None)
    found = allowed((rule,), "gis", "other", {"team": "roads"}, "")
    assert found is EXPRESSIONS[operator, value]


REFUSALS = {
    "Hosted in the site's own namespace": (
        (SAME,), "gis", "Hosted",
        "No rule of its spec.access covers its folder. System, Utilities and Hosted must be named in a rule. "
        "The site's owner can add: - {namespaces: {from: Same}, folders: [Hosted]}",
    ),
    "another namespace": (
        (SAME,), "other", "Roads",
        "No rule of its spec.access covers namespace other. The site's owner can add: - {namespaces: {from: "
        "Selector, selector: {matchLabels: {kubernetes.io/metadata.name: other}}}}",
    ),
    "another folder": (
        (TEAM,), "other", "",
        "No rule of its spec.access covers its folder. The site's owner can add: "
        "- {namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: other}}}, "
        "folders: [/]}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "namespace", "folder", "text"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_names_the_rule_that_is_missing(
    rules: tuple[AccessRule, ...], namespace: str, folder: str, text: str
) -> None:
    assert refusal(rules, "gis", namespace, {"team": "roads"}, folder) == text
