"""One ArcGISSite's view of a live site: its account and client, its rights, its limits, its list of jobs."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeVar

from arcgis_operator.adapters.admin import (
    ENDED,
    AdminClient,
    CredentialSource,
    Guard,
    Hooks,
    Logins,
    Redactor,
    Remember,
    SiteInfo,
    SiteMode,
    Timeouts,
    Trust,
)
from arcgis_operator.core import sentences
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef, edit_path
from arcgis_operator.core.job import Job, JobsOn
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.core.likely import Listing, May, likely
from arcgis_operator.core.logins import render_login
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.said import ID_LEAST, Raw, cut
from arcgis_operator.core.settle import AWAY_CODES
from arcgis_operator.core.verdict import Reason
from arcgis_operator.sites.folders import Folders
from arcgis_operator.sites.jobindex import JobIndex
from arcgis_operator.sites.limits import WHOLE_SITE, Budget
from arcgis_operator.sites.livesite import LiveSite, service_in
from arcgis_operator.sites.nearby import Nearby
from arcgis_operator.telemetry.metrics import Metrics

T = TypeVar("T")
MODE_SECONDS = 5.0  # between two questions whether read-only mode is over
SCOUTS = 2  # jobs that are looked at often while nobody knows how long one takes
SPARE_SECONDS = 1.0  # between two looks whether the site is left alone for now
ASKED_OF_ALL = frozenset(("root", "mode", "token", "jobs"))  # a pause asked for here is meant for all
SUSPENDED = Hold(Reason.SUSPENDED, sentences.SITE_SUSPENDED)
UNASKED = (Kind.BUSY, Kind.NO_CREDENTIALS)
TRUST_AGAIN = 3  # failures in a row after which the CA bundle is read anew


class SiteSession:
    """Asked by turns. `trust` reads the CA bundle; `wake` asks for a turn of a key.

    `logins` is shared with the other sessions of this address; `meet` gives the live site that the way leads
    to, once its authorities are read, and until then it is alone; `remember` notes logins on the ArcGISSite;
    `told` is called when the breaker opens or closes.
    """

    def __init__(
        self,
        wanted: SiteWanted,
        credentials: CredentialSource,
        trust: Callable[[], Awaitable[Trust | Failure]],
        redactor: Redactor,
        logins: Logins,
        remember: Remember,
        meet: Callable[[Trust], LiveSite],
        told: Callable[[], None],
        clock: Callable[[], float],
        wake: Callable[[str], None],
        metrics: Metrics,
        timeouts: Timeouts,
        presumed_seconds: float,
        settle_seconds: float,
        longest_pause: float,
    ) -> None:
        self._wanted = wanted
        self._credentials, self._trust, self._redactor = credentials, trust, redactor
        self.show = redactor.show  # a word of the site made fit for people, without the secrets used there
        self._logins, self._remember, self._meet, self.turned = logins, remember, meet, told
        self._clock, self._wake, self._metrics, self._timeouts = clock, wake, metrics, timeouts
        self._client: AdminClient | None = None
        self._retired: AdminClient | None = None
        self._budget = Budget(wanted.requests_per_second, clock)
        self._live, self._longest_pause = LiveSite(clock, wake, longest_pause), longest_pause
        self._live.join(self)
        self._index = JobIndex(
            self._job_ids, self._read_job, clock, presumed_seconds, settle_seconds, self._spare
        )
        self._folders = Folders(self._folder, self.document)
        self._nearby = Nearby(self._listing, clock)
        self._version = ""
        self._unreachable_in_a_row = 0
        self._mode_at = clock()
        self._ended = ""

    @property
    def url(self) -> str:
        """Normalised."""
        return self._wanted.url

    @property
    def username(self) -> Raw:
        """Who we are there, empty until a token was made."""
        return Raw(self._client.username if self._client else "")

    @property
    def version(self) -> str:
        """Of the site's software, empty until it was asked."""
        return self._version

    def login(self) -> Mapping[str, Json] | None:
        """What to remember of refused logins, empty when nothing; None when no login is known."""
        if not self._client or not self._client.logged_in:
            return None
        note = self._client.login_note()
        return render_login(note) if note else {}

    @property
    def circuit_open(self) -> bool:
        """The site failed so often that it is asked rarely."""
        return self._live.breaker.open

    @property
    def jobs_in_flight(self) -> int:
        """Its services with an open operation."""
        return len(self._live.slots.holders(self))

    def paid_for(self) -> float:
        """Seconds since the request budget was last overdrawn; below zero while turns wait for it."""
        return self._budget.paid_for()

    def adjust(self, wanted: SiteWanted) -> None:
        """Take over limits and suspension of a changed spec (another URL makes another session)."""
        self._wanted = wanted
        self._budget.per_second = wanted.requests_per_second

    def gate(self) -> Hold | None:
        """Why the site is not even read now. To ask changes nothing."""
        if self._wanted.suspend:
            return SUSPENDED
        passes = self._live.breaker.may_pass and not self._live.pauses.held()
        return None if passes else self.trouble()

    def trouble(self) -> Hold | None:
        """Why the site is asked rarely, or not at the moment, whoever's turn it is to try."""
        if later := self._live.pauses.held():
            return Hold(Reason.SITE_BUSY, later.detail)
        if self._live.breaker.open:
            text = sentences.circuit_open(self._longest_pause, self._live.last_failure)
            return Hold(Reason.CIRCUIT_OPEN, text)
        return None

    def sending(self, key: str) -> Hold | None:
        """Why nothing may be sent for this service now."""
        if self._wanted.suspend:
            return SUSPENDED
        if self._live.read_only:
            return Hold(Reason.SITE_READ_ONLY, sentences.sentence(self._live.read_only))
        if later := self._live.pauses.held(f"edit {service_in(key)}"):
            return Hold(Reason.SERVICE_BUSY, later.detail)
        taken = self._live.taken_for(key)
        if service_in(key) not in taken and len(taken) >= self._wanted.max_jobs:
            return Hold(Reason.QUEUED, sentences.queued(self._wanted.max_jobs))
        return None

    def occupy(self, key: str, busy: bool) -> None:
        """Take or free the service's job slot; a free one is kept for the first in line."""
        if busy:
            self._live.slots.occupy(key, self)
        else:
            self._live.slots.free(key)

    def begin(self) -> None:
        """A term of the lease begins."""
        self._live.slots.clear()

    def left(self, key: str) -> None:
        """The service has nothing open and waits for nothing."""
        if self._live.slots.knows(key):
            self._live.slots.free(key)

    def call_when_free(self, key: str) -> bool:
        """Wake the service when a job slot becomes free. The first in line (True) also looks by itself."""
        return self._live.slots.wait(key, self)

    def room(self) -> int:
        """How many more slots its services may take now, by its own limit for all that are taken."""
        return self._wanted.max_jobs - len(self._live.taken_for(""))

    def running(self) -> Set[str]:
        """The services on which jobs of its account had not ended when last seen."""
        return self._index.running(self.username)

    def learnt_seconds(self) -> float:
        """What short edits of late took, as far as it has read jobs; 0 while none was seen."""
        return self._index.usual_seconds()

    def hear(self, job: Job) -> None:
        """Another view of the site has read this job: one that has ended takes no slot any more."""
        if job.ended and self._index.runs(job.id):
            self._index.noted(replace(job, show=self.show))

    async def look_at_running(self, followed: Collection[str]) -> None:
        """Read its jobs again that had not ended, but for those on services that are followed anyway."""
        if not self.gate():
            await self._index.look_at_running(self.username, followed)

    async def pace(self) -> None:
        """Wait until the site's request budget allows another turn. It is one that the gate let through."""
        self._live.breaker.reserve()
        await self._budget.wait()
        if self._unreachable_in_a_row >= TRUST_AGAIN:
            self._unreachable_in_a_row = 0
            await self._trust_anew()
        if self._live.read_only and self._clock() - self._mode_at >= MODE_SECONDS:
            await self._ask_mode()

    async def _spare(self) -> None:
        """Wait for a moment in which the site may be asked for what has time."""
        while self._wanted.suspend or self._live.breaker.open or self._live.pauses.held():  # noqa: ASYNC110 - time ends some
            await asyncio.sleep(SPARE_SECONDS)
        await self._budget.wait()

    async def job(self, job_id: str) -> Job | Failure:
        """One job, read now; MISSING as well where the site fails to show what it does not list either."""
        job = await self._read_job(job_id)
        if isinstance(job, Failure) and await self._index.is_gone(job_id, job):
            return replace(job, kind=Kind.MISSING)
        return job

    async def _read_job(self, job_id: str) -> Job | Failure:
        job = await self._ask(f"job {job_id}", lambda client: client.job(job_id))
        if isinstance(job, Job):
            known = self._live.usual_seconds()
            self._index.noted(job)
            self._live.tell(job, self)
            if self._live.usual_seconds() and not known:
                for waiting in self._live.slots.holders():
                    self._wake(waiting)
        return job

    async def jobs_on(self, service_key: str, within: float) -> JobsOn:
        """The jobs on a service. The first in line for a slot learns which others still take one."""
        slots = self._live.slots
        if list(map(service_in, slots.waiting()[:1])) == [service_key]:
            followed = set(map(service_in, slots.holders()))
            for view in self._live.views:
                await view.look_at_running(followed)
        jobs = await self._index.on(service_key, within)
        return replace(jobs, failure=self._shown(jobs.failure)) if jobs.failure else jobs

    def _shown(self, failure: Failure) -> Failure:
        """The index names jobs by the site's own ids."""
        return replace(failure, detail=cut(self.show(Raw(failure.detail), ID_LEAST), 256))

    def usual_job_seconds(self, key: str) -> float:
        """What short edits of late took; 0 when that is not known, infinity where others tell of it."""
        usual = self._live.usual_seconds()
        return usual if usual or key in self._live.slots.holders()[:SCOUTS] else math.inf

    def over(self, job_id: str) -> None:
        """An operation of ours is over: its job is not presumed to run any more where the site forgets it."""
        self._index.over(job_id)

    async def document(self, ref: ServiceRef) -> Mapping[str, Json] | Failure:
        """The service document, read now; MISSING also where the site fails, and lists no such name."""
        found = await self._ask(f"service {ref.key}", lambda client: client.service(ref))
        if not isinstance(found, Failure) or not found.absent:
            return found
        return replace(found, kind=Kind.MISSING) if await self._is_absent(ref) else found

    async def likely(self, ref: ServiceRef, may: May) -> str:
        """What was probably meant by a service that is not there; at most one list is read for it."""
        return likely(ref, await self._nearby.around(ref, may), may, self.show)

    async def folder(
        self, name: str, refs: Sequence[ServiceRef]
    ) -> Mapping[str, Mapping[str, Json]] | Failure | None:
        """The documents of many services of a folder, None where they have to be read one by one."""
        found = await self._folders.documents(name, refs)
        if found is None:
            self._live.breaker.release()
        return found

    async def edit(self, ref: ServiceRef, document: Mapping[str, Json], guard: Guard) -> Fact:
        """Submit an asynchronous edit."""
        client = await self._connected()
        if isinstance(client, Failure):
            return Failure(Kind.NOT_SENT, client.detail)
        if later := self._live.pauses.held(f"edit {ref.key}"):
            return later
        fact = await client.edit(ref, document, lambda: self._ended or guard())
        if isinstance(fact, Failure):
            fact = self._paused(f"edit {ref.key}", fact)
            fact = await self._refused(fact) if fact.code not in (None, 429) else fact
        if isinstance(fact, Accepted):
            self._index.noted(self._ours(ref, fact))
        self._metrics.edits.labels("edit", _outcome(fact)).inc()
        return fact

    async def root(self) -> SiteInfo | Failure:
        """What the site is."""
        info = await self._ask("root", lambda client: client.root())
        if isinstance(info, SiteInfo):
            if self._version not in ("", info.version):
                self._folders.forget()
            self._version = info.version
        return info

    async def mode(self) -> SiteMode | Failure:
        """Whether the site takes changes at the moment."""
        mode = await self._ask("mode", lambda client: client.mode())
        self._mode_at = self._clock()
        if isinstance(mode, SiteMode):
            self._live.set_read_only(sentences.read_only(mode.message) if mode.read_only else "")
        return mode

    async def aclose(self) -> None:
        """Close all connections; who still holds the session is told, and opens none again."""
        self._ended = ENDED
        self._live.leave(self)
        self._index.close()
        clients, self._client, self._retired = (self._client, self._retired), None, None
        for client in clients:
            if client:
                await client.aclose()

    async def _refused(self, failure: Failure) -> Failure:
        """Whether read-only mode was the reason tells the site's mode; its words where that is unread."""
        mode = await self.mode()
        if not isinstance(mode, SiteMode):
            if failure.read_only:
                self._live.read_only = failure.detail
            return replace(failure, kind=Kind.BUSY) if failure.read_only else failure
        if mode.read_only and (failure.read_only or failure.code not in AWAY_CODES):
            return replace(failure, kind=Kind.BUSY, detail=self._live.read_only, read_only=True)
        return replace(failure, read_only=False)

    async def _ask_mode(self) -> None:
        """Whether read-only mode is over; where the site does not tell, the next edit will."""
        mode = await self.mode()
        if isinstance(mode, Failure) and not mode.unreachable and mode.kind not in UNASKED:
            self._live.read_only = ""

    def _ours(self, ref: ServiceRef, accepted: Accepted) -> Job:
        """The job of our own edit: known without reading what the next list names."""
        uri = edit_path(self.url.rsplit("/", 1)[-1], ref)
        return Job(accepted.job_id, accepted.status, Raw(uri), self.username, show=self.show)

    async def _folder(self, name: str) -> Mapping[str, Mapping[str, Json]] | Failure:
        found = await self._ask(f"folder {name}", lambda client: client.folder(name))
        if not isinstance(found, Failure):
            self._nearby.noted(name, found.values())
        return found

    async def _listing(self, name: str) -> Listing | Failure:
        return await self._ask(f"folder {name}", lambda client: client.listing(name))

    async def _job_ids(self) -> tuple[str, ...] | Failure:
        return await self._ask("jobs", lambda client: client.jobs())

    async def _is_absent(self, ref: ServiceRef) -> bool:
        """The site lists the folder without the service, or its folders without this one."""
        listed = await self._folder(ref.folder)
        if not isinstance(listed, Failure):
            return ref.leaf.casefold() not in listed
        folders = await self._ask("folders", lambda client: client.folders())
        return not isinstance(folders, Failure) and ref.folder.casefold() not in folders

    async def _ask(self, what: str, question: Callable[[AdminClient], Awaitable[T | Failure]]) -> T | Failure:
        """The site's answer; not asked while a pause holds that it asked for, for this or for all."""
        client = await self._connected()
        if isinstance(client, Failure):
            return client
        if later := self._live.pauses.held(what):
            return later
        answer = await question(client)
        return self._paused(what, answer) if isinstance(answer, Failure) else answer

    def _paused(self, what: str, answer: Failure) -> Failure:
        """The answer in the words that hold for the whole pause, where the site asked for one."""
        self._live.pauses.put(what, answer)
        later = self._live.pauses.held(what) if answer.kind is Kind.BUSY else None
        return replace(answer, detail=later.detail) if later else answer

    async def _connected(self) -> AdminClient | Failure:
        if self._client is None:
            trust = await self._trust()
            if isinstance(trust, Failure):
                return trust
            if self._ended:
                return Failure(Kind.NOT_SENT, self._ended)
            try:
                self._client = self._client or self._make_client(trust)
            except ValueError as error:
                return Failure(Kind.NOT_SENT, str(error))
            self._go_to(self._meet(trust))
        return self._client

    def _go_to(self, live: LiveSite) -> None:
        """Where the way leads, now that it is known whom it trusts."""
        if live is not self._live:
            live.join(self)
            self._live.leave(self)
            self._live = live

    def _make_client(self, trust: Trust) -> AdminClient:
        return AdminClient(
            self.url,
            self._credentials,
            trust,
            redactor=self._redactor,
            logins=self._logins,
            before=self._retired,
            hooks=Hooks(pace=self._counted, answered=self._answered, remember=self._remember),
            timeouts=self._timeouts,
            proxy=self._wanted.proxy,
        )

    async def _trust_anew(self) -> None:
        """The next request reads the CA bundle again; requests under way end on the old client."""
        before, self._retired, self._client = self._retired, self._client, None
        if before:
            await before.aclose()

    async def _counted(self) -> None:
        self._live.breaker.requested()
        self._budget.count()

    def _answered(self, operation: str, code: int | None, failure: Failure | None, seconds: float) -> None:
        self._metrics.site_requests.labels(operation, str(code or "none")).inc()
        if failure and code is None and not failure.unreachable:
            return  # there was no request: a login was held back, a Secret could not be read
        if failure and operation in ASKED_OF_ALL:
            self._live.pauses.put(WHOLE_SITE, failure)
        if failure and failure.unreachable and operation == "edit" and failure.kind is Kind.NOT_SENT:
            return  # perhaps our own guard; reads tell how the site is
        away = failure if failure and failure.unreachable else None
        self._unreachable_in_a_row = self._unreachable_in_a_row + 1 if away else 0
        self._live.outcome(away)


def _outcome(fact: Fact) -> str:
    if isinstance(fact, Accepted):
        return "accepted"
    return "applied" if isinstance(fact, Applied) else fact.kind.value
