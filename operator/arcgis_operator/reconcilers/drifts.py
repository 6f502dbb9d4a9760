"""What the turns of services tell the count of drifts, and what they ask of it."""

import math

from arcgis_operator.core.case import Case, Hold
from arcgis_operator.core.look import SITE_AWAY
from arcgis_operator.core.planning import is_drift
from arcgis_operator.core.verdict import Reason, Verdict
from arcgis_operator.reconcilers.storms import Storms


class Drifts:
    """Between the turns and the count, which knows nothing of specs, records and conclusions."""

    def __init__(self, storms: Storms) -> None:
        self._storms = storms

    def holds(self, key: str, case: Case) -> tuple[Hold, ...]:
        """Why a drift of what was read is not restored now."""
        desired, open_ = case.desired, case.record.journal.open
        if desired is None or case.document is None or case.stranger or case.too_old_for > 0:
            return ()
        name, counts = desired.site.resource, not desired.observe
        drifts = counts and not desired.drift.report and not case.matches and is_drift(case)
        if case.matches or not open_:
            self._storms.looked(name, key, drifts, case.seen.asked_at if case.seen else 0.0)
        hold = self._storms.hold(name, key) if drifts else None
        return (hold,) if hold else ()

    def ended(self, key: str, case: Case, verdict: Verdict, began_at: float) -> None:
        """All was seen that can be, unless the trouble of its site, or the site's pause, ended the turn.

        Of a suspended service nothing is restored: whether it drifts asks nobody anything. What was read too
        early after an operation counts for nothing: it is read again in a moment, and the count waits for it.
        """
        desired, reason = case.desired, verdict.reason
        if desired and desired.suspend:
            self._storms.looked(desired.site.resource, key, drifts=False, asked_at=began_at)
        elif reason is Reason.VERIFYING and case.too_old_for > 0:
            return
        elif reason not in SITE_AWAY and reason is not Reason.SUSPENDED:
            self._storms.passed(key, began_at)
        elif case.unlooked:
            self._storms.paused(key)

    def unread(self, key: str) -> None:
        """The resource itself could not be read, or its turn crashed: the count need not wait for it."""
        self._storms.passed(key, math.inf)
