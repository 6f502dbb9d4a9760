"""Laws of plan and jsondoc, for any declared settings and any document."""

import string
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arcgis_operator.core import jsondoc, plan, values
from arcgis_operator.core.guarded import FRAMEWORK, kept_by_site
from arcgis_operator.core.misfit import misfit
from arcgis_operator.core.model import Desired, Leaf, LeafKind
from arcgis_operator.core.names import bare
from arcgis_operator.core.service_spec import parse_service
from harness.merge_patch import merged

LAW = settings(derandomize=True, deadline=None, max_examples=60)
NAMES = st.text(string.ascii_letters + string.digits + '._-[]"ü', min_size=1, max_size=6).filter(
    lambda name: not kept_by_site(name) and bare(name) not in FRAMEWORK
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
WORDS = st.lists(st.text(string.ascii_letters, min_size=1, max_size=4), max_size=4)
NUMBERS = st.integers(-(2**53), 2**53) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15
)
SINGLES = TEXTS | NUMBERS | st.booleans() | st.none()
JSON = st.recursive(
    SINGLES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
SPEC_SINGLES = TEXTS | st.integers(-(2**53), 2**53) | st.floats(0.001, 1e6) | st.booleans()
SPEC_JSON = st.recursive(
    SPEC_SINGLES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
TYPES = st.sampled_from(["WMSServer", "KmlServer", "WFSServer"])
OBJECTS = st.none() | st.dictionaries(NAMES, JSON, max_size=4)
EXTENSIONS = st.none() | st.lists(
    st.fixed_dictionaries(
        {"typeName": TYPES}, optional={"enabled": SINGLES, "capabilities": SINGLES, "properties": OBJECTS}
    ),
    max_size=3,
    unique_by=lambda item: item["typeName"],
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXTS,
        "description": SINGLES,
        "capabilities": SINGLES,
        "maxWaitTime": SINGLES,
        "datasets": JSON,
        "properties": OBJECTS,
        "frameworkProperties": OBJECTS,
        "jsonProperties": OBJECTS,
        "extensions": EXTENSIONS,
    },
)
SCALARS = st.dictionaries(NAMES, SPEC_SINGLES, max_size=4)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXTS,
        "capabilities": WORDS,
        "allowedUploadFileTypes": WORDS,
        "maxWaitTime": st.integers(0, 2**31 - 1),
        "keepAliveInterval": st.integers(-1, 2**31 - 1),
        "properties": SCALARS,
        "frameworkProperties": SCALARS,
        "jsonProperties": st.dictionaries(NAMES, SPEC_JSON, max_size=4),
        "extensions": st.lists(
            st.fixed_dictionaries(
                {"typeName": TYPES},
                optional={"enabled": st.booleans(), "capabilities": WORDS, "properties": SCALARS},
            ),
            max_size=3,
            unique_by=lambda item: item["typeName"],
        ),
    },
)


def declared(settings: dict[str, Any]) -> tuple[Leaf, ...]:
    spec = {
        "siteRef": {"name": "prod"},
        "service": {"name": "Roads", "type": "MapServer"},
        "settings": settings,
    }
    desired = parse_service({"metadata": {"namespace": "gis"}, "spec": spec})
    assume(isinstance(desired, Desired))  # else a key is there in two spellings
    assert isinstance(desired, Desired)
    return desired.leaves


def fitting(settings: dict[str, Any], document: dict[str, Any]) -> tuple[Leaf, ...]:
    """The declared settings, of a document that they can be put into."""
    leaves = declared(settings)
    assume(misfit(leaves, document) is None)
    return leaves


