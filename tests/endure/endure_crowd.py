"""Many resources that are changed again and again, each on a service of its own."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from harness.apiserver import wait_until
from harness.bench import SERVICES, Workbench, condition, is_current, resource

Json = Any
AGAIN_SECONDS = 0.2
LOOK_SECONDS = 0.2
"""A look lists all, which costs the machine more than a change does."""
EDITS_OF_ONE = 7
"""Far below the budget of one service, twelve an hour: what was lost on the way counts as well."""


@dataclass(slots=True)
class Member:
    """One resource. `wanted` are the descriptions it was given, the newest last."""

    name: str
    service: str
    document: Json
    wanted: list[str] = field(default_factory=list)

    @property
    def spent(self) -> bool:
        """It has had as many edits as one service should have in an hour."""
        return len(self.wanted) >= EDITS_OF_ONE

    def next(self) -> str:
        """The description it will have from now on."""
        self.wanted.append(f"{self.name} in its state {len(self.wanted) + 1}")
        return self.wanted[-1]


class Crowd:
    """`members` are there now; `everybody` also those that were replaced. Names begin with `name`."""

    def __init__(self, bench: Workbench, documents: Mapping[str, Json], name: str = "member") -> None:
        self._bench, self._documents, self._name = bench, documents, name
        self.members: dict[str, Member] = {}
        self.everybody: list[Member] = []

    def add(self, count: int) -> list[Member]:
        """Declares so many more resources, each with a first state that is not live yet."""
        return [self._add() for _ in range(count)]

    def replace(self, member: Member) -> Member:
        """Deletes a settled one, and declares another on a service that nobody has touched."""
        _insist(lambda: self._bench.api.remove(SERVICES, member.name))
        del self.members[member.name]
        return self._add()

    def renew(self) -> None:
        """Replaces all that have had their share."""
        for member in [one for one in self.members.values() if one.spent]:
            self.replace(member)

    def change(self, *members: Member) -> None:
        """Declares the next state of each, however long the API server is away."""
        for member in members:
            self._merge(member.name, {"spec": {"settings": {"description": member.next()}}})

    def settled(self, bodies: Iterable[Json]) -> set[str]:
        """Names of those that are Ready in the state they were given last."""
        return {body["metadata"]["name"] for body in bodies if self._is_settled(body)}

    def unsettled(self) -> set[str]:
        """Names of all that are not so now."""
        listed = _insist(lambda: self._bench.api.everything(SERVICES))
        return self.members.keys() - self.settled(listed)

    def wait_settled(self, seconds: float) -> None:
        """Waits until all are settled; else tells the stories of some that are not."""
        wait_until(lambda: not self.unsettled(), seconds, self._stories, every=LOOK_SECONDS)

    def declared(self) -> dict[str, list[str]]:
        """Service → its descriptions in order, of everybody who was ever here."""
        return {member.service: member.wanted for member in self.everybody}

    def wrong_documents(self, live: Mapping[str, Json], members: Iterable[Member] = ()) -> list[str]:
        """Services whose live document is not the first one with the newest description in it."""
        wrong = []
        for member in members or self.everybody:
            if live[member.service] != {**member.document, "description": member.wanted[-1]}:
                wrong.append(f"{member.service}: {live[member.service]}")
        return wrong

    def _add(self) -> Member:
        service = self._bench.fresh_service()
        member = Member(f"{self._name}-{len(self.everybody):05}", service, self._documents[service])
        body = resource(member.name, service, {"description": member.next()})
        self.everybody.append(member)
        self.members[member.name] = member
        _insist(lambda: self._created(body))
        return member

    def _merge(self, name: str, patch: Json) -> None:
        _insist(lambda: self._bench.api.merge(SERVICES, name, patch))

    def _created(self, body: Json) -> None:
        answer = self._bench.api.create(SERVICES, body)
        assert answer.status_code in (201, 409), answer.text  # 409: an answer was lost

    def _is_settled(self, body: Json) -> bool:
        member = self.members.get(body["metadata"]["name"])
        given = body["spec"]["settings"]["description"]
        return bool(
            member
            and given == member.wanted[-1]
            and condition(body).get("status") == "True"
            and is_current(body)
        )

    def _stories(self) -> str:
        """How some of those that are not settled stand, and what the operator said last."""
        unsettled = sorted(self.unsettled())
        bodies = [self._bench.get(name) for name in unsettled[:3]]
        told = [f"{body['metadata']} {body['spec']['settings']} {body.get('status')}" for body in bodies]
        return "\n".join([f"{len(unsettled)} are not settled", *told, self._bench.operator.log_tail(40)])


def _insist(deed: Any, seconds: float = 300.0) -> Any:
    """Does it again while the API server is away; each deed here can be done twice without harm."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            return deed()
        except (httpx.TransportError, AssertionError):
            if time.monotonic() > give_up:
                raise
            time.sleep(AGAIN_SECONDS)
