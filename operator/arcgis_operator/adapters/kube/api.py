"""Requests to the Kubernetes API: plain JSON objects in, plain JSON objects or a `KubeFailure` out.

One client, one pool, one time limit for every request, no retries: the callers are level-triggered.
No generated models (importing them costs a second and 24 MiB), no caches, no decisions.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Self

import aiohttp
from kubernetes.aio.client.api_client import ApiClient

from arcgis_operator.adapters.kube.access import Access, load_access
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeListFailed, answered, parsed, unreachable
from arcgis_operator.adapters.kube.kinds import Kind

TIMEOUT_SECONDS = 10.0
MERGE_PATCH = "application/merge-patch+json"

Object = dict[str, Any]
Query = list[tuple[str, str]]
Observer = Callable[[str, str], None]


class KubeApi:
    """The Kubernetes API. Each call is one request (a second one only after a 401) of at most `timeout` s.

    `observe(verb, code)` is told about every answer; the code is the HTTP status or `none`.
    """

    def __init__(
        self, access: Access, *, timeout: float = TIMEOUT_SECONDS, observe: Observer | None = None
    ) -> None:
        self.access = access
        self._client: Any = ApiClient(access.configuration)
        self._client.user_agent = "arcgis-operator"
        self._timeout = timeout
        self.observe = observe or (lambda verb, code: None)

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object | KubeFailure:
        """One object."""
        return await self._send("get", "GET", kind.path(namespace, name))

    async def list(self, kind: Kind, namespace: str | None, *, limit: int = 500) -> AsyncIterator[Object]:
        """All objects, read in chunks of `limit`; raises `KubeListFailed`.

        When the server forgets the list on the way (410) it is read again from the beginning, once:
        then an object may come twice. `apiVersion` and `kind` are put in, which the API leaves out of lists.
        """
        token: str | None = None
        restarted = False
        while True:
            chunk = await self._chunk(kind, namespace, limit, token)
            if isinstance(chunk, KubeFailure):
                if not (chunk.expired and token and not restarted):
                    raise KubeListFailed(chunk)
                restarted, token = True, None
                continue
            for item in chunk.get("items") or []:
                yield {"apiVersion": kind.api_version, "kind": kind.name, **item}
            token = (chunk.get("metadata") or {}).get("continue")
            if not token:
                return

    async def patch_status(
        self, kind: Kind, namespace: str, name: str, resource_version: str, patch: Object
    ) -> Object | KubeFailure:
        """Merge `patch` (the whole body, so `{"status": …}`) into the status subresource.

        Compare-and-swap: CONFLICT when the object is no longer at `resource_version`.
        Source: measured on kube-apiserver 1.36; a wrong uid, by contrast, is silently ignored.
        """
        metadata = {**patch.get("metadata", {}), "resourceVersion": resource_version}
        body = {**patch, "metadata": metadata}
        return await self._send("patch", "PATCH", kind.path(namespace, name, "status"), body)

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object | KubeFailure:
        """A new object; CONFLICT when the name is taken."""
        return await self._send("create", "POST", kind.path(namespace), body)

    async def replace(
        self, kind: Kind, namespace: str | None, name: str, body: Object
    ) -> Object | KubeFailure:
        """The whole object; CONFLICT when its `metadata.resourceVersion` is no longer current."""
        return await self._send("update", "PUT", kind.path(namespace, name), body)

    async def served(self, kind: Kind) -> bool | KubeFailure:
        """Whether the API server knows the kind, that is, whether its CRD is installed."""
        answer = await self._send("get", "GET", kind.root)
        if isinstance(answer, KubeFailure):
            return False if answer.code == 404 else answer
        return any(resource.get("name") == kind.plural for resource in answer.get("resources") or [])

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def _chunk(
        self, kind: Kind, namespace: str | None, limit: int, token: str | None
    ) -> Object | KubeFailure:
        query = [("limit", str(limit))] + ([("continue", token)] if token else [])
        answer = await self._send("list", "GET", kind.path(namespace), query=query)
        if isinstance(answer, dict) and not isinstance(answer.get("items") or [], Sequence):
            return unreachable("the list holds no items")
        return answer

    async def _send(
        self,
        verb: str,
        method: str,
        path: str,
        body: Object | None = None,
        query: Query | None = None,
    ) -> Object | KubeFailure:
        answer = await self._once(method, path, body, query or [])
        if isinstance(answer, KubeFailure) and answer.code == 401:
            await self.access.reload()
            answer = await self._once(method, path, body, query or [])
        self.observe(verb, str(answer.code or "none") if isinstance(answer, KubeFailure) else "2xx")
        return answer

    async def _once(self, method: str, path: str, body: Object | None, query: Query) -> Object | KubeFailure:
        try:
            async with asyncio.timeout(self._timeout):
                request = await self._request(method, path, body, query)
                response = await self._client.call_api(
                    *request, _request_timeout=aiohttp.ClientTimeout(total=None)
                )
                content = await response.read()
        except TimeoutError:
            return unreachable(f"no answer within {self._timeout:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return unreachable(f"connection failed ({type(error).__name__})")
        return _understood(response.status, content, response.headers.get("Retry-After"))

    async def _request(self, method: str, path: str, body: Object | None, query: Query) -> tuple[Any, ...]:
        headers = {"Accept": "application/json"}
        if method == "PATCH":
            headers["Content-Type"] = MERGE_PATCH
        request: tuple[Any, ...] = await self._client.param_serialize(
            method,
            path,
            header_params=headers,
            query_params=query,
            body=body,
            auth_settings=["BearerToken"],
        )
        return request


def _understood(code: int, content: bytes, retry_after: str | None) -> Object | KubeFailure:
    if not 200 <= code < 300:
        return answered(code, content, retry_after, time.time())
    value = parsed(content)
    if isinstance(value, dict):
        return value
    return unreachable("an answer that is not a JSON object", code)


async def connect(
    kubeconfig: str | None = None, context: str | None = None, *, observe: Observer | None = None
) -> KubeApi:
    """A client for the configuration found by `load_access`; raises `ConnectError`."""
    return KubeApi(await load_access(kubeconfig, context), observe=observe)