def paths_of(value: Any, at: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every leaf of a document by its path, extensions by their typeName."""
    if isinstance(value, list) and at == ("extensions",):
        return {k: v for item in value for k, v in paths_of(item, (*at, item["typeName"])).items()}
    if isinstance(value, dict) and value:
        return {k: v for name, item in value.items() for k, v in paths_of(item, (*at, name)).items()}
    return {at: value}


@LAW
@given(SETTINGS, DOCUMENTS)
def test_after_the_edit_nothing_differs(settings: dict[str, Any], document: dict[str, Any]) -> None:
    leaves = fitting(settings, document)
    assert plan.differing(leaves, plan.overlay(leaves, document)) == ()


@LAW
@given(SETTINGS, DOCUMENTS)
def test_nothing_differs_after_the_sites_own_round_trip(
    settings: dict[str, Any], document: dict[str, Any]
) -> None:
    leaves = fitting(settings, document)
    stored = jsondoc.loads(jsondoc.dumps(plan.overlay(leaves, document)))
    assert plan.differing(leaves, stored) == ()


@LAW
@given(SETTINGS, DOCUMENTS)
def test_an_edit_changes_declared_paths_only(settings: dict[str, Any], document: dict[str, Any]) -> None:
    leaves = fitting(settings, document)
    before, after = paths_of(document), paths_of(plan.overlay(leaves, document))
    owned = [leaf.path for leaf in leaves]

    def near_an_owned(path: tuple[str, ...]) -> bool:
        return any(path[: len(own)] == own or own[: len(path)] == path for own in owned)

    for path, value in before.items():
        if not near_an_owned(path):
            assert path in after
            assert jsondoc.dumps(after[path]) == jsondoc.dumps(value)
    assert all(path in before or near_an_owned(path) or path[-1] == "typeName" for path in after)


@LAW
@given(SETTINGS, DOCUMENTS)
def test_an_edit_of_what_is_live_sends_the_document_as_it_is(
    settings: dict[str, Any], document: dict[str, Any]
) -> None:
    leaves = fitting(settings, document)
    once = plan.overlay(leaves, document)
    assert jsondoc.dumps(plan.overlay(leaves, once)) == jsondoc.dumps(once)


@LAW
@given(st.sampled_from(list(LeafKind)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind])))
def test_a_value_is_the_same_as_what_the_site_would_write_for_it(pair: tuple[LeafKind, Any]) -> None:
    kind, value = pair
    assert values.same(kind, value, values.rendered(kind, value))


VALUES = {
    LeafKind.TEXT: TEXTS,
    LeafKind.INTEGER: st.integers(-1, 2**31 - 1),
    LeafKind.SET: WORDS,
    LeafKind.FLAG: st.booleans(),
    LeafKind.SCALAR: SPEC_SINGLES,
    LeafKind.JSON: SPEC_JSON,
    LeafKind.JSON_OBJECT: st.just({}),
}


@LAW
@given(st.dictionaries(NAMES, SPEC_SINGLES, max_size=6))
def test_a_declared_number_keeps_its_digits(properties: dict[str, Any]) -> None:
    for leaf in declared({"properties": properties}):
        value, text = leaf.value, values.rendered(leaf.kind, leaf.value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            assert Decimal(text) == Decimal(repr(value))
        else:
            assert text == (value if isinstance(value, str) else str(value).lower())


FULL = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)
FULL_OBJECTS = st.dictionaries(NAMES, FULL, max_size=4)


@LAW
@given(FULL_OBJECTS, FULL_OBJECTS)
def test_a_merge_patch_leads_from_old_to_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merged(old, jsondoc.merge_patch(old, new)) == new


@LAW
@given(FULL_OBJECTS)
def test_the_merge_patch_between_equals_is_empty(value: dict[str, Any]) -> None:
    assert jsondoc.merge_patch(value, value) == {}


@LAW
@given(JSON)
def test_json_is_written_as_it_was_read(value: Any) -> None:
    text = jsondoc.dumps(value)
    assert jsondoc.dumps(jsondoc.loads(text)) == text


@LAW
@given(JSON)
def test_the_plain_form_needs_no_second_going_over(value: Any) -> None:
    once = jsondoc.plain(value)
    assert jsondoc.plain(once) == once
