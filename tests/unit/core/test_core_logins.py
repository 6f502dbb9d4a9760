"""What an ArcGISSite's status remembers of refused logins."""

from typing import Any

import pytest

from arcgis_operator.core.logins import LoginNote, parse_login, render_login

NOTE = LoginNote("gitops", "u/7", 2, "2026-11-23T12:20:00Z", ("2026-11-23T12:00:00Z", "2026-11-23T12:05:00Z"))


def test_a_note_comes_back_as_it_was_written() -> None:
    assert parse_login({"login": render_login(NOTE)}) == NOTE


def test_a_note_keeps_within_the_bounds_of_its_schema() -> None:
    times = tuple(f"2026-11-23T12:{minute:02}:00Z" for minute in range(20))
    written = render_login(LoginNote("n" * 300, "v" * 300, 1, times[0], times))
    assert len(written["username"]) == len(written["secretVersion"]) == 128
    assert written["refusedTimes"] == list(times[-8:])


WRITTEN = render_login(NOTE)
UNREADABLE: dict[str, Any] = {
    "none": {},
    "a text": {"login": "refused"},
    "without a name": {"login": {**WRITTEN, "username": None}},
    "without a count": {"login": {**WRITTEN, "refusals": "2"}},
}


@pytest.mark.parametrize("status", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_note_is_none(status: dict[str, Any]) -> None:
    assert parse_login(status) is None


@pytest.mark.parametrize("times", [None, "soon", [7]], ids=repr)
def test_times_that_cannot_be_read_are_none(times: object) -> None:
    note = parse_login({"login": {**WRITTEN, "refusedTimes": times}})
    assert note
    assert note.refused_times == ()
