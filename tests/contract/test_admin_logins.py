"""Which logins are tried: what the site refused rests, for whoever uses the account, also after a restart."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from arcgis_operator.adapters.admin import Accounts, Credentials, Hooks, Logins
from arcgis_operator.adapters.admin.logins import Trial
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.logins import LoginNote

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC).timestamp()
WRONG = Failure(Kind.REFUSED, "the site refused (400): Invalid username or password.", 400)
TOLD = Failure(Kind.UNAUTHORISED, "login refused: the site refused (400): Invalid username or password.", 400)
FIRST = Credentials("admin", "one", "Secret gis/login", "u/1")
SECOND = Credentials("admin", "two", "Secret gis/login", "u/2")


class Clock:
    """Both clocks of a process; the calendar stands at noon when it begins."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wall(self) -> float:
        return NOW + self.now - 1000.0


def begun(clock: Clock) -> Logins:
    return Logins(clock, clock.wall)


def entered(logins: Logins, credentials: Credentials) -> Trial:
    """A try that need not wait for another."""
    with pytest.raises(StopIteration) as end:
        logins.enter(credentials).send(None)
    assert isinstance(end.value.value, Trial), end.value.value
    return end.value.value


def refuse(logins: Logins, credentials: Credentials, raw: Failure = WRONG, told: Failure = TOLD) -> Failure:
    """Try them, in vain."""
    return logins.refused(entered(logins, credentials), raw, told)


def take(logins: Logins, credentials: Credentials) -> None:
    logins.taken(entered(logins, credentials))


def rests_for(logins: Logins, clock: Clock, credentials: Credentials) -> float:
    """Seconds until the credentials may be tried; time goes by."""
    began = clock.now
    while logins.held(credentials):
        clock.now += 1
    return clock.now - began


def test_the_pauses_of_a_refused_password_grow_from_five_minutes_to_an_hour() -> None:
    clock = Clock()
    logins, pauses = begun(clock), []
    for _ in range(6):
        refuse(logins, FIRST)
        pauses.append(rests_for(logins, clock, FIRST) / 60)
    assert pauses == [5, 15, 30, 60, 60, 60]


def test_the_message_says_what_to_check_and_when_the_next_try_is() -> None:
    logins = begun(Clock())
    failure = refuse(logins, FIRST)
    assert failure.detail == (
        "login refused: the site refused (400): Invalid username or password. Check username and password in "
        "Secret gis/login. Changed ones are tried at once, these again at 2026-11-23T12:05:00Z."
    )
    assert logins.held(FIRST) == failure


BLANKS = {
    "a line end after the password": ("admin", "one\n", "The password begins or ends with a blank or a line"),
    "a blank before the user name": (" admin", "one", "The username begins or ends with a blank or a line"),
}


@pytest.mark.parametrize(("username", "password", "hint"), BLANKS.values(), ids=BLANKS)
def test_a_blank_at_an_end_is_named(username: str, password: str, hint: str) -> None:
    failure = refuse(begun(Clock()), Credentials(username, password))
    assert hint in failure.detail
    assert "Check username and password. " in failure.detail
    assert "one" not in failure.detail.replace("ones", "")


LOCKED = {
    "refused": replace(WRONG, locked=True),
    "put off": Failure(Kind.BUSY, "Too many attempts", 429, locked=True),
}


@pytest.mark.parametrize("refusal", LOCKED.values(), ids=LOCKED)
def test_a_locked_account_rests_for_fifteen_minutes_with_any_password(refusal: Failure) -> None:
    clock = Clock()
    logins = begun(clock)
    failure = refuse(logins, FIRST, refusal, refusal)
    assert failure.kind is Kind.UNAUTHORISED
    assert (
        "Unlock the account on the site, or wait. The next try is at 2026-11-23T12:15:00Z." in failure.detail
    )
    held = logins.held(SECOND)
    assert held
    assert "says that it is locked. The next try is at 2026-11-23T12:15:00Z." in held.detail
    assert rests_for(logins, clock, SECOND) == 900


def test_a_page_that_says_too_many_is_about_requests_not_about_the_account() -> None:
    clock = Clock()
    logins = begun(clock)
    page = Failure(Kind.BUSY, "Too many requests", retry_after=40.0)
    failure = refuse(logins, FIRST, page, page)
    assert failure == replace(page, detail="Too many requests. The next try is at 2026-11-23T12:00:40Z.")
    assert rests_for(logins, clock, FIRST) == 40


