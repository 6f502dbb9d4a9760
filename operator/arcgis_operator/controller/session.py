"""One live session with a site: its client, request budget, breaker, job index and job slots."""

import asyncio
import math
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from arcgis_operator.adapters.admin import (
    ENDED,
    AdminClient,
    CredentialSource,
    Hooks,
    Redactor,
    SiteInfo,
    SiteMode,
    Timeouts,
)
from arcgis_operator.controller.folders import Folders
from arcgis_operator.controller.jobindex import JobIndex
from arcgis_operator.controller.limits import Breaker, Budget
from arcgis_operator.controller.slots import Slots
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.verdict import Reason
from arcgis_operator.reconcilers.ports import Guard, JobsOn
from arcgis_operator.telemetry.metrics import Metrics

MODE_SECONDS = 5.0  # between two questions whether read-only mode is over
SCOUTS = 2  # jobs that are looked at often while nobody knows how long one takes
SPARE_SECONDS = 1.0  # between two looks whether the site is left alone for now
WHOLE_SITE = frozenset(("root", "mode", "token", "jobs"))  # a pause asked for here is meant for all
SUSPENDED = Hold(Reason.SUSPENDED, "The site is suspended: nothing is read from it or sent to it.")
TRUST_AGAIN = 3  # failures in a row after which the CA bundle is read anew


