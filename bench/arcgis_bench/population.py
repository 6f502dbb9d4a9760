"""A population of resources at rest, written straight into etcd: through the API it would take an hour.

One resource is made by the API and brought to rest by the real operator. What is stored of it is the pattern
of all others, with other names, uids, services and sites. Only the ids of the services are made up: a first
look notes the right ones.
"""

import base64
import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from arcgis_bench.load import NAMESPACE, Target
from arcgis_bench.stage import Stage, TookTooLongError

KEYS = f"/registry/arcgis-operator.dev/arcgisservices/{NAMESPACE}/"
IN_A_TRANSACTION = 100
SEEN_SECONDS = 600.0  # the API server takes in a thousand objects a second or so
_LOOK_SECONDS = 1.0


class Pattern:
    """What etcd holds of one resource at rest."""

    def __init__(self, stage: Stage, target: Target) -> None:
        self._target, self._url = target, stage.sites[target.site].url
        with stage.cluster.etcd_client() as etcd:
            found = etcd.post("/v3/kv/range", json={"key": _coded(KEYS + target.name)}).raise_for_status()
        self._text = base64.b64decode(found.json()["kvs"][0]["value"]).decode()

    def of(self, target: Target, url: str) -> str:
        """The same of another one."""
        mine = self._target
        pairs = ((self._url, url), (mine.name, target.name), (mine.leaf, target.leaf))
        text = self._text
        for old, new in (*pairs, (mine.leaf.casefold(), target.leaf.casefold())):
            text = text.replace(old, new)
        body: dict[str, Any] = json.loads(text)
        body["metadata"]["uid"] = str(uuid.uuid4())
        body["spec"]["siteRef"]["name"] = target.door
        body["spec"]["service"]["name"] = target.leaf.partition(".")[0]
        body["status"].get("observed", {})["serviceId"] = uuid.uuid4().hex
        return json.dumps(body, separators=(",", ":"))


def write(stage: Stage, pattern: Pattern, targets: Sequence[Target]) -> None:
    """All of them; returns when the API server shows so many. Raises TookTooLongError."""
    before = _shown(stage)
    with stage.cluster.etcd_client() as etcd:
        for start in range(0, len(targets), IN_A_TRANSACTION):
            some = targets[start : start + IN_A_TRANSACTION]
            puts = [_put(KEYS + one.name, pattern.of(one, stage.sites[one.site].url)) for one in some]
            etcd.post("/v3/kv/txn", json={"success": puts}).raise_for_status()
    deadline = time.monotonic() + SEEN_SECONDS
    while (shown := _shown(stage)) < before + len(targets):
        if time.monotonic() > deadline:
            raise TookTooLongError(f"the API server shows {shown} of {before + len(targets)} resources")
        time.sleep(_LOOK_SECONDS)


def _shown(stage: Stage) -> int:
    """As many as the API server's own watch has brought by now."""
    path = f"/apis/arcgis-operator.dev/v1alpha1/namespaces/{NAMESPACE}/arcgisservices?limit=1"
    answer = json.loads(stage.cluster.kubectl("get", "--raw", path).stdout)
    return len(answer["items"]) + int(answer["metadata"].get("remainingItemCount", 0))


def _put(key: str, value: str) -> dict[str, Any]:
    return {"requestPut": {"key": _coded(key), "value": _coded(value)}}


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