def test_whatever_the_passwords_three_refusals_in_sixteen_minutes_are_enough() -> None:
    clock = Clock()
    logins = begun(clock)
    for number in range(3):
        assert logins.held(Credentials("admin", str(number))) is None
        refuse(logins, Credentials("admin", str(number)))
        clock.now += 60
    held = logins.held(SECOND)
    assert held
    assert held.kind is Kind.UNAUTHORISED
    assert "3 logins with this user name failed within 15 minutes" in held.detail
    assert rests_for(logins, clock, SECOND) == 960 - 180


def test_user_names_that_differ_in_case_are_one_account_but_not_one_password() -> None:
    logins = begun(Clock())
    refuse(logins, FIRST)
    other = replace(FIRST, username="Admin")
    assert logins.held(other) is None
    refuse(logins, other)
    refuse(logins, SECOND)
    assert logins.held(replace(other, password="another")) is not None


def test_a_password_that_the_site_took_is_not_held_back_by_those_of_others() -> None:
    clock = Clock()
    logins = begun(clock)
    take(logins, FIRST)
    for number in range(3):
        refuse(logins, Credentials("admin", str(number)))
    assert logins.held(FIRST) is None
    assert logins.held(SECOND) is not None
    assert logins.note(FIRST) is None
    refuse(logins, FIRST)
    assert logins.held(FIRST) is not None


TROUBLE = {
    "a site that fails in its own words": Failure(Kind.UNSURE, "the site failed (500)", 500),
    "a login whose answer was lost": Failure(Kind.UNSURE, "the site stopped answering"),
}


def pauses_after(failure: Failure) -> list[float]:
    clock = Clock()
    logins, pauses = begun(clock), []
    for _ in range(5):
        refuse(logins, FIRST, failure, failure)
        pauses.append(rests_for(logins, clock, FIRST))
    return pauses


@pytest.mark.parametrize("failure", TROUBLE.values(), ids=TROUBLE)
def test_a_login_that_may_have_been_judged_is_tried_at_growing_pauses(failure: Failure) -> None:
    """After each second one two have failed within the window: the rest of the room is for others."""
    assert pauses_after(failure) == [15, 945, 300, 660, 600]


def test_a_login_that_was_put_off_before_it_is_refused_rests_as_one_that_is_refused_first() -> None:
    clock = Clock()
    logins = begun(clock)
    for _ in range(4):
        refuse(logins, FIRST, Failure(Kind.BUSY, "later"), Failure(Kind.BUSY, "later"))
        rests_for(logins, clock, FIRST)
    refuse(logins, FIRST)
    assert rests_for(logins, clock, FIRST) == 300


def test_a_login_that_is_put_off_is_tried_a_little_later_and_counts_for_nothing() -> None:
    assert pauses_after(Failure(Kind.BUSY, "it is locked by another operation")) == [2, 15, 60, 300, 300]


def test_an_answer_that_is_lost_counts_also_for_a_password_that_was_taken() -> None:
    """It may have been changed on the site since, by one that answers refused logins late.

    All four places are there for it: an outage at whose begin and end an answer is lost costs little.
    """
    clock = Clock()
    logins, lost = begun(clock), TROUBLE["a login whose answer was lost"]
    take(logins, FIRST)
    pauses = []
    for _ in range(5):
        refuse(logins, FIRST, lost, lost)
        pauses.append(rests_for(logins, clock, FIRST))
    assert pauses == [15, 60, 300, 600, 600]


@pytest.mark.parametrize("kind", [Kind.NOT_SENT, Kind.MISSING])
def test_what_never_reached_the_account_is_tried_again_at_once(kind: Kind) -> None:
    logins, failure = begun(Clock()), Failure(kind, "x")
    assert refuse(logins, FIRST, failure, failure) == failure
    assert logins.held(FIRST) is None
    assert logins.note(FIRST) is None


def test_a_note_is_taken_over_by_the_next_process() -> None:
    clock = Clock()
    before = begun(clock)
    refuse(before, FIRST)
    clock.now += 300
    refuse(before, FIRST)
    note = before.note(FIRST)
    assert note == LoginNote(
        "admin", "u/1", 2, "2026-11-23T12:20:00Z", ("2026-11-23T12:00:00Z", "2026-11-23T12:05:00Z")
    )
    clock.now += 60
    after = begun(clock)
    after.recall(note)
    held = after.held(FIRST)
    assert held
    assert held.detail == (
        "login refused 2 times, the last time before this operator led. Check username and password in the "
        "Secret. Changed ones are tried at once, these again at 2026-11-23T12:20:00Z."
    )
    assert after.held(SECOND) is None
    refuse(after, SECOND)
    assert after.held(replace(SECOND, version="u/3", password="three")) is not None
    assert rests_for(after, clock, FIRST) == 900
    refuse(after, FIRST)
    assert rests_for(after, clock, FIRST) == 1800


