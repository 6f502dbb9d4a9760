"""All sessions: who may use which site, with which credentials and which trust."""

import base64
import binascii
import contextlib
import functools
import ssl
from collections.abc import Callable, Mapping

from arcgis_operator.adapters.admin import Credentials, Redactor, Timeouts
from arcgis_operator.adapters.kube.api import KubeApi
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.kinds import CONFIGMAPS, NAMESPACES, SECRETS
from arcgis_operator.controller.registry import Registry
from arcgis_operator.controller.session import SiteSession
from arcgis_operator.core.access import allowed
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import Desired, SiteWanted, SpecInvalid
from arcgis_operator.core.verdict import Reason
from arcgis_operator.reconcilers.ports import Name
from arcgis_operator.telemetry.metrics import Metrics

LABELS_SECONDS = 30.0


class Sessions:
    """Implements `reconcilers.ports.Sites`: one session for each ArcGISSite that somebody uses."""

    def __init__(
        self,
        api: KubeApi,
        registry: Registry,
        clock: Callable[[], float],
        wake: Callable[[str], None],
        metrics: Metrics,
        timeouts: Timeouts,
        presumed_seconds: float,
        longest_pause: float,
    ) -> None:
        self._api, self._registry, self._clock, self._wake = api, registry, clock, wake
        self._metrics, self._timeouts = metrics, timeouts
        self._presumed_seconds, self._longest_pause = presumed_seconds, longest_pause
        self._redactors: dict[Name, Redactor] = {}
        self._sessions: dict[Name, SiteSession] = {}
        self._identity: dict[Name, tuple[object, ...]] = {}
        self._labels: dict[str, tuple[float, Mapping[str, str] | None]] = {}
        self._refused: dict[Name, set[tuple[str, str]]] = {}

    async def resolve(self, desired: Desired, namespace: str) -> SiteSession | Hold:
        """The session for a resource of this namespace, or why it gets none."""
        name = Name(desired.site.namespace, desired.site.name)
        wanted = self._registry.site(name)
        if wanted is None:
            return Hold(Reason.SITE_NOT_FOUND, f"There is no ArcGISSite {name}. Create it, or mend siteRef.")
        if isinstance(wanted, SpecInvalid):
            return Hold(Reason.SITE_NOT_FOUND, f"ArcGISSite {name} is invalid: {' '.join(wanted.problems)}")
        refused = self._refused.setdefault(name, set())
        who = (namespace, desired.service.title)
        may = await self._may_use(wanted, name, namespace, desired.service.folder)
        if self._registry.site(name) != wanted:  # it moved meanwhile, or has other rules
            return await self.resolve(desired, namespace)
        if not may:
            refused.add(who)
            text = (
                f"ArcGISSite {name} does not allow namespace {namespace} to manage {desired.service.title}."
            )
            return Hold(Reason.SITE_NOT_ALLOWED, f"{text} Its owner decides with spec.access.")
        refused.discard(who)
        return await self.session(name, wanted)

    async def session(self, name: Name, wanted: SiteWanted) -> SiteSession:
        """The session of a site; a changed address, Secret or CA makes a new one.

        What must not be shown outlives it: the site may still echo what the last session used.
        """
        identity = (wanted.url, wanted.secret, wanted.ca)
        before = self._sessions.get(name)
        if before and self._identity[name] == identity:
            before.adjust(wanted)
            return before
        session = self._sessions[name] = SiteSession(
            wanted,
            lambda: self._credentials(name, wanted.secret),
            lambda: self._trust(name, wanted.ca),
            self._redactors.setdefault(name, Redactor()),
            self._clock,
            self._wake,
            self._metrics,
            self._timeouts,
            self._presumed_seconds,
            self._longest_pause,
        )
        self._identity[name] = identity
        if before:
            await before.aclose()
        return session

    def at(self, url: str) -> SiteSession | None:
        """The session with the site at this URL, None when there is none."""
        return next((session for session in self._sessions.values() if session.url == url), None)

    def begin(self) -> None:
        """A term of the lease begins: another may have led meanwhile."""
        for session in self._sessions.values():
            session.begin()

    def left(self, key: str) -> None:
        """No site keeps a job slot for this service: it may have taken one through another ArcGISSite."""
        for session in self._sessions.values():
            if session.keeps(key):
                session.occupy(key, busy=False)

    def all(self) -> Mapping[Name, SiteSession]:
        """The open sessions."""
        return self._sessions

    def refused(self, site: Name) -> int:
        """How many of the services that are declared now were refused by the site's access rules."""
        refused = self._refused.get(site, set())
        refused &= self._registry.declared(site)
        return len(refused)

    async def close(self, name: Name) -> None:
        """End a session."""
        session = self._sessions.pop(name, None)
        if session:
            await session.aclose()

    async def aclose(self) -> None:
        """End all sessions."""
        for name in list(self._sessions):
            await self.close(name)

    async def _may_use(self, wanted: SiteWanted, site: Name, namespace: str, folder: str) -> bool:
        labels: Mapping[str, str] | None = None
        if any(rule.origin == "Selector" for rule in wanted.access):
            labels = await self._labels_of(namespace)
        return allowed(wanted.access, site.namespace, namespace, labels, folder)

    async def _labels_of(self, namespace: str) -> Mapping[str, str] | None:
        """The namespace's labels, None when they cannot be read; either is remembered for half a minute."""
        known = self._labels.get(namespace)
        if known and self._clock() - known[0] < LABELS_SECONDS:
            return known[1]
        body = await self._api.get(NAMESPACES, None, namespace)
        labels = None if isinstance(body, KubeFailure) else body["metadata"].get("labels") or {}
        self._labels[namespace] = (self._clock(), labels)
        return labels

    async def _credentials(self, site: Name, secret: str) -> Credentials | Failure:
        body = await self._api.get(SECRETS, site.namespace, secret)
        if isinstance(body, KubeFailure):
            return _unreadable(f"Secret {site.namespace}/{secret}", body)
        values = [_decoded(body, key) for key in ("username", "password")]
        if values[0] and values[1]:
            return Credentials(values[0], values[1])
        return Failure(
            Kind.NO_CREDENTIALS, f"Secret {site.namespace}/{secret} needs the keys username and password."
        )

    async def _trust(self, site: Name, ca: tuple[str, str, str] | None) -> ssl.SSLContext | Failure:
        if ca is None:
            return _system_roots()
        kind, name, key = ca
        body = await self._api.get(SECRETS if kind == "Secret" else CONFIGMAPS, site.namespace, name)
        if isinstance(body, KubeFailure):
            return _unreadable(f"{kind} {site.namespace}/{name}", body)
        bundle = _decoded(body, key) if kind == "Secret" else (body.get("data") or {}).get(key)
        if bundle:  # an empty text would mean the roots of the system; only comments hold other letters
            with contextlib.suppress(ssl.SSLError, ValueError):
                return ssl.create_default_context(cadata=bundle.encode("ascii", "replace").decode())
        text = f"{kind} {site.namespace}/{name} holds no PEM certificates under {key}."
        return Failure(Kind.NO_CREDENTIALS, text)


@functools.cache
def _system_roots() -> ssl.SSLContext:
    """Read once: they are so many that all else would stand still whenever a site that is away is tried."""
    return ssl.create_default_context()


def _unreadable(what: str, failure: KubeFailure) -> Failure:
    return Failure(Kind.NO_CREDENTIALS, f"{what} cannot be read ({failure.kind.value}).")


def _decoded(body: Mapping[str, Json], key: str) -> str | None:
    try:
        return base64.b64decode((body.get("data") or {}).get(key, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return None
