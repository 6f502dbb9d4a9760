"""Watches and lists that lie, beside those of `tests/e2e/test_e2e_watches.py`: one edit, and life goes on.

The resync is far away, so what heals is the watch; but where it hears nothing any more.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harness.bench import resource
from harness.planted import Answer, Match, error_event
from harness.stage import Stage

Json = Any
FAR = 600
SERVICES = "arcgisservices"


def event(word: str, kind: str, name: str, service: str) -> bytes:
    """A watch event about an object that is not there, the oldest of all."""
    body = {**resource(name, service, {"description": "never wanted"}), "kind": kind}
    old = {"resourceVersion": "1", "uid": "u-1", "generation": 1, "creationTimestamp": "2020-01-01T00:00:00Z"}
    body["metadata"] = {"name": name, "namespace": "default", **old}
    return json.dumps({"type": word, "object": body}).encode()


def instead(line: bytes) -> Callable[[Stage], dict[str, Any]]:
    return lambda stage: {"instead": line, "then": "end"}


def ghost(word: str, kind: str = "ArcGISService", service: str = "") -> Callable[[Stage], dict[str, Any]]:
    """An object that is not there, for the service of this case if no other is named."""
    return lambda stage: {"instead": event(word, kind, "a-ghost", service or stage.service), "then": "end"}


STREAMS: Mapping[str, Callable[[Stage], dict[str, Any]]] = {
    "a line that is no JSON": instead(b'{"type": "MODIFIED", "object": {'),
    "an empty line": instead(b""),
    "bytes that are no text": instead(b"\xff\xfe\x00"),
    "a line of 2 MiB": instead(b'{"type": "' + b"X" * 2**21 + b'"}'),
    "an event without an object": instead(b'{"type": "MODIFIED"}'),
    "an object that is none": instead(b'{"type": "MODIFIED", "object": 7}'),
    "a bookmark alone": ghost("BOOKMARK"),
    "an object of another kind": ghost("MODIFIED", "ConfigMap", "Elsewhere/Other.MapServer"),
    "an object that is not there": ghost("ADDED", service="Elsewhere/Other.MapServer"),
    "an elder that is not there": ghost("ADDED"),
    "a deletion of what is not there": ghost("DELETED"),
}


@pytest.mark.plans
@pytest.mark.parametrize("fault", STREAMS)
def test_a_stream_that_lies_costs_no_edit(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, **STREAMS[fault](stage))
    stage.declare()
    stage.converged()
    stage.wait(lambda: rule.hits >= 1)
    stage.judge()
    assert operator.process.running


@pytest.mark.plans
def test_a_stale_replay_starts_nothing(stage: Stage) -> None:
    """The first event of the object comes once more, in the place of a newer one."""
    operator = stage.start(resync_seconds=FAR).leads().watches()
    first = operator.proxy.watch_rule(SERVICES)
    stage.declare()
    stage.converged()
    stage.declare(description="newer")
    stage.converged()
    stale = operator.proxy.watch_rule(SERVICES, instead=first.came[0].strip(), then="end")
    stage.label("asks-for-an-event")
    stage.wait(lambda: stale.hits >= 1)
    stage.looked_again()
    assert len(stage.bench.edits(stage.service)) == 2, stage.story()
    assert stage.site.document(stage.service) == stage.wanted_document(), stage.story()
    stage.judge_logs()


def listed(**parts: Json) -> Answer:
    body = {"apiVersion": "arcgis-operator.dev/v1alpha1", "kind": "ArcGISServiceList", "items": []}
    return Answer(200, json.dumps({**body, "metadata": {"resourceVersion": "1"}, **parts}).encode())


LISTS: Mapping[str, Answer] = {
    "an empty list": listed(),
    "a list without a version": listed(metadata={}),
    "a list of things that are none": listed(items=[7]),
    "a list without items": listed(items=None),
    "half a list": Answer(200, listed().body[:40]),
}


@pytest.mark.plans
@pytest.mark.parametrize("fault", LISTS)
def test_a_list_that_is_wrong_is_put_right_by_what_follows(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = operator.proxy.rule(Match("GET", r"/arcgisservices$", watch=False), answer=LISTS[fault])
    operator.proxy.watch_rule(SERVICES, instead=error_event(410, "Expired"), then="end")
    stage.declare()
    stage.wait(lambda: rule.hits >= 1)
    stage.judge()
    assert operator.process.running


SILENT: Mapping[str, dict[str, Any]] = {
    "half a line": {"cut_at": 40, "then": "silence"},
    "a bookmark": {"instead": b'{"type": "BOOKMARK", "object": {}}', "then": "silence"},
}


@pytest.mark.plans
@pytest.mark.parametrize("fault", SILENT)
def test_a_stream_that_falls_silent_is_made_up_for_by_the_resync(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=1).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, **SILENT[fault])
    stage.declare()
    stage.judge()
    assert rule.hits == 1


@pytest.mark.plans
def test_a_list_of_a_version_that_is_none_is_made_up_for_by_the_resync(stage: Stage) -> None:
    """kopf asks with that version for ever: no watch comes about before the next process."""
    operator = stage.start(resync_seconds=1).leads().watches()
    answer = listed(metadata={"resourceVersion": "none"})
    rule = operator.proxy.rule(Match("GET", r"/arcgisservices$", watch=False), answer=answer)
    operator.proxy.watch_rule(SERVICES, instead=error_event(410, "Expired"), then="end")
    stage.declare()
    stage.judge()
    assert rule.hits == 1
