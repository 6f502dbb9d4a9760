"""Job slots: first come, first served, and a free one is not snatched away from who was called for it."""

from typing import NamedTuple

from arcgis_operator.controller.slots import PROMISE_SECONDS, Slots


class Site:
    """A clock that is set, and who was called."""

    def __init__(self) -> None:
        self.now = 0.0
        self.called: list[str] = []
        self.slots = Slots(lambda: self.now, self.called.append)

    def full(self, holder: str, *waiting: str) -> Slots:
        self.slots.occupy(holder, busy=True)
        for key in waiting:
            self.slots.wait(key)
        return self.slots


class Line(NamedTuple):
    holders: list[str]
    waiting: list[str]
    called: list[str]


def line(site: Site) -> Line:
    return Line(site.slots.holders(), site.slots.waiting(), site.called)


def test_a_free_slot_is_kept_for_the_first_in_line() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("a", busy=False)
    assert line(site) == Line([], ["c"], ["b"])
    assert slots.taken_for("b") == set()
    assert slots.taken_for("newcomer") == {"b"}
    slots.occupy("b", busy=True)
    assert line(site) == Line(["b"], ["c"], ["b"])


def test_who_has_nothing_to_do_any_more_passes_the_slot_on() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("a", busy=False)
    slots.occupy("b", busy=False)
    assert line(site) == Line([], [], ["b", "c"])


def test_who_finds_no_slot_after_all_stands_in_line_again_and_calls_nobody() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("a", busy=False)
    assert not slots.wait("b")
    assert line(site) == Line([], ["c", "b"], ["b"])
    assert slots.taken_for("newcomer") == set()


def test_a_slot_that_is_kept_for_somebody_who_does_not_come_is_free_again() -> None:
    site = Site()
    slots = site.full("a", "b")
    slots.occupy("a", busy=False)
    site.now = PROMISE_SECONDS
    assert slots.taken_for("newcomer") == set()


def test_only_the_head_of_the_line_looks_by_itself() -> None:
    slots = Site().slots
    assert [slots.wait(key) for key in ("a", "b", "a")] == [True, False, True]


def test_who_held_nothing_frees_nothing() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("b", busy=False)
    assert line(site) == Line(["a"], ["c"], [])
