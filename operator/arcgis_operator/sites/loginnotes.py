"""What a restart must know of logins: noted in the status of the ArcGISSite that tries them.

Nothing that could lock an account is tried on the strength of what was not stored.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from arcgis_operator.adapters.admin import WINDOW_SECONDS, Accounts, Logins
from arcgis_operator.adapters.kube.api import KubeApi, Object
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import ARCGIS_SITES
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.logins import LoginNote, parse_login, render_login
from arcgis_operator.sites.specs import Specs
from arcgis_operator.telemetry.happenings import StatusWritten, Tell
from arcgis_operator.telemetry.logs import fields

log = logging.getLogger(__name__)

AGAIN = 4  # writes of a note onto an object that moves under our hands


class LoginNotes:
    """The logins of all addresses. `clock` is monotonic, `wall` in epoch seconds."""

    def __init__(
        self,
        api: KubeApi,
        specs: Specs,
        tell: Tell,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._api, self._specs, self._tell = api, specs, tell
        self._clock, self._wall = clock, wall
        self._accounts = Accounts(clock, wall)
        self._logins: dict[str, Logins] = {}
        self._unstored: dict[Name, str] = {}
        self.begin()

    def begin(self) -> None:
        """A term begins: another may have led meanwhile."""
        self._recalled: set[Name] = set()
        self._reading: dict[Name, asyncio.Task[bool]] = {}
        self._began = self._clock()

    def at(self, url: str) -> Logins:
        """Those of one address."""
        return self._logins.setdefault(url, Logins(self._clock, self._wall, self._accounts, url))

    async def recall(self) -> None:
        """Before a login: what the ArcGISSites say of those before, each read once in a term.

        One that cannot be read stops nobody, but little is tried until what it may say is over.
        """
        left = [(name, wanted.url) for name, wanted in self._specs.valid() if name not in self._recalled]
        read = await asyncio.gather(*(self._once(name, url) for name, url in left))
        self._accounts.untold_until = -math.inf if all(read) else self._began + WINDOW_SECONDS

    def _once(self, name: Name, url: str) -> Awaitable[bool]:
        """Whether it could be read; who comes meanwhile waits for the same answer."""
        reading = self._reading
        if name not in reading:
            reading[name] = asyncio.create_task(self._read(name, url, self._recalled))
            reading[name].add_done_callback(lambda _: reading.pop(name))
        return asyncio.shield(reading[name])

    async def _read(self, name: Name, url: str, recalled: set[Name]) -> bool:
        body = await self._api.get(ARCGIS_SITES, name.namespace, name.name)
        if isinstance(body, KubeFailure) and body.kind is not KubeFailureKind.MISSING:
            return False
        note = None if isinstance(body, KubeFailure) else parse_login(body.get("status") or {})
        if note:
            self.at(url).recall(note)
        recalled.add(name)
        return True

    async def remember(self, name: Name, note: LoginNote | None) -> Failure | None:
        """Store it at once, or why that failed: the turn of the ArcGISSite writes the rest of its status."""
        failure: KubeFailure | None = KubeFailure(KubeFailureKind.CONFLICT, "the object moves all the time")
        for _ in range(AGAIN):
            failure = await self._write(name, render_login(note) if note else None)
            if failure is None or failure.kind is not KubeFailureKind.CONFLICT:
                break
        if failure:
            return self._say(name, failure)
        self._unstored.pop(name, None)
        return None

    async def _write(self, name: Name, login: dict[str, Json] | None) -> KubeFailure | None:
        body = await self._api.get(ARCGIS_SITES, name.namespace, name.name)
        if isinstance(body, KubeFailure) or _login(body) == login:
            return body if isinstance(body, KubeFailure) else None
        version, patch = body["metadata"]["resourceVersion"], {"status": {"login": login}}
        stored = await self._api.patch_status(ARCGIS_SITES, name.namespace, name.name, version, patch)
        self._tell(StatusWritten(stored.kind.value if isinstance(stored, KubeFailure) else "Written"))
        if isinstance(stored, KubeFailure):
            return stored
        text = "status.login is not stored as sent: is the CRD of an older version?"
        return None if _login(stored) == login else KubeFailure(KubeFailureKind.NOT_KEPT, text, 200)

    def _say(self, name: Name, failure: KubeFailure) -> Failure:
        """In the log once for each reason."""
        if self._unstored.get(name) != failure.kind:
            self._unstored[name] = failure.kind
            log.warning("login not noted", extra=fields(site=name, reason=failure.detail))
        text = (
            f"No login is tried: it cannot be noted in the status of ArcGISSite {name} ({failure.kind}), "
            "and after a restart it would be repeated."
        )
        return Failure(Kind.NO_CREDENTIALS, text)


def _login(body: Object) -> Json:
    return (body.get("status") or {}).get("login")
