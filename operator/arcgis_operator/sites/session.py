"""One ArcGISSite's view of a live site, as turns ask it. What it does is done by its parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arcgis_operator.adapters.admin import FolderAnswer, Guard, SiteInfo, Timeouts, Trust
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.model import SiteWanted
from arcgis_operator.core.operations import Request
from arcgis_operator.core.said import Raw
from arcgis_operator.sites.availability import Availability
from arcgis_operator.sites.documents import Documents
from arcgis_operator.sites.jobs import SiteJobs
from arcgis_operator.sites.link import Account, Link
from arcgis_operator.sites.livesite import LiveSite, Viewpoint
from arcgis_operator.sites.mode import Mode
from arcgis_operator.telemetry.happenings import Sent, Tell


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a site is waited for, in seconds: one request, a job that is not seen, an answer, a pause."""

    timeouts: Timeouts
    presumed_seconds: float
    settle_seconds: float
    longest_pause: float


class SiteSession:
    """`meet` gives the live site that the way leads to, once its CA bundle is read; until then it is alone.

    `told` is called when the breaker opens or closes; `wake` asks for a turn of a key; `clock` is monotonic.
    """

    def __init__(
        self,
        wanted: SiteWanted,
        account: Account,
        meet: Callable[[Trust], LiveSite],
        told: Callable[[], None],
        clock: Callable[[], float],
        wake: Callable[[str], None],
        tell: Tell,
        patience: Patience,
    ) -> None:
        self._tell, self._version = tell, ""
        place = Viewpoint(LiveSite(clock, wake, patience.longest_pause), told)
        self.show = show = account.redactor.show  # makes a word of the site fit for people, without secrets
        self._availability = available = Availability(wanted, place, clock, patience.longest_pause)
        self._link = link = Link(
            account, available, lambda trust: place.go_to(meet(trust)), tell, patience.timeouts
        )
        self._mode, self._documents = Mode(link, place, clock), Documents(link, show, clock)
        self._jobs = jobs = SiteJobs(
            link, available, place, show, clock, wake, patience.presumed_seconds, patience.settle_seconds
        )
        self.gate, self.trouble, self.unsent = available.gate, available.trouble, available.unsent
        self.closed = available.closed
        self.adjust, self.paid_for = available.adjust, available.paid_for
        self.login, self.mode = link.login, self._mode.ask
        self.document, self.likely = self._documents.of, self._documents.likely
        self.job, self.jobs_on, self.over = jobs.read, jobs.on, jobs.over
        self.usual_job_seconds, self.usual = jobs.usual_seconds, jobs.usual
        self.call_when_free, self.standing = jobs.call_when_free, jobs.standing
        self.occupy, self.left, self.begin = jobs.occupy, jobs.left, jobs.begin

    @property
    def wanted(self) -> SiteWanted:
        """Its spec as it is now."""
        return self._availability.wanted

    @property
    def url(self) -> str:
        """Normalised."""
        return self._availability.wanted.url

    @property
    def username(self) -> Raw:
        """Who we are there, empty until a token was made."""
        return self._link.username

    @property
    def version(self) -> str:
        """Of the site's software, empty until it was asked."""
        return self._version

    @property
    def circuit_open(self) -> bool:
        """The site failed so often that it is asked rarely."""
        return self._availability.circuit_open

    @property
    def jobs_in_flight(self) -> int:
        """Its services with an open operation."""
        return self._jobs.in_flight

    async def pace(self) -> None:
        """Wait until the site's request budget allows another turn. It is one that the gate let through."""
        await self._availability.enter()
        await self._link.renew()
        await self._mode.ask_again()

    async def folder(
        self, name: str, refs: Sequence[ServiceRef], known: str = ""
    ) -> FolderAnswer | Failure | None:
        """The documents of many services of a folder, None where they have to be read one by one.

        Without documents where the answer is the one whose digest is `known`.
        """
        found = await self._documents.in_folder(name, refs, known)
        if found is None:
            self._availability.release()
        return found

    async def submit(self, request: Request, guard: Guard) -> Fact:
        """Ask for an operation; see `AdminClient.submit`."""
        client, what = await self._link.connected(), f"submit {request.service.key}"
        if isinstance(client, Failure):
            return Failure(Kind.NOT_SENT, client.detail)
        if later := self._availability.held(what):
            return later
        fact = await self._link.told(client, client.submit(request, self._link.guarded(guard)))
        if isinstance(fact, Failure):
            fact = self._availability.put_off(what, fact)
            fact = await self._mode.explain(fact) if fact.code not in (None, 429) else fact
        if isinstance(fact, Accepted):
            self._jobs.accepted(request, fact)
        self._tell(Sent(request.operation.name, _outcome(fact)))
        return fact

    async def root(self) -> SiteInfo | Failure:
        """What the site is."""
        info = await self._link.ask("root", lambda client: client.root())
        if isinstance(info, SiteInfo):
            if self._version not in ("", info.version):
                self._documents.forget()
            self._version = info.version
        return info

    async def aclose(self) -> None:
        """Close all connections; who still holds the session is told, and opens none again."""
        self._jobs.close()
        await self._link.aclose()


def _outcome(fact: Fact) -> str:
    if isinstance(fact, Accepted):
        return "accepted"
    return "applied" if isinstance(fact, Applied) else fact.kind.value