def test_a_term_that_was_led_by_another_adds_what_that_one_met() -> None:
    clock = Clock()
    here, there = begun(clock), begun(clock)
    refuse(here, FIRST)
    note = here.note(FIRST)
    assert note
    here.recall(note)
    assert here.note(FIRST) == note
    there.recall(note)
    clock.now += 300
    refuse(there, FIRST)
    newer = there.note(FIRST)
    assert newer
    assert newer.refusals == 2
    here.recall(newer)
    assert here.note(FIRST) == newer
    assert rests_for(here, clock, FIRST) == 900


def test_a_note_with_times_that_cannot_be_read_or_lie_far_ahead_holds_nothing_for_ever() -> None:
    clock = Clock()
    logins = begun(clock)
    logins.recall(LoginNote("admin", "u/1", 3, "2099-01-01T00:00:00Z", ("soon",)))
    assert rests_for(logins, clock, FIRST) == 3600
    logins.recall(LoginNote("admin", "u/2", 3, "later"))
    assert logins.held(SECOND) is None


def test_a_note_tells_of_the_account_while_its_refusals_count_whatever_the_password_is_now() -> None:
    clock = Clock()
    logins = begun(clock)
    refuse(logins, FIRST)
    assert logins.note(SECOND) == LoginNote(
        "admin", "u/2", 0, "2026-11-23T12:00:00Z", ("2026-11-23T12:00:00Z",)
    )
    clock.now += 960
    assert logins.note(SECOND) is None
    assert logins.note(FIRST) is not None


REFUSED = {"error": {"code": 400, "message": "Invalid username or password."}}


async def test_two_sites_of_one_address_try_a_wrong_password_once(scripted) -> None:
    clock = Clock()
    logins, notes = begun(clock), []

    async def remember(note: LoginNote | None) -> None:
        notes.append(note)

    async def pace() -> None:
        await asyncio.sleep(0)

    made = [
        scripted(
            httpx.Response(200, json={"isReadOnly": False}),
            logins=logins,
            clock=clock,
            hooks=Hooks(pace=pace, remember=remember),
        )
        for _ in range(2)
    ]
    for _, site in made:
        site.login = lambda request: httpx.Response(200, json=REFUSED)
    assert [client.logged_in for client, _ in made] == [False, False]
    assert made[0][0].login_note() is None
    outcomes = await asyncio.gather(*(client.mode() for client, _ in made))
    assert {outcome.kind for outcome in outcomes} == {Kind.UNAUTHORISED}
    assert sum(site.logins for _, site in made) == 1
    assert [note.refusals for note in notes] == [0, 1]
    assert [client.login_note() for client, _ in made] == notes[1:] * 2
    assert [client.logged_in for client, _ in made] == [True, True]


NOT_PASSED_ON = {
    "a gateway whose site is away": httpx.Response(502),
    "a gateway without a site": httpx.Response(503, content=b"<html>"),
    "nobody knows the address": httpx.Response(404, content=b"<html>"),
    "a way to somewhere else": httpx.Response(302),
}
PERHAPS_JUDGED = {
    "a gateway that waited in vain": httpx.Response(504),
    "another one that waited in vain": httpx.Response(524, content=b"<html>"),
    "a site that broke down": httpx.Response(500, content=b"<html>"),
    "a page in the place of what the site said": httpx.Response(400, content=b"<html>"),
    "a page that forbids what the site said": httpx.Response(403, content=b"<html>"),
    "a page that claims to be fine": httpx.Response(200, content=b"<html>"),
    "the site's own words without a code": httpx.Response(200, json={"error": {"message": "No."}}),
    "the site's own words as a list": httpx.Response(200, json={"status": "error", "messages": ["No."]}),
    "an answer in a code of transfer": httpx.Response(200, headers={"content-encoding": "gzip"}, content=b""),
    "half an answer": httpx.Response(200, content=b'{"error": {"code": 4'),
}


