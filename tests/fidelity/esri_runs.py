"""Runs of Esri's Python client on a site, each in a process of its own."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.bench import PASSWORD, Workbench

SCRIPT = Path(__file__).parent / "esri_client.py"
PAGES = {"code": "styled"}
"""By the page that it is shown the client goes the way of a code; all other ways are its own choice."""
WAYS = ("OAuth", "code", "generateToken", "token")


class Esri:
    """The client on the site of a bench: what each case came to, by its name."""

    def __init__(self, bench: Workbench, python: Path) -> None:
        self.bench = bench
        self._python = python
        self._authority = bench.directory / "esri-ca.pem"
        self._authority.write_text(bench.sites["prod"].ca)

    def run(self, way: str, service: str, *cases: str) -> dict[str, Any]:
        with self.page_for(way):
            done = self.process(way, service, *cases)
        assert done.returncode == 0, done.stderr
        outcomes: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return outcomes

    def process(
        self, way: str, service: str, *cases: str, trusts: bool = True
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(way, service, *cases),
            input=PASSWORD + "\n",
            capture_output=True,
            text=True,
            timeout=90,
            env=self.environment() if trusts else dict(os.environ),
        )

    def command(self, way: str, service: str, *cases: str) -> list[str]:
        where = (self.bench.sites["prod"].url, self._authority, way, service, f"Made{way}")
        return [str(part) for part in (self._python, SCRIPT, *where, *cases)]

    def environment(self) -> Mapping[str, str]:
        """The client itself does not hand its CA to the request that gives a token for a code."""
        return {**os.environ, "REQUESTS_CA_BUNDLE": str(self._authority)}

    @contextmanager
    def page_for(self, way: str) -> Iterator[None]:
        self.bench.site.switch(sign_in_page=PAGES.get(way, "plain"))
        try:
            yield
        finally:
            self.bench.site.switch(sign_in_page="plain")

    def newest(self) -> int:
        """The last record of the site's journal."""
        return int(self.bench.site.journal(self.bench.since)[-1]["seq"])

    def requests(self, since: int, **wanted: Any) -> list[dict[str, Any]]:
        """What the site received after a record; the operator presents its tokens in another way."""
        received = self.bench.site.journal(since, kind="request", **wanted)
        return [record for record in received if record["token"] != "authorization"]
