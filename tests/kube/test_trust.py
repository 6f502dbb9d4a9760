"""The certificate authority of a cluster is replaced while we run, and not every one is by the book."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
import yaml
from aiohttp import web
from fake_apiserver import FakeApiServer
from notes import Notes
from test_informer_faults import EAGER, QUICK

from arcgis_operator.adapters.kube import api as kube_api
from arcgis_operator.adapters.kube.access import load_access
from arcgis_operator.adapters.kube.api import KubeApi, connect
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.kinds import ARCGIS_SERVICES, SECRETS
from arcgis_operator.app.supervisor import Supervisor
from arcgis_operator.handlers.informer import Informer


class Cluster:
    """An API server over TLS, with one empty answer for everything, and its authority on disk."""

    def __init__(self, directory: Path) -> None:
        self.ca = trustme.CA()
        self.bundle = directory / "ca.crt"
        self.bundle.write_bytes(self.ca.cert_pem.bytes())
        self.directory = directory
        self.port = 0
        self.fake = FakeApiServer()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """With a certificate of the authority of now."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert("127.0.0.1").configure_cert(context)
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=context, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def replaced(self) -> None:
        """The API server comes again with a certificate of a new authority, which nobody knows yet."""
        await self.stop()
        self.ca = trustme.CA()
        await self.start()

    def publish(self) -> None:
        """The new authority stands beside the old one, as in kube-root-ca.crt."""
        self.bundle.write_bytes(self.bundle.read_bytes() + self.ca.cert_pem.bytes())

    def kubeconfig(self) -> str:
        config = {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [
                {
                    "name": "c",
                    "cluster": {
                        "server": f"https://127.0.0.1:{self.port}",
                        "certificate-authority": str(self.bundle),
                    },
                }
            ],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
        path = self.directory / "config"
        path.write_text(yaml.safe_dump(config))
        return str(path)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        return (
            web.json_response({"metadata": {}})
            if "secrets" in request.path
            else await self.fake._answer(request)
        )


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    made = Cluster(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def answers(api: KubeApi) -> bool:
    return isinstance(await api.get(SECRETS, "gis", "login"), dict)


async def test_the_client_reads_the_bundle_anew_when_a_handshake_fails(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arcgis_operator.adapters.kube.access.RELOAD_SECONDS", 0.0)
    monkeypatch.setattr(kube_api, "RELOAD_SECONDS", 0.0)
    async with await connect(cluster.kubeconfig()) as api:
        assert await answers(api)
        await cluster.replaced()
        failure = await api.get(SECRETS, "gis", "login")
        assert isinstance(failure, KubeFailure)
        assert "certificate is not trusted" in failure.detail
        cluster.publish()
        assert await answers(api)


async def test_a_bundle_that_is_written_only_half_does_no_harm(cluster: Cluster) -> None:
    async with await connect(cluster.kubeconfig()) as api:
        whole = cluster.bundle.read_bytes()
        cluster.bundle.write_bytes(b"-----BEGIN CERT")
        assert await answers(api)
        cluster.bundle.write_bytes(whole)
        assert await answers(api)


async def test_requests_under_way_come_to_their_end_when_the_bundle_changes(cluster: Cluster) -> None:
    async with await connect(cluster.kubeconfig()) as api:
        assert await answers(api)
        under_way = [asyncio.create_task(api.get(SECRETS, "gis", "login")) for _ in range(8)]
        await asyncio.sleep(0)
        cluster.publish()
        assert await answers(api)
        assert all(isinstance(one, dict) for one in await asyncio.gather(*under_way))


async def test_the_watch_begins_anew_with_the_bundle_of_now(cluster: Cluster) -> None:
    kubeconfig = cluster.kubeconfig()
    notes = Notes()
    supervisor = Supervisor(
        lambda sink: Informer(sink, lambda: load_access(kubeconfig), tuning=QUICK), notes, patience=EAGER
    )
    task = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(10):
        await cluster.fake.watched()
    await cluster.replaced()
    cluster.publish()
    cluster.fake.put("arcgisservices", "roads")
    await notes.has("service", "roads", seconds=20.0)
    task.cancel()
    await asyncio.wait([task])


async def test_an_authority_without_key_usage_is_taken_on_every_python(cluster: Cluster) -> None:
    """Python 3.13 asks for more than kubectl and Go do, unless it is told not to."""
    access = await load_access(cluster.kubeconfig())
    context = access.ssl_context()
    assert isinstance(context, ssl.SSLContext)
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode is ssl.CERT_REQUIRED
    async with KubeApi(access) as api:
        tls = api._client.rest_client._create_connector()._ssl
        assert not tls.verify_flags & ssl.VERIFY_X509_STRICT
        assert isinstance(await api.served(ARCGIS_SERVICES), bool)
