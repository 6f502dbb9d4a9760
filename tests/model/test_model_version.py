"""An edit that is sent without approval because the site does not restart for it: is that still so?"""

import pytest
from model_actions import Stage
from model_schedule import whole_turn

from arcgis_operator.adapters.admin import SiteInfo
from arcgis_operator.core import status
from arcgis_operator.core.case import Hold
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.said import Raw
from arcgis_operator.core.verdict import Reason

AWAY = Failure(Kind.NOT_SENT, "connection refused")


class Upgraded:
    """A site that said 11.5 some minutes ago, and says `now` when it is asked."""

    def __init__(self, approval: str, now: str | None) -> None:
        self.stage, self.now, self.asked = Stage({}), now, 0
        self.world, self.process = self.stage.world, self.stage.processes["A"]
        self.world.create("roads", "second")
        self.world.respecify("roads", lambda spec: spec.update(change={"approval": approval}))
        self.stage.take_over("A")
        self.process.sync()
        self.process.version = "11.5"
        self.process.root = self.root  # type: ignore[attr-defined]

    async def root(self) -> SiteInfo | Failure:
        self.asked += 1
        if self.now is None:
            return AWAY
        self.process.version = self.now
        return SiteInfo(Raw(self.now))

    async def turn(self) -> tuple[int, Reason]:
        """How many edits were sent by the end of it, and what is said."""
        await whole_turn(self.process)
        return len(self.world.sends), Reason(status.parse(self.world.objects["roads"]).ready.reason)


async def test_a_site_that_was_upgraded_a_moment_ago_is_sent_nothing_without_approval() -> None:
    site = Upgraded("WhenRestarting", "12.0")
    assert await site.turn() == (0, Reason.AWAITING_APPROVAL)
    assert await site.turn() == (0, Reason.AWAITING_APPROVAL)
    assert site.asked == 1, "what is known to restart needs no other question"


async def test_a_site_that_still_has_its_version_is_sent_the_edit_in_the_same_turn() -> None:
    site = Upgraded("WhenRestarting", "11.5")
    assert (await site.turn(), site.asked) == ((1, Reason.JOB_RUNNING), 1)


async def test_a_version_that_cannot_be_read_asks_for_approval_until_it_can() -> None:
    site = Upgraded("WhenRestarting", None)
    assert await site.turn() == (0, Reason.AWAITING_APPROVAL)
    site.now = "11.5"
    assert await site.turn() == (1, Reason.JOB_RUNNING)


@pytest.mark.parametrize(("approval", "sends"), [("Automatic", 1), ("Manual", 0)])
async def test_nobody_asks_for_a_version_that_decides_nothing(approval: str, sends: int) -> None:
    site = Upgraded(approval, "12.0")
    sent, _ = await site.turn()
    assert (sent, site.asked) == (sends, 0)


async def test_a_slot_that_another_one_took_while_the_site_was_asked_is_waited_for() -> None:
    site = Upgraded("WhenRestarting", "11.5")
    full = Hold(Reason.QUEUED, "The site runs as many jobs as it may.")
    site.process.unsent = lambda key: (full,) if site.asked else ()  # type: ignore[method-assign]
    await whole_turn(site.process)
    assert (site.world.sends, site.process.wake_at) == ([], site.world.at)
    assert await site.turn() == (0, Reason.QUEUED)
