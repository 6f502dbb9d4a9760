"""All sessions: who may use which site, with which credentials and which trust."""

import base64
import binascii
import math
import time
from collections.abc import Callable, Mapping, Set

from arcgis_operator.adapters.admin import (
    Credentials,
    Redactor,
    Timeouts,
    Trust,
    system_roots,
    trust_in,
)
from arcgis_operator.adapters.kube.api import KubeApi, is_leaving
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import ARCGIS_SITES, CONFIGMAPS, NAMESPACES, SECRETS
from arcgis_operator.core import sentences
from arcgis_operator.core.access import allowed, refusal
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.likely import May
from arcgis_operator.core.model import Aim, SiteRef, SiteWanted, SpecInvalid
from arcgis_operator.core.verdict import Reason
from arcgis_operator.sites.link import Account
from arcgis_operator.sites.livesite import LiveSite
from arcgis_operator.sites.loginnotes import LoginNotes
from arcgis_operator.sites.session import Patience, SiteSession
from arcgis_operator.sites.specs import Specs
from arcgis_operator.telemetry.happenings import Tell

UNREAD_SECONDS = 1.0  # between two tries at labels that could not be read: thousands may ask for them


class Sessions:
    """One session for each ArcGISSite that somebody uses.

    `wake` asks for a turn of a service's key; `turned` is told whose breaker has opened or closed.
    """

    def __init__(
        self,
        api: KubeApi,
        specs: Specs,
        clock: Callable[[], float],
        wake: Callable[[str], None],
        turned: Callable[[Name], None],
        tell: Tell,
        timeouts: Timeouts,
        presumed_seconds: float,
        settle_seconds: float,
        longest_pause: float,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._specs, self._clock, self._tell = api, specs, clock, tell
        self._wake, self._turned = wake, turned
        self._notes = LoginNotes(api, specs, tell, clock, wall)
        self._patience = Patience(timeouts, presumed_seconds, settle_seconds, longest_pause)
        self._live: dict[tuple[object, ...], LiveSite] = {}
        self._redactors: dict[Name, Redactor] = {}
        self._sessions: dict[Name, SiteSession] = {}
        self._identity: dict[Name, tuple[object, ...]] = {}
        self._labels: dict[str, tuple[float, Mapping[str, str] | Failure]] = {}
        self._refused: dict[Name, set[tuple[str, str]]] = {}

    async def resolve(self, aim: Aim, namespace: str, within: float) -> SiteSession | Hold:
        """The session for a resource of this namespace, or why it gets none.

        Labels of the namespace that were read so many seconds ago will do.
        """
        name = aim.site.resource
        wanted = self._specs.of(name)
        if wanted is None:
            return await self._unlisted(name)
        if isinstance(wanted, SpecInvalid):
            return _unknown(sentences.site_invalid(str(name), wanted.text))
        refused = self._refused.setdefault(name, set())
        who = (namespace, aim.service.title)
        labels = await self._labels_for(wanted, namespace, within)
        if self._specs.of(name) != wanted:  # it moved meanwhile, or has other rules
            return await self.resolve(aim, namespace, within)
        known = None if isinstance(labels, Failure) else labels
        may = allowed(wanted.access, name.namespace, namespace, known, aim.service.folder)
        if may is None and isinstance(labels, Failure):
            return Hold(Reason.ACCESS_UNKNOWN, labels.detail)
        if not may:
            refused.add(who)
            text = f"ArcGISSite {name} does not allow namespace {namespace} to manage {aim.service.title}."
            why = refusal(wanted.access, name.namespace, namespace, known, aim.service.folder)
            return Hold(Reason.SITE_NOT_ALLOWED, f"{text} {why}")
        refused.discard(who)
        return await self.session(name, wanted)

    def may(self, aim: Aim, namespace: str) -> May:
        """Which folders a resource of this namespace may manage, by what is known at this moment."""
        name = aim.site.resource
        wanted = self._specs.of(name)
        _, read = self._labels.get(namespace, (0.0, {}))
        labels = read if isinstance(read, Mapping) else None
        rules = wanted.access if isinstance(wanted, SiteWanted) else ()
        return lambda folder: allowed(rules, name.namespace, namespace, labels, folder) is True

    async def _unlisted(self, name: Name) -> Hold:
        """Only the API server says that there is no such site: its namespace may be unlisted."""
        body = await self._api.get(ARCGIS_SITES, name.namespace, name.name)
        if isinstance(body, dict):
            missing, why = is_leaving(body), "no list has shown it yet"
        else:
            missing, why = body.kind is KubeFailureKind.MISSING, body.detail
        if missing:
            return Hold(Reason.SITE_NOT_FOUND, sentences.site_not_found(str(name)))
        return _unknown(f"ArcGISSite {name} cannot be read ({why}).")

    async def session(self, name: Name, wanted: SiteWanted) -> SiteSession:
        """The session of a site; a changed address, Secret or CA makes a new one.

        What must not be shown outlives it: the site may still echo what the last session used.
        """
        identity = (wanted.url, wanted.secret, wanted.ca, wanted.proxy)
        before = self._sessions.get(name)
        if before and self._identity[name] == identity:
            before.adjust(wanted)
            return before
        session = self._sessions[name] = SiteSession(
            wanted,
            self._account(name, wanted),
            lambda trust: self._live_at(wanted, trust),
            lambda: self._turned(name),
            self._clock,
            self._wake,
            self._tell,
            self._patience,
        )
        self._identity[name] = identity
        if before:
            await before.aclose()
        return session

    def _account(self, name: Name, wanted: SiteWanted) -> Account:
        return Account(
            lambda: self._credentials(name, wanted.secret),
            lambda: self._trust(name, wanted.ca),
            self._redactors.setdefault(name, Redactor()),
            self._notes.at(wanted.url),
            lambda note: self._notes.remember(name, note),
        )

    def _live_at(self, wanted: SiteWanted, trust: Trust) -> LiveSite:
        """By another proxy, or trusted by other authorities, an address may be another machine."""
        way = (wanted.url, wanted.proxy, trust.digest)
        self._live = {one: live for one, live in self._live.items() if live.views}
        live = LiveSite(self._clock, self._wake, self._patience.longest_pause)
        return self._live.setdefault(way, live)

    def at(self, site: SiteRef, url: str) -> SiteSession | None:
        """The session of this ArcGISSite if that is at this URL; the account of another one will not do."""
        session = self._sessions.get(site.resource)
        return session if session and session.url == url else None

    def begin(self) -> None:
        """A term of the lease begins: another may have led meanwhile."""
        self._notes.begin()
        for session in self._sessions.values():
            session.begin()

    def left(self, key: str) -> None:
        """No site keeps a job slot for this service: it may have taken one through another ArcGISSite."""
        for session in self._sessions.values():
            session.left(key)

    def all(self) -> Mapping[Name, SiteSession]:
        """The open sessions."""
        return self._sessions

    def refused(self, site: Name, declared: Set[tuple[str, str]]) -> int:
        """How many of the services that are declared now were refused by the site's access rules."""
        refused = self._refused.get(site, set())
        refused &= declared
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

    async def _labels_for(
        self, wanted: SiteWanted, namespace: str, within: float
    ) -> Mapping[str, str] | Failure:
        """The namespace's labels where a rule asks for them; that they were not read is soon forgotten."""
        if all(rule.origin != "Selector" for rule in wanted.access):
            return {}
        read_at, labels = self._labels.get(namespace, (-math.inf, {}))
        if self._clock() - read_at < (within if isinstance(labels, Mapping) else UNREAD_SECONDS):
            return labels
        self._labels[namespace] = (self._clock(), await self._read_labels(namespace))
        return self._labels[namespace][1]

    async def _read_labels(self, namespace: str) -> Mapping[str, str] | Failure:
        body = await self._api.get(NAMESPACES, None, namespace)
        if isinstance(body, KubeFailure):
            return Failure(Kind.NOT_SENT, sentences.labels_unread(namespace, body.detail))
        labels: Mapping[str, str] = body["metadata"].get("labels") or {}
        return labels

    async def _credentials(self, site: Name, secret: str) -> Credentials | Failure:
        await self._notes.recall()
        body = await self._api.get(SECRETS, site.namespace, secret)
        if isinstance(body, KubeFailure):
            return _unreadable(f"Secret {site.namespace}/{secret}", body)
        username, password = (_decoded(body, key) for key in ("username", "password"))
        named = f"Secret {site.namespace}/{secret}"
        if username and password:
            metadata = body.get("metadata") or {}
            version = f"{metadata.get('uid', '')}/{metadata.get('resourceVersion', '')}"
            return Credentials(username, password, named, version)
        missing = " and ".join(
            key for key, text in (("username", username), ("password", password)) if not text
        )
        text = f"{named} needs a text under the keys username and password; it has none under {missing}."
        return Failure(Kind.NO_CREDENTIALS, text)

    async def _trust(self, site: Name, ca: tuple[str, str, str] | None) -> Trust | Failure:
        if ca is None:
            return system_roots()
        kind, name, key = ca
        body = await self._api.get(SECRETS if kind == "Secret" else CONFIGMAPS, site.namespace, name)
        if isinstance(body, KubeFailure):
            return _unreadable(f"{kind} {site.namespace}/{name}", body)
        bundle, source = _bundle(body, kind, key), f"{kind} {site.namespace}/{name}"
        if bundle is None:
            keys = sorted({*(body.get("data") or {}), *(body.get("binaryData") or {})})
            listed = f"it has {', '.join(keys)[:100]}" if keys else "it is empty"
            text = f"{source} has no key {key}: {listed}. Fix spec.tls.caCertificateRef.key."
            return Failure(Kind.NO_CREDENTIALS, text)
        trust = trust_in(bundle, f"{source}, key {key}")
        if isinstance(trust, Trust):
            return trust
        text = f"Key {key} of {source} {trust}. Put the certificates of the site's CA there, as PEM."
        return Failure(Kind.NO_CREDENTIALS, text)


def _unknown(what: str) -> Hold:
    """A site that cannot be read refuses nobody: whoever speaks for a service goes on to speak for it."""
    return Hold(Reason.ACCESS_UNKNOWN, sentences.nothing_sent(what))


def _bundle(body: Mapping[str, Json], kind: str, key: str) -> bytes | None:
    """The bytes under a key; None when there is no such key."""
    data, binary = body.get("data") or {}, body.get("binaryData") or {}
    if kind == "ConfigMap" and key in data:
        return str(data[key]).encode()
    text = data.get(key) if kind == "Secret" else binary.get(key)
    return None if text is None else _decoded_bytes(text)


def _unreadable(what: str, failure: KubeFailure) -> Failure:
    why = _UNREAD.get(failure.kind, f"cannot be read: {failure.detail.rstrip('. ')}.")
    return Failure(Kind.NO_CREDENTIALS, f"{what} {why}")


_UNREAD: Mapping[KubeFailureKind, str] = {
    KubeFailureKind.MISSING: "does not exist. Create it, or fix the reference in the ArcGISSite.",
    KubeFailureKind.FORBIDDEN: "must not be read by the operator's account. Grant it the role "
    "manifests/components/site-access in that namespace.",
}


def _decoded(body: Mapping[str, Json], key: str) -> str | None:
    try:
        return _decoded_bytes((body.get("data") or {}).get(key, "")).decode()
    except UnicodeDecodeError:
        return None


def _decoded_bytes(text: Json) -> bytes:
    """The API server takes nothing but base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return b""
