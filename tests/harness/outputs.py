"""All that operators have written in one bench, and the search for the secrets that the bench has used.

Done at the end of every bench of every test: nothing of a password, of a secret in the live documents, of a
token of the site or of an operator's own token may be in a status, in managedFields, an event, a metric, a
log (at DEBUG) or an audited body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from arcgis_devcluster.errors import ProcessFailed
from harness.canaries import Search

if TYPE_CHECKING:
    from arcgis_devcluster import ChildProcess
    from harness.bench import Workbench

Json = Any
Output = tuple[str, bytes]
KINDS = ("arcgisservices", "arcgissites")
SHORTEST = 16  # a shorter text is no secret, but a word of a test
PAGE_BYTES = 2**22
_TOKEN = re.compile(r"token: *(\S+)")


def search(bench: Workbench) -> Search:
    """For what the bench has used: of an operator's own token the signature, which is the secret."""
    from harness.bench import PASSWORD, PLANTED

    used = {"password": PASSWORD, "live document": PLANTED}
    used |= {f"token {number}": token for number, token in enumerate(_tokens(bench))}
    used |= {f"text {n}": text for n, text in enumerate(bench.api.secret_texts) if len(text) >= SHORTEST}
    for config in bench.directory.glob("*.kubeconfig"):
        found = _TOKEN.search(config.read_text())
        assert found, f"{config.name} holds no token"
        used[f"token of {config.stem}"] = found[1].rpartition(".")[2]
    return Search(used)


def shown(bench: Workbench) -> Iterator[Output]:
    """What is told to everybody who may look, while it is up."""
    for plural in KINDS:
        for body in bench.api.everything(plural):
            yield "status", _text(body.get("status"))
            yield "managedFields", _text(body["metadata"].get("managedFields"))
    yield "events", _text(bench.api.events())
    if hasattr(bench, "operator"):
        yield from measured(bench.operator, bench.metrics)
    yield from bench.told


def measured(operator: ChildProcess, tell: Callable[[], str]) -> Iterator[Output]:
    """What an operator tells Prometheus, if it is up."""
    if operator.running:
        with suppress(httpx.TransportError, ProcessFailed):  # frozen, or it never came up
            yield "metrics", tell().encode()


def metrics(operator: ChildProcess, host: str = "127.0.0.1") -> str:
    """What an operator tells Prometheus, asked where it listens."""
    port = operator.wait_for_json(lambda line: line.get("msg") == "started", 10)["health_port"]
    answer = httpx.get(f"http://{host}:{port}/metrics", timeout=5.0, trust_env=False)
    return answer.raise_for_status().text


def written(bench: Workbench) -> Iterator[Output]:
    """The logs of all operators, and what the API server wrote down of the bench's namespace."""
    for log in sorted(bench.directory.glob("*.log")):
        if log.stem not in bench.sites:
            yield "log", log.read_bytes()
    log_of_all, since = bench.cluster.audit_log, bench.audit_begins
    if log_of_all is not None:
        with log_of_all.open("rb") as file:
            file.seek(since if since <= log_of_all.stat().st_size else 0)  # it may have been turned over
            while lines := file.readlines(PAGE_BYTES):
                yield "audit", b"".join(line for line in lines if bench.namespace.encode() in line)


def _tokens(bench: Workbench) -> list[str]:
    """Those of the sites that are still up."""
    given: list[str] = []
    for control in bench.controls:
        with suppress(httpx.TransportError):
            given += control.tokens()
    return given


def _text(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
