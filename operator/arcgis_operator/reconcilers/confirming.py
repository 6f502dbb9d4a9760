"""Whether resources of one service by its id, under several addresses, are still about one."""

import math

from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure
from arcgis_operator.core.model import Aim
from arcgis_operator.core.service_spec import parse_aim
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.hearing import Heard, Voice
from arcgis_operator.reconcilers.ports import RIGHTS_SECONDS
from arcgis_operator.reconcilers.registry import Registry
from arcgis_operator.sites.sessions import Sessions

CONFIRM_SECONDS = 300.0  # between two looks at the same address


class Confirming:
    """Looks now and then at the addresses of those who do not speak."""

    def __init__(self, sites: Sessions, registry: Registry, clock: Clock) -> None:
        self._sites, self._registry, self._clock = sites, registry, clock
        self._confirmed: dict[str, float] = {}  # when the address of a resource was read, by its uid

    async def still_one(self, heard: Heard) -> bool:
        """Whether those who were joined by their service's id still are; each is asked at its own address."""
        speaker = self._registry.address(heard.speaker) if heard.speaker else ""
        kept = True
        for voice in heard.others:
            aim, asked_at = parse_aim(voice.body), self._confirmed.get(voice.uid, -math.inf)
            due = self._clock.monotonic() - asked_at >= CONFIRM_SECONDS
            if aim and due and self._registry.address(voice.name) != speaker:
                self._note(voice.uid)
                kept = await self._still(voice, aim) and kept
        return kept

    def _note(self, uid: str) -> None:
        """It is read now; what was read so long ago that it is due again need not be remembered."""
        now = self._clock.monotonic()
        recent = {one: at for one, at in self._confirmed.items() if now - at < CONFIRM_SECONDS}
        self._confirmed = {**recent, uid: now}

    async def _still(self, voice: Voice, aim: Aim) -> bool:
        site = await self._sites.resolve(aim, voice.name.namespace, RIGHTS_SECONDS)
        if isinstance(site, Hold) or site.gate():
            return True
        await site.pace()
        document = await site.document(aim.service)
        service_id = "" if isinstance(document, Failure) else str(document.get("id") or "")
        return not service_id or self._registry.confirm(voice.name, service_id)
