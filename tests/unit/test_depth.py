"""One object that is nested too deeply stops itself only, on every Python."""

import json

import pytest

from arcgis_operator.adapters.kube.depth import CUT, LEVELS, loads, shallow
from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.service_spec import parse_aim, parse_service


def nested(levels: int) -> str:
    """So many objects, each in the other."""
    return '{"a":' * levels + "1" + "}" * levels


def resource(name: str, value: str, managed: str = "{}") -> str:
    """An ArcGISService with a value in its settings."""
    where = '"siteRef":{"name":"prod"},"service":{"name":"Roads","type":"MapServer"}'
    settings = f'{{"jsonProperties":{{"x":{value}}}}}'
    metadata = f'{{"namespace":"gis","name":"{name}","managedFields":[{managed}]}}'
    return f'{{"metadata":{metadata},"spec":{{{where},"settings":{settings}}}}}'


@pytest.mark.parametrize("levels", [LEVELS, 1_100, 9_000, 50_000])
def test_of_a_list_only_the_deep_object_is_cut_and_its_spec_is_refused(levels: int) -> None:
    deep = nested(levels)
    body = f'{{"items":[{resource("mean", deep, deep)},{resource("good", "1")}]}}'
    mean, good = loads(body.encode())["items"]
    assert mean["spec"]["settings"] == CUT
    assert mean["metadata"] == {"namespace": "gis", "name": "mean"}
    assert isinstance(parse_service(mean), SpecInvalid)
    assert parse_aim(mean) == parse_aim(good), "what it speaks for is known"
    assert good == json.loads(resource("good", "1"))


def test_what_is_not_too_deep_is_as_json_reads_it() -> None:
    body = resource("good", nested(LEVELS // 2))
    assert loads(body.encode()) == json.loads(body)


def test_brackets_in_texts_hide_no_depth_from_the_reader_of_lists() -> None:
    """At worst Python's own bound is met, and then the object is cut as well."""
    hidden = '{"a":["}}}",' * 50_000 + "1" + "]}" * 50_000
    assert loads(resource("mean", hidden).encode())["spec"]["settings"] == CUT


def test_a_line_of_a_watch_is_the_very_line_unless_it_is_too_deep() -> None:
    many = f'{{"type":"MODIFIED","object":{resource("good", "[" + ",".join(["{}"] * 300) + "]")}}}'.encode()
    assert shallow(many) is many
    quoted = f'{{"type":"MODIFIED","object":{resource("good", json.dumps("{" * 500))}}}'.encode()
    assert shallow(quoted) is quoted
    hidden = '{"a":["}}}",' * 5_000 + "1" + "]}" * 5_000
    event = json.loads(shallow(f'{{"type":"MODIFIED","object":{resource("mean", hidden)}}}'.encode()))
    assert event["type"] == "MODIFIED"
    assert event["object"]["spec"]["settings"] == CUT


def test_what_is_deep_and_no_object_of_kubernetes_is_cut_where_it_is_too_deep() -> None:
    assert CUT in json.dumps(loads(("[" * 5_000 + "]" * 5_000).encode()))
    assert CUT in json.dumps(loads(f'{{"items":{nested(5_000)}}}'.encode()))


@pytest.mark.parametrize("body", [b"<html>", b"", b"{" * 5_000, b"\xff", b"}}}}"])
def test_what_is_no_json_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        loads(body)
