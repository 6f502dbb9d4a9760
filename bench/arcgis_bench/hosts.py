"""Many simulated sites in one process: a process for each would take the machine for its own."""

import json
import time
from pathlib import Path

from arcgis_demo import parts
from arcgis_devcluster import ChildProcess
from arcgis_devcluster.certificates import LOOPBACK, Authority

READY_SECONDS = 120.0
_LOOK_SECONDS = 0.2


def start(directory: Path, name: str, password: str, count: int, *options: str) -> list[parts.Site]:
    """So many sites, each at an address of its own, ready when this returns."""
    authority = Authority(directory, f"{name}-ca")
    server = authority.issue_server(name, *LOOPBACK)
    process = ChildProcess(
        name,
        [
            parts.BIN / "arcgis-simulator",
            f"--sites={count}",
            f"--tls-cert={server.certificate}",
            f"--tls-key={server.key}",
            f"--user={parts.USERNAME}",
            f"--password-env={parts.PASSWORD_VARIABLE}",
            *options,
        ],
        log=directory / f"{name}.log",
        environment={parts.PASSWORD_VARIABLE: password},
    )
    bundle = authority.certificate.read_text()
    ready = _ready(process, count)
    return [parts.Site(process, one["url"], one["control"], bundle) for one in ready]


def _ready(process: ChildProcess, count: int) -> list[dict[str, str]]:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        found = [json.loads(line) for line in process.lines() if line.startswith('{"url"')]
        if len(found) == count:
            return found
        if not process.running or time.monotonic() > deadline:
            raise process.failure(f"serves {len(found)} of {count} sites")
        time.sleep(_LOOK_SECONDS)
