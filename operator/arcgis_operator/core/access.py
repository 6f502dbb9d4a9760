"""Who may refer to a site: the rules of `spec.access` of an ArcGISSite."""

from collections.abc import Callable, Mapping

from arcgis_operator.core.guarded import OWN_FOLDERS
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import AccessRule
from arcgis_operator.core.names import canonical, skeleton

ROOT = "/"


def allowed(
    rules: tuple[AccessRule, ...],
    site_namespace: str,
    namespace: str,
    labels: Mapping[str, str] | None,
    folder: str,
) -> bool | None:
    """Whether any rule lets this namespace manage services of this folder ("" is the root).

    `labels` None means that the namespace's labels could not be read: then what a selector would say is not
    known, and the answer is None unless another rule allows.
    """
    said = [_from(rule, site_namespace, namespace, labels) for rule in rules if _covers(rule, folder)]
    return True if True in said else None if None in said else False


def refusal(
    rules: tuple[AccessRule, ...],
    site_namespace: str,
    namespace: str,
    labels: Mapping[str, str] | None,
    folder: str,
) -> str:
    """Which rule is missing, for whom `allowed` is False, and how it is written."""
    own = skeleton(folder) in OWN_FOLDERS
    covering = any(_from(rule, site_namespace, namespace, labels) for rule in rules)
    missing = "covers its folder" if covering else f"covers namespace {namespace}"
    named = "System, Utilities and Hosted must be named in a rule. " if own else ""
    label = f"kubernetes.io/metadata.name: {namespace}"
    same = (
        "{from: Same}"
        if namespace == site_namespace
        else f"{{from: Selector, selector: {{matchLabels: {{{label}}}}}}}"
    )
    place = f", folders: [{folder or ROOT}]" if covering or own else ""
    rule = f"- {{namespaces: {same}{place}}}"
    return f"No rule of its spec.access {missing}. {named}The site's owner can add: {rule}"


def _from(
    rule: AccessRule, site_namespace: str, namespace: str, labels: Mapping[str, str] | None
) -> bool | None:
    if rule.origin == "Selector":
        return None if labels is None else _selects(rule.selector, labels)
    return rule.origin == "All" or namespace == site_namespace


def _covers(rule: AccessRule, folder: str) -> bool:
    if rule.folders is None:
        return skeleton(folder) not in OWN_FOLDERS
    return (canonical(folder) or ROOT) in rule.folders


def _selects(selector: Mapping[str, Json], labels: Mapping[str, str]) -> bool:
    """Source: Kubernetes API reference, LabelSelector: all requirements must hold; none is refused."""
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