@pytest.mark.parametrize("answer", NOT_PASSED_ON.values(), ids=NOT_PASSED_ON)
async def test_a_login_that_nobody_passed_on_counts_for_nothing(scripted, answer: httpx.Response) -> None:
    client, site = scripted(httpx.Response(200, json={}))
    site.login = lambda request: answer
    for _ in range(2):
        assert (await client.mode()).kind in (Kind.NOT_SENT, Kind.GARBLED)
    assert site.logins == 2
    assert client.login_note() is None


@pytest.mark.parametrize("answer", PERHAPS_JUDGED.values(), ids=PERHAPS_JUDGED)
async def test_whatever_the_answer_to_a_login_may_hide_no_account_is_locked(
    scripted, answer: httpx.Response
) -> None:
    """The site may have refused it, and something on the way, or its own words, do not let us see that."""
    clock = Clock()
    client, site = scripted(httpx.Response(200, json={}), clock=clock, wall=clock.wall)
    site.login = lambda request: answer
    for _ in range(15 * 6):
        assert (await client.mode()).kind in (Kind.NOT_SENT, Kind.GARBLED, Kind.UNAUTHORISED)
        clock.now += 10
    assert 2 <= site.logins <= 3


CUT_OFF = {"before it was sent": (False, True), "when it was under way": (True, False)}


@pytest.mark.parametrize(("sent", "tried_again"), CUT_OFF.values(), ids=CUT_OFF)
async def test_a_login_that_is_cut_off_may_have_been_judged(client_of, sent: bool, tried_again: bool) -> None:
    waiting, asked = asyncio.Event(), []

    async def pace() -> None:
        if not sent and not waiting.is_set():
            waiting.set()
            await asyncio.sleep(3600)

    async def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1 and sent:
            waiting.set()
            await asyncio.sleep(3600)
        return httpx.Response(200, json=REFUSED)

    client = client_of(
        "https://site.test/arcgis", transport=httpx.MockTransport(respond), hooks=Hooks(pace=pace)
    )
    asking = asyncio.create_task(client.mode())
    await waiting.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    asked.clear()
    assert (await client.mode()).kind is (Kind.UNAUTHORISED if tried_again else Kind.NOT_SENT)
    assert bool(asked) is tried_again


