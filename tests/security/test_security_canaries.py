"""The search that every bench ends with: it finds what is told on purpose, in each channel and each form."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from arcgis_devcluster import Cluster
from harness import outputs
from harness.bench import PASSWORD, SERVICES, Workbench
from harness.canaries import canary, forms
from harness.listener import Listener

pytestmark = pytest.mark.xdist_group("canaries")

Json = Any
CHANNELS = ("status", "managedFields", "events", "lease", "log", "audit")
SAID_AS: dict[str, set[str]] = {
    "raw": {"beginning", "end"},
    "quoted": {"beginning", "end"},
    "hex": {"hex"},
    "JSON": {"beginning", "end"},
    "reversed": {"reversed beginning", "reversed end"},
    "first half": {"beginning"},
    "second half": {"end"},
    **{f"base64 at {offset}": {f"base64 at {offset}"} for offset in range(3)},
}
"""What finds a form: a text that stands in JSON is escaped there, but its ends are not."""
SERVICE = "SampleWorldCities.MapServer"


@pytest.fixture(scope="module")
def leaky(control_plane: Cluster) -> Iterator[Workbench]:
    """Its close must raise, for all that is planted in it."""
    bench = Workbench(control_plane)
    bench.start_site()
    bench.register()
    bench.start_operator()
    bench.converge_on("clean", SERVICE, {"description": "clean"})
    assert outputs.search(bench).all_hits((*outputs.shown(bench), *outputs.written(bench))) == set()
    yield bench
    with pytest.raises(AssertionError, match="secrets of this bench"):
        bench.close()
    assert not bench.directory.exists()


def _status(bench: Workbench, text: str) -> None:
    bench.api.merge(SERVICES, "clean", {"status": {"job": {"result": {"said": text}}}}, subresource="status")


def _managed(bench: Workbench, text: str) -> None:
    settings = {"properties": {text: "x"}}
    bench.declare("managed", "Roads.MapServer", settings, suspend=True)


def _event(bench: Workbench, text: str) -> None:
    about = {"kind": "ArcGISService", "name": "clean", "namespace": bench.namespace}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "clean-"},
        "involvedObject": about,
        "message": text,
        "reason": "Said",
        "type": "Normal",
        "source": {"component": "test"},
    }
    bench.kubectl("create", "-f", "-", stdin=json.dumps(event))


def _log(bench: Workbench, text: str) -> None:
    (bench.directory / "another-operator.log").write_text(json.dumps({"msg": text}) + "\n")


def _lease(bench: Workbench, text: str) -> None:
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "said"}}
    bench.kubectl.apply({**lease, "spec": {"holderIdentity": text}})


PLANT = {
    "status": _status,
    "managedFields": _managed,
    "events": _event,
    "log": _log,
    "lease": _lease,
    "audit": _status,
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_secret_that_is_told_is_found_in_each_form(leaky: Workbench, channel: str) -> None:
    search = outputs.search(leaky)
    for form, text in forms(PASSWORD).items():
        leaky.audit_begins = leaky.audit.size()
        PLANT[channel](leaky, text)
        told = [data for where, data in (*outputs.shown(leaky), *outputs.written(leaky)) if where == channel]
        hits = {hit for data in told for hit in search.hits(data)}
        assert {("password", found) for found in SAID_AS[form]} <= hits, form


LISTENED = {
    "status": SERVICES,
    "managedFields": SERVICES,
    "events": "events",
    "log": "log",
    "lease": "leases",
}


@pytest.mark.parametrize("channel", LISTENED)
def test_what_is_told_is_also_found_without_a_bench(leaky: Workbench, channel: str) -> None:
    told = canary()
    listener = Listener(leaky.cluster, leaky.directory, leaky.site, told)
    PLANT[channel](leaky, told)
    operators = [*leaky.operators(), *(_named("another-operator") if channel == "log" else ())]
    found = {hit for hit in listener.hits(operators) if hit[1] == "password"}
    assert {(LISTENED[channel], "password", end) for end in ("beginning", "end")} <= found


def _named(name: str) -> list[Any]:
    """A process that has ended, of which a log is left."""
    return [SimpleNamespace(name=name, running=False)]


@pytest.mark.parametrize("path", outputs.PAGES)
def test_a_secret_on_a_page_of_the_operator_is_found_in_each_form(
    leaky: Workbench, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, get = outputs.search(leaky), httpx.get
    for form, text in forms(PASSWORD).items():

        def said(url: str, text: str = text, **how: Any) -> httpx.Response:
            answer = get(url, **how)
            return httpx.Response(200, text=answer.text + text) if url.endswith(path) else answer

        monkeypatch.setattr(httpx, "get", said)
        told = [data for where, data in outputs.shown(leaky) if where == outputs.PAGES[path]]
        assert len(told) == list(outputs.PAGES.values()).count(outputs.PAGES[path])
        hits = {hit for data in told for hit in search.hits(data)}
        assert {("password", found) for found in SAID_AS[form]} <= hits, form


def test_the_site_says_the_secrets_in_its_error_texts_and_jobs(leaky: Workbench) -> None:
    leaky.site.next_job(service=SERVICE, outcome="FAILED")
    leaky.declare("clean", SERVICE, {"description": "fails once"})
    job = leaky.wait_job("clean")
    url, token = leaky.sites["prod"].url, leaky.site.tokens()[0]
    asked = {"headers": {"authorization": f"Bearer {token}"}, "params": {"f": "json"}, "verify": False}
    leaky.converged("clean")
    search = outputs.search(leaky)
    for path in ("services/None.MapServer", f"jobs/{job}", "services/Fire%20.MapServer/edit"):
        told = httpx.get(f"{url}/admin/{path}", **asked)
        secrets = {name for name, _ in search.hits(told.content)}
        assert secrets >= {"password", "token 0", "what the site says"}, told.text


def test_tokens_of_the_site_and_of_the_operator_are_searched_for(leaky: Workbench) -> None:
    search = outputs.search(leaky)
    given = leaky.site.tokens()
    assert given
    answer = httpx.get(
        f"{leaky.sites['prod'].url}/admin", params={"f": "json", "token": given[0]}, verify=False
    )
    assert "error" not in answer.json()
    assert {("token 0", "beginning"), ("token 0", "end")} <= search.hits(given[0].encode())
    config = (leaky.directory / "operator.kubeconfig").read_bytes()
    assert {name for name, _ in search.hits(config)} == {"token of operator"}


def test_the_search_hears_what_is_put_into_a_secret_later(leaky: Workbench) -> None:
    rotated = canary()
    leaky.api.set_secret("prod-admin", {"spare": rotated})
    assert outputs.search(leaky).hits(rotated.encode()) != set()
