"""Requests to the Kubernetes API: plain JSON objects in, plain JSON objects or a `KubeFailure` out.

One client, one pool, one time limit for every request, no retries: the callers are level-triggered.
No generated models (importing them costs a second and 24 MiB), no caches, no decisions.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.rest import RESTClientObject

from arcgis_operator.adapters.kube.access import RELOAD_SECONDS, Access, ConnectError, load_access
from arcgis_operator.adapters.kube.connector import connector
from arcgis_operator.adapters.kube.failures import (
    LIMIT,
    KubeFailure,
    KubeFailureKind,
    KubeListFailed,
    answered,
    parsed,
    unreachable,
)
from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.core.authorship import WRITER
from arcgis_operator.core.jsondoc import printable

TIMEOUT_SECONDS = 10.0
MERGE_PATCH = "application/merge-patch+json"

Object = dict[str, Any]
Query = list[tuple[str, str]]
Observer = Callable[[str, str], None]


def is_leaving(body: Mapping[str, Any]) -> bool:
    """Deleted, and kept only by somebody's finalizer: it declares nothing any more."""
    return bool(body["metadata"].get("deletionTimestamp"))


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects of a list, and the `metadata` of the list, with the version that all its pages show."""

    metadata: Object
    items: Sequence[Object]


class KubeApi:
    """The Kubernetes API. Each call is one request of at most `timeout` s; a second one only after a 401, or
    after a handshake in which the API server's certificate was not trusted: its CA may be a new one.

    `observe(verb, code)` is told about every answer; the code is the HTTP status or `none`.
    `refused(verb, words)` is told what the API server said where rights are missing.
    """

    def __init__(
        self, access: Access, *, timeout: float = TIMEOUT_SECONDS, observe: Observer | None = None
    ) -> None:
        self.access = access
        self._client: Any = ApiClient(access.configuration)
        self._client.rest_client = _Rest(access)
        self._client.user_agent = WRITER
        self._timeout = timeout
        self._trusted_at = -RELOAD_SECONDS
        self._closing: set[asyncio.Task[None]] = set()
        self.observe = observe or (lambda verb, code: None)
        self.refused: Observer = lambda verb, words: None

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object | KubeFailure:
        """One object."""
        return _object(await self._send("get", "GET", kind.path(namespace, name)))

    async def list(self, kind: Kind, namespace: str | None, *, limit: int = 500) -> AsyncGenerator[Page]:
        """All objects, read in pages of `limit`; raises `KubeListFailed`.

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
            items = chunk.get("items") or []
            metadata = chunk.get("metadata") or {}
            yield Page(
                metadata, [{"apiVersion": kind.api_version, "kind": kind.name, **one} for one in items]
            )
            token = metadata.get("continue")
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
        return _object(await self._send("patch", "PATCH", kind.path(namespace, name, "status"), body))

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object | KubeFailure:
        """A new object; CONFLICT when the name is taken."""
        return await self._send("create", "POST", kind.path(namespace), body)

    async def replace(
        self, kind: Kind, namespace: str | None, name: str, body: Object
    ) -> Object | KubeFailure:
        """The whole object; CONFLICT when its `metadata.resourceVersion` is no longer current."""
        return _object(await self._send("update", "PUT", kind.path(namespace, name), body))

    async def served(self, kind: Kind) -> bool | KubeFailure:
        """Whether the API server knows the kind, that is, whether its CRD is installed."""
        answer = await self._send("get", "GET", kind.root)
        if isinstance(answer, KubeFailure):
            return False if answer.code == 404 else answer
        return any(resource.get("name") == kind.plural for resource in answer.get("resources") or [])

    async def published(self, kind: Kind) -> Object | KubeFailure:
        """The schema of a kind as the API server publishes it; MISSING when it does not."""
        answer = await self._send("get", "GET", f"/openapi/v3{kind.root}")
        if isinstance(answer, KubeFailure):
            return answer
        schemas = (answer.get("components") or {}).get("schemas") or {}
        known = {"group": kind.group, "version": kind.version, "kind": kind.name}
        found = (one for one in schemas.values() if known in one.get("x-kubernetes-group-version-kind", []))
        return next(found, None) or KubeFailure(KubeFailureKind.MISSING, "no schema is published")

    async def afresh(self) -> None:
        """Close the idle connections: one that died without a word looks alive until it is used."""
        pool, self._client.rest_client.pool_manager = self._client.rest_client.pool_manager, None
        if pool is not None:
            await pool.close()

    async def aclose(self) -> None:
        """Close all connections."""
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
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
        return answer if isinstance(answer, KubeFailure) or _is_list(answer) else unreachable("no list")

    async def _send(
        self,
        verb: str,
        method: str,
        path: str,
        body: Object | None = None,
        query: Query | None = None,
    ) -> Object | KubeFailure:
        try:
            answer = await self._trusted(method, path, body, query or [])
        except asyncio.CancelledError:  # whoever asked has given up
            self.observe(verb, "none")
            raise
        self.observe(verb, str(answer.code or "none") if isinstance(answer, KubeFailure) else "2xx")
        if isinstance(answer, KubeFailure) and answer.kind is KubeFailureKind.FORBIDDEN:
            self.refused(verb, answer.detail)
        return answer

    async def _trusted(
        self, method: str, path: str, body: Object | None, query: Query
    ) -> Object | KubeFailure:
        """The answer, asked for once more after credentials or certificates were read anew."""
        if self.access.has_new_files():
            await self._trust_anew()
        answer = await self._once(method, path, body, query)
        if isinstance(answer, KubeFailure) and (answer.code == 401 or isinstance(answer, _Untrusted)):
            await self.access.reload()
            if isinstance(answer, _Untrusted):
                await self._trust_anew()
            answer = await self._once(method, path, body, query)
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
        except aiohttp.ClientSSLError as error:
            return _untrusted(error)
        except (aiohttp.ClientError, OSError) as error:
            return unreachable(f"connection failed ({type(error).__name__})")
        return _understood(response.status, content, response.headers.get("Retry-After"))

    async def _trust_anew(self) -> None:
        """New requests go over connections of the certificates of now; those under way come to their end."""
        if time.monotonic() - self._trusted_at < RELOAD_SECONDS:
            return
        self._trusted_at, old = time.monotonic(), self._client.rest_client
        try:
            self._client.rest_client = _Rest(self.access)
        except (OSError, ValueError):
            return  # half-written files: the old trust stays, the next failure tries again
        if old.pool_manager is not None:
            closing = asyncio.create_task(_closed_later(old.pool_manager, self._timeout))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

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


