"""Run by each Python of the machine: asks sites with a bundle each, and says what came of it, as JSON.

python tls_probe.py '{"case": ["https://localhost:1/arcgis", "bundle.pem"]}'
"""

import asyncio
import json
import sys
from pathlib import Path

from arcgis_operator.adapters.admin import AdminClient, Credentials, SiteInfo, Trust, trust_in


async def credentials() -> Credentials:
    return Credentials("gis-admin", "word")


async def ask(url: str, bundle: bytes) -> str:
    trust = trust_in(bundle, "ConfigMap gis/ca, key ca.crt")
    if not isinstance(trust, Trust):
        return trust
    client = AdminClient(url, credentials, trust)
    answer = await client.root()
    await client.aclose()
    return "" if isinstance(answer, SiteInfo) else answer.detail


async def main(cases: dict[str, tuple[str, bytes]]) -> None:
    said = {name: await ask(*case) for name, case in cases.items()}
    sys.stdout.write(json.dumps({"python": sys.version.split()[0], "said": said}))


given = json.loads(sys.argv[1])
asyncio.run(main({name: (url, Path(file).read_bytes()) for name, (url, file) in given.items()}))
