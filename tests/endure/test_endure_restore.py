"""etcd goes back to a copy of its data while the operator lives on: what a list shows is true again.

Versions and generations of the objects go back, the uids stay: for a client that goes by them alone the
whole past is older than what it knows.
"""

import json
import shutil
from collections.abc import Mapping
from typing import Any

import pytest
from endure_house import House

from harness.apiserver import wait_until
from harness.bench import condition

SIZE = 10
"""Of one folder: so many are looked at with one request of a resync, not one by one."""
RESYNC_SECONDS = 8
RESTORED_SECONDS = 40.0
WATCHED_SECONDS = 3.0
CHANGES = 4
"""One after the other, in less time together than a resync is away: only a watch brings them in time."""


def changed(house: House, services: Mapping[str, str], text: str) -> None:
    for name, service in services.items():
        house.bench.declare(name, service, {"description": text})
    for name in services:
        house.bench.converged(name)


def claims(house: House, services: Mapping[str, str]) -> list[str]:
    """The resources that are Ready, of the newest generation, for a value that the site does not have."""
    wrong = []
    for name, service in services.items():
        body = house.bench.get(name)
        live = house.site.document(service)["description"]
        current = condition(body).get("observedGeneration") == body["metadata"]["generation"]
        if condition(body).get("status") == "True" and current:
            wrong += [name] * (body["spec"]["settings"]["description"] != live)
    return wrong


@pytest.mark.timeout(300)
def test_an_etcd_that_was_put_back_is_believed_and_watched_and_each_service_edited_once(say: Any) -> None:
    with House(SIZE, resync_seconds=RESYNC_SECONDS) as house:
        services = {f"service-{number}": house.bench.fresh_service() for number in range(SIZE)}
        changed(house, services, "v1")
        saved = house.copy_etcd()
        changed(house, services, "v2")
        changed(house, services, "v3")
        house.put_back(saved)
        assert house.operator.running
        texts = {house.bench.get(name)["spec"]["settings"]["description"] for name in services}
        assert texts == {"v1"}, "the restore has brought the old specs"
        wait_until(
            lambda: all(house.site.document(one)["description"] == "v1" for one in services.values()),
            RESTORED_SECONDS,
            lambda: house.bench.story("service-0"),
        )
        wait_until(
            lambda: not claims(house, services), RESYNC_SECONDS, lambda: house.bench.story("service-0")
        )
        for name, service in services.items():
            house.bench.converged(name)
            assert house.bench.sent(service, "description") == ["v1", "v2", "v3", "v1"]
        assert older_lists(house), house.operator.log_tail(20)
        name, service = next(iter(services.items()))
        for number in range(CHANGES):
            house.bench.declare(name, service, {"description": f"watched {number}"})
            house.bench.converged(name, seconds=WATCHED_SECONDS)
        say(f"etcd put back under {SIZE} resources: each edited once, none left Ready for another value")
        shutil.rmtree(saved)


def older_lists(house: House) -> list[Any]:
    """What the operator said of lists that went back."""
    said = [json.loads(line) for line in house.operator.lines() if '"msg": "watch restarts"' in line]
    return [line for line in said if "is older than what was known before" in line["reason"]]
