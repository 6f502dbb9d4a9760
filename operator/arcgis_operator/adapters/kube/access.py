"""Where the API server is and how we prove who we are: shared by `KubeApi` and the informer's sessions.

Tokens rotate: a service-account token is read again each minute by the client library; everything is loaded
again after a 401 and after a handshake that failed, certificates also when their files change: the CA of a
cluster is replaced while we run. Environment proxies and ~/.netrc are not read, but a kubeconfig's
`proxy-url` is.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes.aio.config.incluster_config import SERVICE_HOST_ENV_NAME, SERVICE_TOKEN_FILENAME

from arcgis_operator.adapters.kube.connector import staying

CONNECTIONS = 32
RELOAD_SECONDS = 1.0

RELOADED = ("api_key", "refresh_api_key_hook", "ssl_ca_cert", "ca_cert_data", "cert_file", "key_file")

Loader = Callable[[], Awaitable[Configuration]]


class ConnectError(Exception):
    """No usable configuration; the text says what to do and holds no credentials."""


class Access:
    """One way to the API server. Belongs to one event loop."""

    def __init__(self, configuration: Configuration, load: Loader) -> None:
        self.configuration = configuration
        self._load = load
        self._loaded_at = time.monotonic()
        self._stamps = self._now_on_disk()
        self._lock = asyncio.Lock()

    @property
    def server(self) -> str:
        """`https://host:port`."""
        return str(self.configuration.host)

    async def authorization(self) -> str | None:
        """The value of the `Authorization` header, None when a client certificate is the proof."""
        value = await self.configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        return str(value).strip() if value else None

    async def reload(self) -> None:
        """Read everything again after a 401 or a failed handshake; many callers at once cause one reading.

        Sessions keep the certificates they were opened with: open new ones.
        """
        async with self._lock:
            if time.monotonic() - self._loaded_at < RELOAD_SECONDS:
                return
            try:
                fresh = await self._load()
            except ConnectError:
                return  # half-written files: the old token stays, the next 401 tries again
            finally:
                self._loaded_at = time.monotonic()
            for what in RELOADED:
                setattr(self.configuration, what, getattr(fresh, what))

    def has_new_files(self) -> bool:
        """Whether certificates on disk are others than when `ssl_context` was last made."""
        return self._now_on_disk() != self._stamps

    def _now_on_disk(self) -> list[tuple[int, int]]:
        conf = self.configuration
        return [_stamp(path) for path in (conf.ssl_ca_cert, conf.cert_file, conf.key_file) if path]

    def ssl_context(self) -> ssl.SSLContext | Literal[True]:
        """The TLS settings, with the certificates as they are now.

        What Python 3.13 demands beyond RFC 5280's must (key usage, authority key identifier) is not asked
        for: the CAs of many clusters have neither, and kubectl and Go take them.
        """
        conf = self.configuration
        self._stamps = self._now_on_disk()
        if not self.server.startswith("https"):
            return True
        context = ssl.create_default_context(cafile=conf.ssl_ca_cert, cadata=conf.ca_cert_data)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if conf.cert_file:
            context.load_cert_chain(conf.cert_file, conf.key_file)
        if not conf.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


async def load_access(kubeconfig: str | None = None, context: str | None = None) -> Access:
    """The named kubeconfig, else the pod's service account, else KUBECONFIG, else ~/.kube/config.

    Raises `ConnectError`. Does not talk to the API server.
    """
    loader = _loader(kubeconfig, context)
    return Access(await loader(), loader)


def _loader(kubeconfig: str | None, context: str | None) -> Loader:
    if not kubeconfig and not context and _in_cluster():
        return _from_service_account
    path = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    return lambda: _from_kubeconfig(path, context)


def _in_cluster() -> bool:
    return bool(os.environ.get(SERVICE_HOST_ENV_NAME)) and Path(SERVICE_TOKEN_FILENAME).is_file()


async def _from_service_account() -> Configuration:
    configuration = _blank()
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise ConnectError(
            f"the pod's service account cannot be read ({type(error).__name__}): mount its token and CA at"
            " /var/run/secrets/kubernetes.io/serviceaccount, or give --kubeconfig"
        ) from None
    return configuration


async def _from_kubeconfig(path: str, context: str | None) -> Configuration:
    if not _exists(path):
        raise ConnectError(f"no kubeconfig at {path}: give its path with --kubeconfig or KUBECONFIG")
    configuration = _blank()
    try:
        await load_kube_config(  # type: ignore[no-untyped-call]
            config_file=path, context=context, client_configuration=configuration, persist_config=False
        )
    except ConfigException as error:
        raise ConnectError(_kubeconfig_advice(path, context, str(error))) from None
    except Exception as error:  # a broken file breaks the loader in any way, and the text may hold a token
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConnectError(
            f"the kubeconfig {path} cannot be read ({reason or type(error).__name__}): "
            "check it with `kubectl config view`"
        ) from None
    if not str(configuration.host).startswith(("https://", "http://")):
        raise ConnectError(f"the kubeconfig {path} has no server: check it with `kubectl config view`")
    return configuration


def _exists(path: str) -> bool:
    return any(Path(part).expanduser().is_file() for part in path.split(os.pathsep) if part)


def _kubeconfig_advice(path: str, context: str | None, error: str) -> str:
    wanted = f"the context {context!r}" if context else "its current context"
    if "contexts" in error or "current-context" in error:
        return f"the kubeconfig {path} lacks {wanted}: see `kubectl config get-contexts`"
    missing = error.removeprefix("File does not exists: ")
    if missing != error:
        return f"the kubeconfig {path} refers to {missing}, which does not exist: mount or correct it"
    return f"the kubeconfig {path} cannot be used with {wanted}: check it with `kubectl config view`"


def _blank() -> Configuration:
    session = {"trust_env": False, "middlewares": (staying,)}
    return Configuration(connection_pool_maxsize=CONNECTIONS, client_session_kwargs=session)
