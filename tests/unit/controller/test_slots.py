"""Job slots: first come, first served, and a free one is not snatched away from who was called for it."""

from typing import NamedTuple

from arcgis_operator.controller.slots import PROMISE_SECONDS, Slots


class Site:
    """A clock that is set, how many slots there are, and who was called."""

    def __init__(self, size: int = 1) -> None:
        self.now = 0.0
        self.size = size
        self.called: list[str] = []
        self.slots = Slots(
            lambda: self.now, self.called.append, lambda: self.size - len(self.slots.taken_for(""))
        )

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


def test_who_finds_no_slot_after_all_is_the_first_in_line_again_and_looks_by_itself() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("a", busy=False)
    assert slots.wait("b")
    assert line(site) == Line([], ["b", "c"], ["b"])
    assert slots.taken_for("newcomer") == set()


def test_when_the_first_in_line_leaves_the_next_one_is_woken_to_look_by_itself() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("b", busy=False)
    assert line(site) == Line(["a"], ["c"], ["c"])
    assert slots.wait("c")


def test_a_slot_that_is_kept_for_somebody_who_does_not_come_is_free_again() -> None:
    site = Site()
    slots = site.full("a", "b")
    slots.occupy("a", busy=False)
    site.now = PROMISE_SECONDS
    assert slots.taken_for("newcomer") == set()


def test_only_the_head_of_the_line_looks_by_itself() -> None:
    slots = Site(0).slots
    assert [slots.wait(key) for key in ("a", "b", "a")] == [True, False, True]


def test_who_held_nothing_frees_nothing() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("c", busy=False)
    assert line(site) == Line(["a"], ["b"], [])


def test_who_gets_a_slot_calls_as_many_others_as_there_are_slots_left() -> None:
    site = Site(0)
    for key in ("a", "b", "c", "d"):
        site.slots.wait(key)
    site.size = 3
    site.slots.occupy("a", busy=True)
    assert line(site) == Line(["a"], ["d"], ["b", "c", "d"])


def test_when_jobs_of_others_keep_the_last_slot_given_back_the_first_in_line_looks_by_itself() -> None:
    """Nobody is left here whose end would call it."""
    site = Site()
    slots = site.full("a", "b", "c")
    site.size = 0
    slots.occupy("a", busy=False)
    assert line(site) == Line([], ["b", "c"], ["b"])
    assert slots.wait("b")
    slots.occupy("newcomer", busy=False)
    assert site.called == ["b"]


def test_a_new_term_begins_with_nobody_in_line_and_every_slot_free() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.occupy("a", busy=False)
    slots.clear()
    assert line(site) == Line([], [], ["b"])
    assert slots.taken_for("") == set()