class SiteSession:
    """Implements `reconcilers.ports.Site`. `trust` reads the CA bundle; `wake` asks for a turn of a key."""

    def __init__(
        self,
        wanted: SiteWanted,
        credentials: CredentialSource,
        trust: Callable[[], Awaitable[ssl.SSLContext | Failure]],
        redactor: Redactor,
        clock: Callable[[], float],
        wake: Callable[[str], None],
        metrics: Metrics,
        timeouts: Timeouts,
        presumed_seconds: float,
        longest_pause: float,
    ) -> None:
        self._wanted = wanted
        self._credentials, self._trust, self._redactor = credentials, trust, redactor
        self._clock, self._wake, self._metrics, self._timeouts = clock, wake, metrics, timeouts
        self._client: AdminClient | None = None
        self._retired: AdminClient | None = None
        self._budget = Budget(wanted.requests_per_second, clock)
        self._breaker = Breaker(clock, longest_pause=longest_pause)
        self._index = JobIndex(self._job_ids, self._read_job, clock, presumed_seconds, self._spare)
        self._folders = Folders(self._folder, self.document)
        self._version = ""
        self._slots = Slots(clock, wake, self._room)
        self._unreachable_in_a_row = 0
        self._read_only = ""
        self._mode_at = clock()
        self._opened_by = ""
        self._longest_pause = longest_pause
        self._later_until, self._later = clock(), ""
        self._ended = ""

    @property
    def url(self) -> str:
        """Normalised."""
        return self._wanted.url

    @property
    def username(self) -> str:
        """Who we are there, empty until a token was made."""
        return self._client.username if self._client else ""

    @property
    def circuit_open(self) -> bool:
        """The site failed so often that it is asked rarely."""
        return self._breaker.open

    @property
    def jobs_in_flight(self) -> int:
        """Services with an open operation."""
        return len(self._slots.holders())

    def paid_for(self) -> float:
        """Seconds since the request budget was last overdrawn; below zero while turns wait for it."""
        return self._budget.paid_for()

    def adjust(self, wanted: SiteWanted) -> None:
        """Take over limits and suspension of a changed spec (another URL makes another session)."""
        self._wanted = wanted
        self._budget.per_second = wanted.requests_per_second

    def gate(self) -> Hold | None:
        """Why the site is not even read now."""
        if self._wanted.suspend:
            return SUSPENDED
        if self._asked_to_wait:
            return Hold(Reason.SITE_BUSY, f"The site asks to be asked later: {self._later}")
        if not self._breaker.let_through():
            text = f"The site failed several times in a row and is asked rarely now: {self._opened_by}"
            return Hold(Reason.CIRCUIT_OPEN, text)
        return None

    def sending(self, key: str) -> Hold | None:
        """Why nothing may be sent for this service now."""
        if self._wanted.suspend:
            return SUSPENDED
        if self._read_only:
            return Hold(Reason.SITE_READ_ONLY, self._read_only)
        taken = self._taken_for(key)
        if _service(key) not in taken and len(taken) >= self._wanted.max_jobs:
            return Hold(Reason.QUEUED, f"All {self._wanted.max_jobs} job slots of the site are taken.")
        return None

    def occupy(self, key: str, busy: bool) -> None:
        """Take or free the service's job slot; a free one is kept for the first in line."""
        self._slots.occupy(key, busy)

    def begin(self) -> None:
        """A term of the lease begins."""
        self._slots.clear()

    def keeps(self, key: str) -> bool:
        """Whether the service has a slot here, or a place in the line for one."""
        return self._slots.knows(key)

    def call_when_free(self, key: str) -> bool:
        """Wake the service when a job slot becomes free. The first in line (True) also looks by itself."""
        return self._slots.wait(key)

    def _taken_for(self, key: str) -> set[str]:
        return self._index.running(self.username).union(map(_service, self._slots.taken_for(key)))

    def _room(self) -> int:
        return self._wanted.max_jobs - len(self._taken_for(""))

    async def pace(self) -> None:
        """Wait until the site's request budget allows another turn."""
        await self._budget.wait()
        if self._unreachable_in_a_row >= TRUST_AGAIN:
            self._unreachable_in_a_row = 0
            await self._trust_anew()
        if self._read_only and self._clock() - self._mode_at >= MODE_SECONDS:
            await self._ask_mode()

    @property
    def _asked_to_wait(self) -> bool:
        return self._clock() < self._later_until

    async def _spare(self) -> None:
        """Wait for a moment in which the site may be asked for what has time."""
        while self._wanted.suspend or self._breaker.open or self._asked_to_wait:  # noqa: ASYNC110 - time ends some
            await asyncio.sleep(SPARE_SECONDS)
        await self._budget.wait()

    async def job(self, job_id: str) -> Job | Failure:
        """One job, read now; MISSING as well where the site fails to show what it does not list either."""
        job = await self._read_job(job_id)
        if isinstance(job, Failure) and await self._index.is_gone(job_id, job):
            return replace(job, kind=Kind.MISSING)
        return job

    async def _read_job(self, job_id: str) -> Job | Failure:
        client = await self._connected()
        job = client if isinstance(client, Failure) else await client.job(job_id)
        if isinstance(job, Job):
            known = self._index.usual_seconds()
            self._index.noted(job)
            if self._index.usual_seconds() and not known:
                for waiting in self._slots.holders():
                    self._wake(waiting)
        return job

    async def jobs_on(self, service_key: str, within: float) -> JobsOn:
        """The jobs on a service. The first in line for a slot learns which others still take one."""
        if list(map(_service, self._slots.waiting()[:1])) == [service_key]:
            followed = set(map(_service, self._slots.holders()))
            await self._index.look_at_running(self.username, followed)
        return await self._index.on(service_key, within)

    def usual_job_seconds(self, key: str) -> float:
        """What short edits of late took; 0 when that is not known, infinity where others tell of it."""
        usual = self._index.usual_seconds()
        return usual if usual or key in self._slots.holders()[:SCOUTS] else math.inf

    async def document(self, ref: ServiceRef) -> Mapping[str, Json] | Failure:
        """The service document, read now."""
        client = await self._connected()
        return client if isinstance(client, Failure) else await client.service(ref)

    async def folder(
        self, name: str, refs: Sequence[ServiceRef]
    ) -> Mapping[str, Mapping[str, Json]] | Failure | None:
        """The documents of many services of a folder, None where they have to be read one by one."""
        return await self._folders.documents(name, refs)

    async def edit(self, ref: ServiceRef, document: Mapping[str, Json], guard: Guard) -> Fact:
        """Submit an asynchronous edit."""
        client = await self._connected()
        if isinstance(client, Failure):
            return Failure(Kind.NOT_SENT, client.detail)
        fact = await client.edit(ref, document, lambda: self._ended or guard())
        if isinstance(fact, Failure) and fact.code is not None:
            await self._refused(fact)
        if isinstance(fact, Accepted):
            self._index.noted(self._ours(ref, fact))
        self._metrics.edits.labels("edit", _outcome(fact)).inc()
        return fact

    async def root(self) -> SiteInfo | Failure:
        """What the site is."""
        client = await self._connected()
        info = client if isinstance(client, Failure) else await client.root()
        if isinstance(info, SiteInfo):
            if self._version not in ("", info.version):
                self._folders.forget()
            self._version = info.version
        return info

    async def mode(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""
        client = await self._connected()
        mode = client if isinstance(client, Failure) else await client.mode()
        self._mode_at = self._clock()
        if isinstance(mode, SiteMode):
            self._set_read_only(mode)
        return mode

    async def aclose(self) -> None:
        """Close all connections; who still holds the session is told, and opens none again."""
        self._ended = ENDED
        self._index.close()
        clients, self._client, self._retired = (self._client, self._retired), None, None
        for client in clients:
            if client:
                await client.aclose()

    async def _refused(self, failure: Failure) -> None:
        """Ask why: what the site says in read-only mode are its administrator's own words."""
        if failure.read_only:
            self._read_only = failure.detail
        await self.mode()

    async def _ask_mode(self) -> None:
        """Whether read-only mode is over; where the site does not tell, the next edit will."""
        mode = await self.mode()
        if isinstance(mode, Failure) and not mode.unreachable:
            self._read_only = ""

    def _set_read_only(self, mode: SiteMode) -> None:
        was, self._read_only = self._read_only, ""
        if mode.read_only:
            self._read_only = f"The site is in read-only mode: {mode.message or 'no reason given'}"
        elif was:
            for waiting in self._slots.waiting():
                self._wake(waiting)

    def _ours(self, ref: ServiceRef, accepted: Accepted) -> Job:
        """The job of our own edit: known without reading what the next list names."""
        uri = f"/{self.url.rsplit('/', 1)[-1]}/admin/services/{ref.title}/edit"
        return Job(id=accepted.job_id, status=accepted.status, operation_uri=uri, username=self.username)

    async def _folder(self, name: str) -> Mapping[str, Mapping[str, Json]] | Failure:
        client = await self._connected()
        return client if isinstance(client, Failure) else await client.folder(name)

    async def _job_ids(self) -> tuple[str, ...] | Failure:
        client = await self._connected()
        return client if isinstance(client, Failure) else await client.jobs()

    async def _connected(self) -> AdminClient | Failure:
        if self._client is None:
            tls = await self._trust()
            if isinstance(tls, Failure):
                return tls
            if self._ended:
                return Failure(Kind.NOT_SENT, self._ended)
            try:
                self._client = self._client or self._make_client(tls)
            except ValueError as error:
                return Failure(Kind.NOT_SENT, str(error))
        return self._client

    def _make_client(self, tls: ssl.SSLContext) -> AdminClient:
        return AdminClient(
            self.url,
            self._credentials,
            tls,
            redactor=self._redactor,
            hooks=Hooks(pace=self._counted, answered=self._answered),
            timeouts=self._timeouts,
        )

    async def _trust_anew(self) -> None:
        """The next request reads the CA bundle again; requests under way end on the old client."""
        before, self._retired, self._client = self._retired, self._client, None
        if before:
            await before.aclose()

    async def _counted(self) -> None:
        self._budget.count()

    def _answered(self, operation: str, code: int | None, failure: Failure | None, seconds: float) -> None:
        self._metrics.site_requests.labels(operation, str(code or "none")).inc()
        if failure and failure.retry_after and operation in WHOLE_SITE:
            pause = min(self._longest_pause, failure.retry_after)
            self._later_until, self._later = self._clock() + pause, failure.detail
        if failure and failure.unreachable:
            if operation == "edit" and failure.kind is Kind.NOT_SENT:
                return  # perhaps our own guard; reads tell how the site is
            self._opened_by = self._opened_by if self._breaker.open else failure.detail
            self._breaker.failed()
            self._unreachable_in_a_row += 1
        else:
            self._breaker.answered()
            self._unreachable_in_a_row = 0


def _service(key: str) -> str:
    """Of a key, which may hold another address of this site."""
    return key.partition("|")[2]


def _outcome(fact: Fact) -> str:
    if isinstance(fact, Accepted):
        return "accepted"
    return "applied" if isinstance(fact, Applied) else fact.kind.value
