"""A fake API server for faults, and the client against it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_apiserver import FakeApiServer

from arcgis_operator.adapters.kube.api import KubeApi, connect


@pytest.fixture
async def server() -> AsyncIterator[FakeApiServer]:
    fake = FakeApiServer()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def api(server: FakeApiServer, tmp_path: Path) -> AsyncIterator[KubeApi]:
    async with await connect(server.kubeconfig(tmp_path / "config")) as client:
        yield client
