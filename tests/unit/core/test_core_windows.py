"""Change windows, beside a computation that looks at the clock on the wall for every minute of a week.

It reads cron fields by itself, without a library, and has no rule for the nights on which clocks are changed.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcgis_operator.core.windows import Opening, Window, Windows, WindowType, are_open, next_opening

MINUTE, HOUR, DAY, WEEK = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days", "weeks"))
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
CHANGES = {  # by a whole hour, by half an hour, and at midnight
    "Europe/Zurich": ("2026-03-29T01:00Z", "2026-10-25T01:00Z"),
    "Australia/Lord_Howe": ("2026-04-04T15:00Z", "2026-10-03T15:30Z"),
    "Africa/Cairo": ("2026-04-23T22:00Z", "2026-10-29T21:00Z"),
}
TABLE: dict[str, tuple[tuple[str, str, int], ...]] = {
    "nights": (("Allow", "0 22 * * *", 360),),
    "a window that begins while the clock is changed": (
        ("Allow", "30 2 * * *", 60),
        ("Allow", "30 0 * * *", 20),
    ),
    "a window that ends while the clock is changed": (("Allow", "0 20 * * *", 390),),
    "never on Sundays": (("Deny", "0 0 * * SUN", 1440),),
    "nights, but not the first of a month, and not around midnight": (
        ("Allow", "0 20 * * *", 480),
        ("Deny", "0 0 1 * *", 1440),
        ("Deny", "45 23 * * *", 30),
    ),
    "longer than until the next one": (("Allow", "0 3 * * 1,4", 10080),),
    "weekends as two that overlap": (("Allow", "0 18 * * 5", 1800), ("Allow", "0 12 * * 6", 2160)),
    "twenty minutes of each half hour": (("Allow", "*/30 * * * *", 20),),
    "office hours, minute by minute": (("Deny", "* 8-17 * * MON-FRI", 1),),
    "a day or a weekday": (("Allow", "0 1 29 * 6", 300),),
    "on days without a star": (("Allow", "15 */6 */5 * 0-3", 200),),
}


def values(field: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        first, _, last = span.partition("-")
        low, high = (least, most) if span == "*" else (number(first), number(last or first))
        found |= set(range(low, (most if step and "-" not in span else high) + 1, int(step or 1)))
    return found


def number(word: str) -> int:
    return int(word) if word.isdigit() else "SUNMONTUEWEDTHUFRISAT".index(word) // 3


def naming(schedule: str) -> Callable[[datetime], bool]:
    """Whether a cron line names a minute."""
    fields = schedule.split(" ")
    minute, hour, day, month, weekday = (
        values(field, *bounds) for field, bounds in zip(fields, RANGES, strict=True)
    )
    star = fields[2].startswith("*") or fields[4].startswith("*")

    def names(wall: datetime) -> bool:
        if wall.minute not in minute or wall.hour not in hour or wall.month not in month:
            return False
        on_day, on_weekday = wall.day in day, bool({wall.isoweekday(), wall.isoweekday() % 7} & weekday)
        return on_day and on_weekday if star else on_day or on_weekday

    return names


def wall_minutes(window: Window, first: datetime, last: datetime) -> set[datetime]:
    """Every minute inside that a clock could show."""
    found, until, names = set[datetime](), first - window.duration, naming(window.schedule)
    wall = until
    while wall < last:
        until = wall + window.duration if names(wall) else until
        found |= {wall} if wall < until else set()
        wall += MINUTE
    return found


def minutes_open(owners: Sequence[Windows], first: datetime, count: int) -> list[bool]:
    open_at = [True] * count
    moments = [first + at * MINUTE for at in range(count)]
    for windows in owners:
        allowed = [not any(one.type is WindowType.ALLOW for one in windows)] * count
        for window in windows:
            zone = ZoneInfo(window.zone)
            walls = [at.astimezone(zone).replace(tzinfo=None, fold=0) for at in moments]
            inside = wall_minutes(window, min(walls), max(walls) + MINUTE)
            shown = [wall in inside for wall in walls]
            if window.type is WindowType.ALLOW:
                allowed = [before or now for before, now in zip(allowed, shown, strict=True)]
            else:
                open_at = [before and not now for before, now in zip(open_at, shown, strict=True)]
        open_at = [before and now for before, now in zip(open_at, allowed, strict=True)]
    return open_at


def owner(rows: Iterable[tuple[str, str, int]], zone: str) -> Windows:
    return tuple(Window(line, length * MINUTE, zone, WindowType(kind)) for kind, line, length in rows)


def weeks() -> list[object]:
    return [pytest.param(zone, at, id=f"{zone} {at}") for zone, both in CHANGES.items() for at in both]


tables = pytest.mark.parametrize("rows", TABLE.values(), ids=TABLE)
changes = pytest.mark.parametrize(("zone", "at"), weeks())


def compare(zone: str, at: str, rows: Iterable[tuple[str, str, int]], step: int) -> None:
    """The days of the change and around it by the minute, the rest of the week by `step` minutes."""
    change = datetime.fromisoformat(at)
    before, after = ((change + by).astimezone(ZoneInfo(zone)).utcoffset() for by in (-MINUTE, timedelta()))
    assert before != after
    owners, first, count = (owner(rows, zone),), change - 4 * DAY, int(WEEK / MINUTE)
    expected = minutes_open(owners, first, count + int(DAY / MINUTE))
    days = range(int((change - DAY - first) / MINUTE), int((change + DAY - first) / MINUTE))
    for minute in sorted({*days, *range(0, count, step)}):
        assert are_open(owners, first + minute * MINUTE) is expected[minute], minute
    around = range(int((change - HOUR - first) / MINUTE), int((change + 2 * HOUR - first) / MINUTE), 3)
    for minute in (*around, *range(0, count, 61)):
        opening = next_opening(owners, first + minute * MINUTE)
        coming = next((one for one in range(minute, len(expected)) if expected[one]), None)
        assert not opening.sure or coming is None or opening.time == first + coming * MINUTE
        assert opening.sure or coming is None or opening.time <= first + coming * MINUTE


@tables
@changes
def test_around_a_clock_change_every_minute_is_as_on_the_wall(
    zone: str, at: str, rows: tuple[tuple[str, str, int], ...]
) -> None:
    compare(zone, at, rows, 11)


@pytest.mark.plans
@tables
@changes
def test_every_minute_of_a_week_with_a_clock_change_is_as_on_the_wall(
    zone: str, at: str, rows: tuple[tuple[str, str, int], ...]
) -> None:
    compare(zone, at, rows, 1)


@given(
    st.lists(
        st.lists(
            st.builds(
                Window,
                st.tuples(
                    st.sampled_from(["*", "0", "30", "*/20", "10-50/20", "5,55"]),
                    st.sampled_from(["*", "0", "2", "*/3", "22-23,0-4", "1-3"]),
                    st.sampled_from(["*", "*", "29", "25-31", "*/2"]),
                    st.sampled_from(["*", "*", "3,10", "4-10"]),
                    st.sampled_from(["*", "*", "0", "5-7", "MON-FRI", "*/2"]),
                ).map(" ".join),
                st.integers(1, 3000).map(lambda count: count * MINUTE),
                st.sampled_from([*CHANGES, "Etc/UTC"]),
                st.sampled_from(WindowType),
            ),
            max_size=3,
        ).map(tuple),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from([at for both in CHANGES.values() for at in both]),
    st.integers(-24 * 60, 6 * 60),
)
def test_any_windows_of_service_and_site_are_as_on_the_wall(
    owners: list[Windows], at: str, offset: int
) -> None:
    now = datetime.fromisoformat(at) + offset * MINUTE
    expected = minutes_open(owners, now, 2 * 24 * 60)
    assert are_open(owners, now) is expected[0]
    opening = next_opening(owners, now)
    ahead = itertools.takewhile(
        lambda one: one[1] < opening.time, ((one, now + i * MINUTE) for i, one in enumerate(expected))
    )
    assert not any(is_open for is_open, _ in ahead)
    assert are_open(owners, opening.time) is opening.sure


NOON = datetime(2026, 11, 30, 12, 0, 7, 123456, tzinfo=UTC)
NIGHTS = Window("0 22 * * *", 6 * HOUR, "Europe/Zurich")


def test_without_windows_it_is_always_open() -> None:
    assert are_open((), NOON)
    assert are_open([(), ()], NOON)
    assert next_opening([()], NOON) == Opening(NOON, "Etc/UTC")


def test_the_next_opening_is_told_with_the_zone_in_which_it_is_meant() -> None:
    assert next_opening([(NIGHTS,)], NOON) == Opening(
        NOON.replace(hour=21, second=0, microsecond=0), "Europe/Zurich"
    )


def test_both_owners_have_to_be_open() -> None:
    site = (Window("0 23 * * *", 3 * HOUR),)
    assert next_opening([(NIGHTS,), site], NOON).time.hour == 23
    assert not are_open([(NIGHTS,), site], NOON.replace(hour=22))
    assert are_open([(NIGHTS,), site], NOON.replace(hour=23))


def test_what_is_denied_for_ever_opens_at_no_known_time() -> None:
    always = (Window("0 0 * * *", 24 * HOUR, type=WindowType.DENY),)
    opening = next_opening([always], NOON)
    assert not opening.sure
    assert opening.time > NOON + 200 * DAY


def test_what_is_far_away_is_not_looked_for() -> None:
    leap_days = (Window("0 0 29 2 *", HOUR), Window("0 0 29 2 *", HOUR, type=WindowType.DENY))
    assert not next_opening([leap_days], NOON).sure


def test_a_window_on_a_leap_day_is_found_years_ahead() -> None:
    assert next_opening([(Window("0 0 29 2 *", HOUR),)], NOON) == Opening(
        datetime(2028, 2, 29, tzinfo=UTC), "Etc/UTC"
    )
