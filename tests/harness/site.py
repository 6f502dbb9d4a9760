"""A test's hold on a simulated site: the calls of its control port, each with a short time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

Json = Any  # whatever the port answers


class SiteControl:
    """The control port at ``base_url``. A call that the simulator refuses raises ``AssertionError``."""

    def __init__(self, base_url: str, *, timeout_seconds: float = 5.0) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout_seconds, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # -- look --------------------------------------------------------------------

    def stats(self) -> Json:
        return self._get("/stats")

    def edits(self, service: str) -> int:
        """How many edits of a service the site has accepted."""
        return int(self.stats()["services"][service]["edits"])

    def world(self) -> Json:
        return self._get("/world")

    def document(self, service: str) -> Json:
        """The live document of a service, ``folder/name.type``."""
        return self.world()["services"][service]

    def jobs(self) -> Json:
        return self.world()["jobs"]

    def journal(self, after: int = 0, **wanted: Any) -> list[Json]:
        """All records after ``after`` whose facts are as wanted, such as ``kind="accepted"``."""
        records: list[Json] = []
        while page := self.page(after):
            records += page
            after = page[-1]["seq"]
        return [record for record in records if wanted.items() <= record.items()]

    def page(self, after: int) -> list[Json]:
        """The next records after ``after``, a few thousand of them at most."""
        return list(self._get("/journal", after=after))

    def tokens(self) -> list[str]:
        """Every token that the site has given."""
        return list(self._get("/tokens"))

    # -- time and jobs -------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        self._post("/clock", {"advance": seconds})

    def finish(self, job: str, outcome: str = "COMPLETED", **said: Any) -> Json:
        """Ends a job now; ``messages`` and ``result`` replace what the site would say."""
        return self._post(f"/jobs/{job}", {"outcome": outcome, **said})

    def show(self, job: str, status: str) -> None:
        """Lets a job show any word."""
        self._post(f"/jobs/{job}", {"status": status})

    def next_job(self, **plan: Any) -> None:
        """How the next job goes: ``hang=True``, ``outcome``, ``seconds``, ``service``, ``times``, …"""
        self._post("/jobs/next", plan)

    def foreign_job(self, service: str, **plan: Any) -> str:
        """Starts an edit by somebody else and answers the id of its job."""
        return str(self._post("/jobs/foreign", {"service": service, **plan})["jobid"])

    def forget(self, job: str) -> None:
        self._post(f"/jobs/{job}/forget")

    def unavailable(self, job: str, times: int = 1) -> None:
        self._post(f"/jobs/{job}/unavailable", {"times": times})

    def lag_jobs(self, seconds: float) -> None:
        self._post("/jobs/lag", {"seconds": seconds})

    # -- the site ------------------------------------------------------------------

    def drift(self, service: str, changes: Mapping[str, Any], remove: list[str] | None = None) -> Json:
        """Changes a document past the API, by dotted path."""
        return self._post("/drift", {"service": service, "set": dict(changes), "remove": remove or []})

    def add_service(self, **document: Any) -> Json:
        return self._post("/services", {"document": document})

    def remove_service(self, service: str) -> None:
        self._check(self._http.delete(f"/services/{service}"))

    def set_user(self, username: str, password: str, role: str = "administrator") -> None:
        self._post("/users", {"username": username, "password": password, "role": role})

    def expire_tokens(self) -> None:
        self._post("/tokens/expire")

    def switch(self, **values: Any) -> None:
        self._post("/switches", values)

    def read_only(self, on: bool, message: str | None = None) -> None:
        self._post("/mode", {"isReadOnly": on, **({"message": message} if message else {})})

    def echo(self, text: str) -> None:
        """What stands besides in error texts and jobs; ``{token}``, ``{password}``: as it was asked."""
        self._post("/echo", {"text": text})

    # -- faults and holds ------------------------------------------------------------

    def fault(
        self, do: Json, *, when: str = "before", skip: int = 0, times: int | None = 1, **match: Any
    ) -> int:
        """Breaks the next requests that ``match``: of ``method``, ``path``, ``operation``, ``service``."""
        rule = {"match": match, "skip": skip, "times": times, "when": when, "do": do}
        return int(self._post("/faults", rule)["id"])

    def faults(self) -> Json:
        return self._get("/faults")

    def clear_faults(self) -> None:
        self._check(self._http.delete("/faults"))

    def holds(self) -> Json:
        return self._get("/holds")

    def release(self, hold: str, *, drop: bool = False) -> int:
        """Lets go what waits at a hold, or closes its connections; answers how many."""
        return int(self._post(f"/holds/{hold}/release", {"drop": drop})["released"])

    def wait_parked(self, hold: str, *, timeout_seconds: float = 10.0) -> Json:
        """Waits until a request is parked at a hold."""
        parked = self.wait_for(
            lambda: [one for one in self.holds() if one["hold"] == hold], timeout_seconds=timeout_seconds
        )
        return parked[0]

    def wait_for(self, look: Callable[[], Any], *, timeout_seconds: float = 10.0) -> Any:
        """Waits until ``look`` answers something true, and answers that."""
        give_up = time.monotonic() + timeout_seconds
        while not (seen := look()):
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(0.01)
        return seen

    # -- inside --------------------------------------------------------------------

    def _get(self, path: str, **query: Any) -> Any:
        return self._check(self._http.get(path, params=query))

    def _post(self, path: str, body: Json | None = None) -> Any:
        return self._check(self._http.post(path, json=body or {}))

    def _check(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, f"the control port answered {answer.status_code}: {answer.text}"
        return answer.json()
