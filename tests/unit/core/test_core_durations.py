"""Durations as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcgis_operator.core.durations import duration, seconds_of

READ = {"90": 90, " 90 ": 90, "0.2": 0.2, "30s": 30, "30m": 1800, "1h30m": 5400, "1.5h": 5400, "500ms": 0.5}
SHOWN = {0: "0s", 0.2: "200ms", 1.5: "1.5s", 45: "45s", 60: "1m", 90: "1m30s", 5400: "1h30m", 3600.4: "1h"}


@pytest.mark.parametrize("text", READ)
def test_a_number_means_seconds_and_units_may_be_joined(text: str) -> None:
    assert seconds_of(text) == READ[text]


@pytest.mark.parametrize("text", ["", " ", "m", "10 apples", "30m1h", "-5", "nan", "inf", "1e3", "1d", "٣"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        seconds_of(text)


@pytest.mark.parametrize("seconds", SHOWN)
def test_a_duration_is_shown_plainly(seconds: float) -> None:
    assert duration(seconds) == SHOWN[seconds]


@given(st.integers(0, 10**6))
def test_what_is_shown_can_be_given(seconds: int) -> None:
    assert seconds_of(duration(seconds)) == seconds
