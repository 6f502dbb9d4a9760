"""Job slots: first come, first served, and a free one is not snatched away from who was called for it."""

from typing import NamedTuple

from arcgis_operator.sites.slots import PROMISE_SECONDS, Slots


class Site:
    """A clock that is set, how many slots there are, and who was called."""

    def __init__(self, size: int = 1) -> None:
        self.now = 0.0
        self.size = size
        self.called: list[str] = []
        self.slots = Slots(lambda: self.now, self.called.append)

    def room(self) -> int:
        return self.size - len(self.slots.taken_for(""))

    def full(self, holder: str, *waiting: str) -> Slots:
        self.slots.occupy(holder, self)
        for key in waiting:
            self.slots.wait(key, self)
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
    slots.free("a")
    assert line(site) == Line([], ["c"], ["b"])
    assert slots.taken_for("b") == set()
    assert slots.taken_for("newcomer") == {"b"}
    slots.occupy("b", site)
    assert line(site) == Line(["b"], ["c"], ["b"])


def test_each_in_line_has_a_place_and_who_comes_now_would_be_the_last() -> None:
    site = Site()
    slots = site.full("a", "b", "c", "d")
    assert [slots.place(key) for key in ("b", "c", "d")] == [(1, 3), (2, 3), (3, 3)]
    assert slots.place("newcomer") == (4, 4)
    slots.free("a")
    assert slots.place("b") == (1, 3), "it was called, and would come first again"
    assert slots.place("c") == (1, 2)


def test_who_has_nothing_to_do_any_more_passes_the_slot_on() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.free("a")
    slots.free("b")
    assert line(site) == Line([], [], ["b", "c"])


def test_who_finds_no_slot_after_all_is_the_first_in_line_again_and_looks_by_itself() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.free("a")
    site.size = 0
    assert slots.wait("b", site)
    assert line(site) == Line([], ["b", "c"], ["b"])
    assert slots.taken_for("newcomer") == set()


def test_when_the_first_in_line_leaves_the_next_one_is_woken_to_look_by_itself() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.free("b")
    assert line(site) == Line(["a"], ["c"], ["c"])
    assert slots.wait("c", site)


def test_a_slot_that_is_kept_for_somebody_who_does_not_come_is_free_again() -> None:
    site = Site()
    slots = site.full("a", "b")
    slots.free("a")
    site.now = PROMISE_SECONDS
    assert slots.taken_for("newcomer") == set()


def test_only_the_head_of_the_line_looks_by_itself() -> None:
    site = Site(0)
    assert [site.slots.wait(key, site) for key in ("a", "b", "a")] == [True, False, True]


def test_who_held_nothing_frees_nothing() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.free("c")
    assert line(site) == Line(["a"], ["b"], [])


def test_who_gets_a_slot_calls_as_many_others_as_there_are_slots_left() -> None:
    site = Site(0)
    for key in ("a", "b", "c", "d"):
        site.slots.wait(key, site)
    site.size = 3
    site.slots.occupy("a", site)
    assert line(site) == Line(["a"], ["d"], ["b", "c", "d"])


def test_when_jobs_of_others_keep_the_last_slot_given_back_the_first_in_line_looks_by_itself() -> None:
    """Nobody is left here whose end would call it."""
    site = Site()
    slots = site.full("a", "b", "c")
    site.size = 0
    slots.free("a")
    assert line(site) == Line([], ["b", "c"], ["b"])
    assert slots.wait("b", site)
    slots.free("newcomer")
    assert site.called == ["b"]


def test_a_new_term_begins_with_nobody_in_line_and_every_slot_free() -> None:
    site = Site()
    slots = site.full("a", "b", "c")
    slots.free("a")
    slots.clear()
    assert line(site) == Line([], [], ["b"])
    assert slots.taken_for("") == set()


class Guest:
    """One of several who share a line: all slots that are taken count, but its own limit is another one."""

    def __init__(self, host: Site, size: int) -> None:
        self.host, self.size = host, size

    def room(self) -> int:
        return self.size - len(self.host.slots.taken_for(""))


def test_who_shares_the_line_keeps_to_its_own_limit_and_keeps_nobody_else_from_theirs() -> None:
    site = Site(size=2)
    small, slots = Guest(site, 1), site.slots
    slots.occupy("x", site)
    slots.occupy("a", site)
    slots.wait("s", small)
    slots.wait("b", site)
    slots.free("x")
    assert line(site) == Line(["a"], ["s"], ["b"])
    slots.occupy("b", site)
    slots.free("a")
    assert site.called == ["b"]
    slots.free("b")
    assert line(site) == Line([], [], ["b", "s"])


def test_a_head_that_finds_no_slot_lets_others_go_whose_limit_is_higher() -> None:
    """Jobs that nobody here follows ended, and it is the head that has seen it."""
    site = Site(size=0)
    small = Guest(site, 0)
    site.slots.wait("s", small)
    site.slots.wait("b", site)
    site.size = 1
    assert site.slots.wait("s", small)
    assert line(site) == Line([], ["s"], ["b"])


def test_who_is_gone_frees_what_it_had_and_its_services_that_waited_look_where_they_are_now() -> None:
    site = Site(size=1)
    guest, slots = Guest(site, 1), site.slots
    slots.occupy("a", guest)
    slots.wait("b", guest)
    slots.wait("c", site)
    slots.drop(guest)
    assert line(site) == Line([], [], ["c", "c", "b"])  # c as the head of the line, and then for the slot
    assert slots.holders(guest) == []
