"""All that operators have written in one bench, and the search for the secrets that the bench has used.

Done at the end of every bench of every test: nothing of a password, of a secret that the site says (in its
documents, jobs and error texts), of a token of the site or of an operator's own token may be in a status, in
managedFields, an event, the Lease, a metric, a probe's answer, a log (at DEBUG) or an audited body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from arcgis_devcluster.errors import ProcessFailed
from harness.canaries import Search

if TYPE_CHECKING:
    from arcgis_devcluster import ChildProcess
    from harness.bench import Workbench
    from harness.site import SiteControl

Json = Any
Output = tuple[str, bytes]
KINDS = ("arcgisservices", "arcgissites")
PAGES = {"/metrics": "metrics", "/livez": "probes", "/readyz": "probes"}
SHORTEST = 16  # a shorter text is no secret, but a word of a test
PAGE_BYTES = 2**22
_TOKEN = re.compile(r"token: *(\S+)")


def search(bench: Workbench) -> Search:
    """For what the bench has used: of an operator's own token the signature, which is the secret."""
    from harness.bench import PASSWORD, PLANTED

    used = {"password": PASSWORD, "what the site says": PLANTED}
    used |= tokens_of_sites(bench.controls) | tokens_of_operators(bench.directory)
    used |= {f"text {n}": text for n, text in enumerate(bench.api.secret_texts) if len(text) >= SHORTEST}
    return Search(used)


def tokens_of_sites(controls: Iterable[SiteControl]) -> dict[str, str]:
    """All that were given by those that are still up, by a name."""
    given: list[str] = []
    for control in controls:
        with suppress(httpx.TransportError):
            given += control.tokens()
    return {f"token {number}": token for number, token in enumerate(given)}


def tokens_of_operators(directory: Path) -> dict[str, str]:
    """Those of the kubeconfigs that lie there, by a name."""
    used = {}
    for config in directory.glob("*.kubeconfig"):
        found = _TOKEN.search(config.read_text())
        assert found, f"{config.name} holds no token"
        used[f"token of {config.stem}"] = found[1].rpartition(".")[2]
    return used


def shown(bench: Workbench) -> Iterator[Output]:
    """What is told to everybody who may look, while it is up."""
    for plural in KINDS:
        for body in bench.api.everything(plural):
            yield "status", _text(body.get("status"))
            yield "managedFields", _text(body["metadata"].get("managedFields"))
    yield "events", _text(bench.api.events())
    yield "lease", _text(bench.api.leases())
    for operator in bench.operators():
        yield from pages(operator, bench.listens_at[operator.name])


def pages(operator: ChildProcess, host: str = "127.0.0.1") -> Iterator[Output]:
    """What an operator tells Prometheus and the kubelet, if it is up."""
    if operator.running:
        with suppress(httpx.TransportError, ProcessFailed):  # frozen, or it never came up
            for path, channel in PAGES.items():
                yield channel, page(operator, host, path).content


def page(operator: ChildProcess, host: str, path: str) -> httpx.Response:
    """What an operator answers where it listens."""
    port = operator.wait_for_json(lambda line: line.get("msg") == "started", 10)["health_port"]
    return httpx.get(f"http://{host}:{port}{path}", timeout=5.0, trust_env=False)


def metrics(operator: ChildProcess, host: str = "127.0.0.1") -> str:
    """What an operator tells Prometheus."""
    return page(operator, host, "/metrics").raise_for_status().text


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


def _text(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
