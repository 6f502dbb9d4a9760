"""THE REFERENCE, not the product: the same job done by plain kopf handlers in the usual style.

`on.create` and `on.update` read the service, send the edit, and poll its job with `TemporaryError`. It is
here so that anyone can see what the operator's design buys, on the same work in the same run. It keeps no
intent, so a crash between the edit and the next patch doubles an edit; it merges one level deep.
"""

import asyncio
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx
import kopf

POLL_SECONDS = float(os.environ.get("POLL_SECONDS", "2"))
RUNNING = ("SUBMITTED", "EXECUTING")


class Client:
    """One site, one pool of connections, one token."""

    def __init__(self, url: str, ca: str) -> None:
        self.url, self.token = url, ""
        self.http = httpx.AsyncClient(
            verify=ssl.create_default_context(cadata=ca), timeout=30, trust_env=False
        )

    async def login(self) -> None:
        """Make a token, once."""
        if not self.token:
            account = {"username": os.environ["SITE_USER"], "password": os.environ["SITE_PASSWORD"]}
            form = {**account, "client": "referer", "referer": "reference", "f": "json"}
            answer = await self.http.post(f"{self.url}/sharing/rest/generateToken", data=form)
            self.token = answer.raise_for_status().json()["token"]

    async def call(self, method: str, path: str, **form: str) -> Any:
        """One request below /admin; the answer's JSON."""
        await self.login()
        fields: dict[str, Any] = {"params" if method == "GET" else "data": {**form, "f": "json"}}
        headers = {"Authorization": f"Bearer {self.token}", "Referer": "reference"}
        answer = await self.http.request(method, f"{self.url}/admin/{path}", headers=headers, **fields)
        body = answer.raise_for_status().json()
        if "error" in body or body.get("status") == "error":
            raise kopf.TemporaryError(f"the site refused: {body}", delay=POLL_SECONDS)
        return body


SITES: dict[str, Client] = {}


@kopf.on.create("arcgis-operator.dev", "v1alpha1", "arcgisservices")
@kopf.on.update("arcgis-operator.dev", "v1alpha1", "arcgisservices", field="spec")
async def apply(spec: Any, meta: Any, status: Any, patch: Any, **_: Any) -> None:
    """Send the edit once for each generation, then look at its job until it ends."""
    site, service = SITES[spec["siteRef"]["name"]], spec["service"]
    path = f"services/{service['folder']}/{service['name']}.{service['type']}"
    job = status.get("job") or {}
    if job.get("generation") != meta["generation"]:
        live = await site.call("GET", path)
        wanted = _merged(live, spec["settings"])
        if wanted == live:
            _ready(patch, meta, "Converged")
            return
        reply = await site.call("POST", f"{path}/edit", service=json.dumps(wanted), **{"async": "true"})
        patch.status["job"] = {"id": reply["jobID"], "status": "SUBMITTED", "generation": meta["generation"]}
        raise kopf.TemporaryError("the job was started", delay=POLL_SECONDS)
    body = await site.call("GET", f"jobs/{job['id']}")
    if body["status"] in RUNNING:
        raise kopf.TemporaryError(f"the job is {body['status']}", delay=POLL_SECONDS)
    patch.status["job"] = {**job, "status": body["status"]}
    _ready(patch, meta, "Converged" if body["status"] == "COMPLETED" else "JobFailed")


def _merged(live: dict[str, Any], settings: Any) -> dict[str, Any]:
    inner = {
        key: {**live.get(key, {}), **_texts(value)}
        for key, value in settings.items()
        if isinstance(value, dict)
    }
    return {**live, **settings, **inner}


def _texts(values: Any) -> dict[str, str]:
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def _ready(patch: Any, meta: Any, reason: str) -> None:
    condition = {"type": "Ready", "status": str(reason == "Converged"), "reason": reason, "message": ""}
    now = {"observedGeneration": meta["generation"], "lastTransitionTime": "2000-01-01T00:00:00Z"}
    patch.status["conditions"] = [{**condition, **now}]


async def main() -> None:
    """Run until a signal."""
    known = Path(os.environ["SITES"]).read_text()  # noqa: ASYNC240 - nothing runs yet
    for name, site in json.loads(known).items():
        SITES[name] = Client(site["url"], site["ca"])
    sys.stdout.write("the reference runs\n")
    sys.stdout.flush()
    await kopf.operator(clusterwide=True, standalone=True)


if __name__ == "__main__":
    asyncio.run(main())
