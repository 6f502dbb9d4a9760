"""The object that a poll takes from the turn before, and when it may not."""

import pytest

from arcgis_operator.adapters.kube.api import Object
from arcgis_operator.core.identity import Name
from arcgis_operator.core.record import Phase
from arcgis_operator.reconcilers.polled import Polled

ROADS = Name("gis", "roads")
BODY: Object = {"metadata": {"namespace": "gis", "name": "roads", "managedFields": ["long"]}, "spec": {}}


class Always:
    """A term that never ends."""

    number = 1

    def check(self) -> str | None:
        """Ours."""
        return None


TERM = Always()


@pytest.fixture
def polled() -> Polled:
    """After one turn of a running job."""
    polled = Polled()
    polled.take("key", ROADS, TERM)
    polled.leave("key", BODY, Phase.RUNNING, TERM)
    return polled


def test_a_poll_takes_what_the_turn_before_stored(polled: Polled) -> None:
    taken = polled.take("key", ROADS, TERM)
    assert taken == {"metadata": {"namespace": "gis", "name": "roads"}, "spec": {}}
    assert polled.take("key", ROADS, TERM) is None, "once"


def test_another_term_or_another_resource_reads_the_object(polled: Polled) -> None:
    assert polled.take("key", ROADS, Always()) is None
    polled.leave("key", BODY, Phase.RUNNING, TERM)
    assert polled.take("key", Name("gis", "rivers"), TERM) is None


def test_after_news_the_object_is_read(polled: Polled) -> None:
    polled.tell("key")
    assert polled.take("key", ROADS, TERM) is None


def test_news_during_a_turn_keep_it_from_leaving_its_object(polled: Polled) -> None:
    """With nothing to write an old object would be polled for ever, and no later wish be heard."""
    polled.take("key", ROADS, TERM)
    polled.tell("key")
    polled.leave("key", BODY, Phase.RUNNING, TERM)
    assert polled.take("key", ROADS, TERM) is None


def test_an_object_whose_job_is_over_is_not_kept(polled: Polled) -> None:
    polled.take("key", ROADS, TERM)
    polled.leave("key", BODY, Phase.IDLE, TERM)
    assert polled.take("key", ROADS, TERM) is None
