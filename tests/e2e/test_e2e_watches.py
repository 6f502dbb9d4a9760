"""Faults of the watch and of the API server's answers: rows S3x and S4 to S9, and life goes on after each.

The resync is far away in these cases but the last: what heals is the watch itself. That it lives afterwards
is shown by one more look, which only an event can ask for.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from time import monotonic, time
from typing import Any

import httpx
import pytest
import yaml

from arcgis_demo import parts
from arcgis_devcluster import Cluster
from harness.planted import HTML, Answer, Match, refusal
from harness.stage import Replica, Stage
from harness.streams import BROKEN

FAR = 600
SERVICES = "arcgisservices"


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_stream_is_opened_anew(stage: Stage, fault: str) -> None:
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, **BROKEN[fault])
    stage.declare()
    stage.converged()
    stage.wait(lambda: rule.hits >= 1)
    stage.judge()
    assert operator.process.running


def test_events_that_come_late_and_stale_start_nothing(stage: Stage) -> None:
    """Row S3x: the resync looks first, a colleague labels the object, then the old events come."""
    operator = stage.start(resync_seconds=1).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, delay=4)
    stage.declare()
    stage.converged()
    assert rule.hits == 1
    stage.label("was-here")
    stage.judge()


def test_an_event_that_never_comes_is_healed_by_the_resync(stage: Stage) -> None:
    """Row S9: the stream stays open and silent."""
    operator = stage.start(resync_seconds=1).leads().watches()
    rule = operator.proxy.watch_rule(SERVICES, swallow=True, then="silence")
    stage.declare()
    stage.judge()
    assert rule.hits == 1


ANSWERS: Mapping[str, tuple[Answer, int]] = {
    "S6 503 for long": (refusal(503, "ServiceUnavailable"), 6),
    "S6b 429 for long": (refusal(429, "TooManyRequests", Retry_After="1"), 6),
    "S7 429 with a date": (
        refusal(429, "TooManyRequests", Retry_After=formatdate(time() + 1, usegmt=True)),
        3,
    ),
    "429 with nonsense": (refusal(429, "TooManyRequests", Retry_After="soon"), 3),
    "S8 200 with HTML": (HTML, 3),
    "S8b 401 for a while": (refusal(401, "Unauthorized"), 6),
    "S8c 403 for long": (refusal(403, "Forbidden"), 6),
    "200 without a body": (Answer(200), 3),
}
RULES = parts.ROOT / "manifests" / "rbac" / "cluster-rules" / "role.yaml"


@contextmanager
def without_the_right_to_watch(cluster: Cluster) -> Iterator[None]:
    """The operator's account may do all else that the shipped role grants."""
    role, _ = yaml.safe_load_all(RULES.read_text())
    rules = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb != "watch"]} for rule in role["rules"]]
    cluster.kubectl.apply({**role, "rules": rules})
    try:
        yield
    finally:
        cluster.kubectl.apply(role)


def test_without_the_right_to_watch_it_lives_on_its_resync_says_so_and_watches_once_it_is_back(
    stage: Stage,
) -> None:
    """The API server asks for the right when a stream is opened, so the open ones are cut."""
    operator = stage.start(resync_seconds=1).leads().watches()
    with without_the_right_to_watch(stage.bench.cluster):
        operator.proxy.cut_streams()
        operator.said("watch refused", times=2)
        began = monotonic()
        refused = [json.loads(line) for line in operator.lines("watch refused")]
        assert {one["collection"].rpartition("/")[2] for one in refused} == {SERVICES, "arcgissites"}
        assert all("cannot watch resource" in one["reason"] for one in refused)
        stage.declare()
        stage.converged()
        assert operator.proxy.streams() == []
        assert healthy(operator, "/livez")
        assert healthy(operator, "/readyz")
        refused_for = monotonic() - began
        assert measured(operator, "arcgis_operator_watch_silence_seconds") >= refused_for
    operator.watches()
    stage.judge()
    assert len(operator.lines("watch refused")) == 2


def healthy(operator: Replica, path: str) -> bool:
    started = operator.process.wait_for_json(lambda line: line.get("msg") == "started", 10)
    address = f"http://127.0.0.1:{started['health_port']}{path}"
    return httpx.get(address, timeout=5.0, trust_env=False).status_code == 200


def measured(operator: Replica, name: str) -> float:
    return next(
        float(line.split()[1]) for line in operator.metrics().splitlines() if line.startswith(f"{name} ")
    )


READS = Match("GET", r"/(arcgisservices|arcgissites)$")


def broken(operator: Replica, match: Match, answer: Answer) -> Any:
    """From now on the API server answers so, and there is no stream any more."""
    rule = operator.proxy.rule(match, answer=answer, times=None)
    operator.proxy.cut_streams()
    return rule


@pytest.mark.parametrize("fault", ANSWERS)
def test_lists_and_watches_that_are_refused_are_asked_for_again(stage: Stage, fault: str) -> None:
    answer, times = ANSWERS[fault]
    operator = stage.start(resync_seconds=FAR).leads().watches()
    rule = broken(operator, READS, answer)
    stage.declare()
    stage.wait(lambda: rule.hits >= times)
    assert stage.received() == []
    operator.proxy.clear()
    stage.judge()
    assert operator.process.running


@pytest.mark.parametrize("fault", ANSWERS)
def test_an_api_server_that_refuses_everything_costs_the_term_and_nothing_else(
    stage: Stage, fault: str
) -> None:
    answer, _ = ANSWERS[fault]
    operator = stage.start(resync_seconds=FAR).leads().watches()
    broken(operator, Match(), answer)
    stage.declare()
    operator.said("lease lost")
    assert stage.received() == []
    operator.proxy.clear()
    operator.said("leading", times=2)
    stage.judge()
    assert operator.process.running
