"""Services that no resource is left for: an edit that still runs is followed to its end."""

from arcgis_operator.core.case import Policy
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.record import Journal
from arcgis_operator.core.wake import BACKOFF, NOW, After, Wake, asked_for
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.ledger import Ledger
from arcgis_operator.sites.sessions import Sessions


class Orphans:
    """Within the budgets of the site."""

    def __init__(self, sites: Sessions, ledger: Ledger, clock: Clock, policy: Policy) -> None:
        self._sites, self._ledger, self._clock, self._policy = sites, ledger, clock, policy

    async def follow(self, key: str) -> Wake:
        """When to look again. Where nothing of ours can run any more the service is left."""
        memory, now = self._ledger[key], self._clock.monotonic()
        if not memory.open_job or not memory.presumed(self._policy.job_timeout_seconds, now=now):
            self._ledger[key] = memory.given_up()
            if wait := memory.hidden_for(Journal(), self._policy.jobless_seconds, now=now):
                return After(wait)
            self._sites.left(key)
            return self._ledger.leave(key)
        site = self._sites.at(*memory.site) if memory.site else None
        if site is None or site.gate():
            return BACKOFF
        await site.pace()
        job = await site.job(memory.open_job)
        if isinstance(job, Failure):
            gone = job.kind is Kind.MISSING
            return After(self._policy.poll_max_seconds) if gone else asked_for(job.retry_after)
        now = self._clock.monotonic()
        memory = self._ledger[key] = self._ledger[key].saw([job], now=now)
        if job.ended:
            self._ledger[key] = memory.given_up().ended(now=now)
            return NOW
        return After(self._policy.poll_max_seconds)
