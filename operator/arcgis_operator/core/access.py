"""Who may refer to a site: the rules of `spec.access` of an ArcGISSite."""

from collections.abc import Callable, Mapping

from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import AccessRule

OWN_FOLDERS = frozenset(("system", "utilities", "hosted"))
"""Folders of the site's own services: allowed only where a rule names them."""
ROOT = "/"


def allowed(
    rules: tuple[AccessRule, ...],
    site_namespace: str,
    namespace: str,
    labels: Mapping[str, str] | None,
    folder: str,
) -> bool:
    """Whether any rule lets this namespace manage services of this folder ("" is the root).

    `labels` None means that the namespace's labels could not be read: then no selector matches.
    """
    return any(
        _from(rule, site_namespace, namespace, labels) and _covers(rule, folder.casefold()) for rule in rules
    )


def _from(rule: AccessRule, site_namespace: str, namespace: str, labels: Mapping[str, str] | None) -> bool:
    if rule.origin == "Selector":
        return labels is not None and _selects(rule.selector, labels)
    return rule.origin == "All" or namespace == site_namespace


def _covers(rule: AccessRule, folder: str) -> bool:
    if rule.folders is None:
        return folder not in OWN_FOLDERS
    return (folder or ROOT) in rule.folders


def _selects(selector: Mapping[str, Json], labels: Mapping[str, str]) -> bool:
    """Source: Kubernetes API reference, LabelSelector: all requirements must hold, an empty one matches."""
    equal = all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return equal and all(_meets(item, labels) for item in selector.get("matchExpressions") or ())


def _meets(requirement: Mapping[str, Json], labels: Mapping[str, str]) -> bool:
    judge = _OPERATORS.get(requirement.get("operator", ""))
    return bool(judge and judge(labels.get(requirement.get("key", "")), requirement.get("values") or []))


_OPERATORS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: bool(values) and value not in values,
    "Exists": lambda value, values: value is not None,
    "DoesNotExist": lambda value, values: value is None,
}