class _Rest(RESTClientObject):
    """The pool of the client library, with connections and trust of our own."""

    def __init__(self, access: Access) -> None:
        super().__init__(access.configuration)
        self._tls = access.ssl_context()

    def _create_connector(self) -> aiohttp.TCPConnector:
        return connector(self._tls, self.maxsize)


class _Untrusted(KubeFailure):
    """The handshake failed: perhaps the API server has a certificate of another CA by now."""


def _untrusted(error: aiohttp.ClientSSLError) -> KubeFailure:
    certificate = getattr(error, "certificate_error", None)
    why = getattr(certificate, "verify_message", None) or type(error).__name__
    text = f"the API server's certificate is not trusted ({why}): see the CA on disk, or in the kubeconfig"
    return _Untrusted(KubeFailureKind.UNREACHABLE, printable(text, LIMIT))


async def _closed_later(session: aiohttp.ClientSession, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    finally:
        await session.close()


def _object(answer: Object | KubeFailure) -> Object | KubeFailure:
    """What has no metadata is no object, whoever says it."""
    if isinstance(answer, KubeFailure) or isinstance(answer.get("metadata"), dict):
        return answer
    return unreachable("an answer that is not an object of Kubernetes")


def _is_list(answer: Object) -> bool:
    """Whether it has objects, perhaps none: words of something in front are no empty list."""
    items = answer.get("items", "")
    return items is None or (isinstance(items, list) and all(isinstance(one, dict) for one in items))


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
    access = await load_access(kubeconfig, context)
    try:
        return KubeApi(access, observe=observe)
    except OSError as error:  # ssl's own are of its kind
        raise ConnectError(
            f"the certificates for {access.server} cannot be used ({error.strerror}): check "
            "certificate-authority, client-certificate and client-key with `kubectl config view`"
        ) from None