class Addresses:
    """Logins of several addresses that share what is known of accounts."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.accounts = Accounts(self.clock, self.clock.wall)

    def at(self, address: str) -> Logins:
        return Logins(self.clock, self.clock.wall, self.accounts, address)


def test_a_password_that_one_address_refused_is_tried_at_one_more_and_a_new_one_at_once() -> None:
    here = Addresses()
    refuse(here.at("a"), FIRST)
    refuse(here.at("b"), FIRST)
    held = here.at("c").held(FIRST)
    assert held
    assert held.detail == (
        "no login with this account is tried for now: 2 logins with this user name failed within 15 minutes, "
        "at all sites together, and five may lock it. The next try is at 2026-11-23T12:16:00Z."
    )
    assert here.at("c").held(SECOND) is None
    take(here.at("a"), SECOND)
    assert here.at("b").held(SECOND) is None
    assert here.at("b").held(replace(SECOND, username="somebody else")) is None


def test_a_password_that_another_address_takes_is_no_failed_one() -> None:
    here = Addresses()
    take(here.at("right"), FIRST)
    refuse(here.at("wrong"), FIRST)
    refuse(here.at("wrong"), SECOND)
    assert here.at("new").held(FIRST) is None
    assert here.at("new").held(SECOND) is not None


def test_what_an_address_takes_is_held_up_by_four_refusals_only() -> None:
    here = Addresses()
    for address in "abc":
        take(here.at(address), FIRST)
    for number in range(3):
        refuse(here.at("wrong"), replace(FIRST, password=str(number)))
    assert here.at("a").held(FIRST) is None
    refuse(here.at("a"), FIRST)
    assert here.at("b").held(FIRST) is not None
    assert rests_for(here.at("b"), here.clock, FIRST) == 960


@pytest.mark.parametrize("username", ["GIS\\Admin", "admin@gis.example", " ADMIN", "\uff41dmin"])
def test_names_that_may_be_one_account_are_counted_together(username: str) -> None:
    here = Addresses()
    for number in range(3):
        refuse(here.at("a"), Credentials(username, str(number)))
    assert here.at("b").held(SECOND) is not None


def test_while_notes_are_missing_one_login_may_fail() -> None:
    here = Addresses()
    here.accounts.untold_until = here.clock.now + 960
    take(here.at("a"), FIRST)
    refuse(here.at("b"), SECOND)
    assert here.at("a").held(FIRST) is not None
    here.clock.now += 960
    assert here.at("a").held(FIRST) is None


def test_what_could_not_be_stored_of_a_renewal_is_stored_before_the_next_one_is_tried() -> None:
    here = Addresses()
    for address in "ab":
        take(here.at(address), FIRST)
    renewal = entered(here.at("a"), FIRST)
    assert not renewal.first_noted
    here.at("a").refused(renewal, WRONG, TOLD)
    following = entered(here.at("b"), FIRST)
    assert following.first_noted
    here.at("b").leave(following)
    note = here.at("a").note(FIRST)
    assert note
    assert len(note.refused_times) == 1
    here.at("a").stored(note)
    assert not entered(here.at("b"), FIRST).first_noted


def test_two_failures_in_one_second_are_two_after_a_restart() -> None:
    before, after = Addresses(), Addresses()
    trials = [entered(before.at(address), FIRST) for address in "ab"]
    for address, trial in zip("ab", trials, strict=True):
        before.at(address).refused(trial, WRONG, TOLD)
    for address in "ab":
        note = before.at(address).note(FIRST)
        assert note
        assert len(note.refused_times) == 2
        after.at(address).recall(note)
    assert after.at("c").held(replace(FIRST, version="u/9")) is None
    refuse(after.at("c"), replace(FIRST, version="u/9"))
    assert after.at("d").held(SECOND) is not None


def test_a_try_that_is_over_does_not_end_one_of_another_address_in_the_same_second() -> None:
    """Sites whose names are silent come and go at once, all under one user name."""
    here = Addresses()
    first = entered(here.at("a"), FIRST)
    here.at("a").refused(first, Failure(Kind.NOT_SENT, "no name"), TOLD)
    second = entered(here.at("b"), FIRST)
    assert second.stamp == first.stamp
    here.at("a").leave(first)
    here.at("b").taken(second)
    assert here.at("b").held(FIRST) is None


async def test_after_a_lost_login_the_site_is_asked_without_one_until_it_answers(client_of) -> None:
    """Each lost login may have been judged: an outage must not use up the places of the account."""
    clock, asked, away = Clock(), [], [True]

    async def respond(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        if away[0]:
            raise httpx.ReadTimeout("lost")
        if request.method == "POST":
            return httpx.Response(200, json=REFUSED)
        return httpx.Response(499, json={"error": {"code": 499, "message": "Token Required"}})

    transport = httpx.MockTransport(respond)
    client = client_of("https://site.test/arcgis", transport=transport, clock=clock, wall=clock.wall)
    login, root = "POST /arcgis/sharing/rest/generateToken", "GET /arcgis/admin"
    for expected in ([login], [root], [root]):
        asked.clear()
        await client.mode()
        assert asked == expected
        clock.now += 60
    away[0] = False
    asked.clear()
    assert (await client.mode()).kind is Kind.UNAUTHORISED
    assert asked == [root, login]


SPEAKING = {
    "it asks for a token": httpx.Response(200, json={"error": {"code": 499, "message": "Token Required"}}),
    "it refuses": httpx.Response(200, json={"error": {"code": 400, "message": "A token is required."}}),
    "it hides": httpx.Response(404, json={"error": {"code": 404, "message": "Not found."}}),
}


@pytest.mark.parametrize("root", SPEAKING.values(), ids=SPEAKING)
async def test_whatever_the_site_says_without_a_login_it_is_there(scripted, root: httpx.Response) -> None:
    clock = Clock()
    client, site = scripted(root, clock=clock, wall=clock.wall)
    site.login = lambda request: httpx.Response(504)
    await client.mode()
    clock.now += 60
    await client.mode()
    assert site.logins == 2


async def test_a_page_in_the_place_of_the_root_holds_a_login_only_while_a_lost_one_counts(scripted) -> None:
    """A gateway may show a page to all who come without a token: that is no reason never to log in again."""
    clock = Clock()
    client, site = scripted(httpx.Response(403, content=b"<html>"), clock=clock, wall=clock.wall)
    good, site.login = site.login, lambda request: httpx.Response(504)
    await client.mode()
    site.login = good
    clock.now += 900
    assert (await client.mode()).kind is Kind.NOT_SENT
    assert site.logins == 1
    clock.now += 60
    await client.mode()
    assert (site.logins, client.username) == (2, "gis-admin")
