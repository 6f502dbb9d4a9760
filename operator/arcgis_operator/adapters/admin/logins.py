"""Which logins may be tried at one address: what the site refused is not sent again and again.

The account is often one that people use, who mistype it, too: so not all of the five refusals that lock it
are ours, and those under all addresses share them. See `accounts`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from arcgis_operator.adapters.admin.accounts import Account, Accounts, Credentials, Refusal, Room, Word
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.logins import LoginNote

LOCKED_SECONDS = 15 * 60.0
_LONGEST_REASON = 200
_CUT_OFF = Failure(Kind.UNSURE, "login cut off by the end of a term")
_BLANK_END = "The {} begins or ends with a blank or a line end: make the Secret without it."


@dataclass(slots=True)
class Trial:
    """One login that may be tried now; `sent` once the site may have seen it.

    `first_noted`: only after it was stored that it is tried, so that a restart counts it. Not so for the only
    one under way, of credentials that the site has taken: a process that ends forgets one of these at most.
    """

    credentials: Credentials
    stamp: str
    first_noted: bool
    doubtful: bool = False  # one of these was lost
    alone: bool = True  # no login of the account that failed counts any more
    sent: bool = False
    over: bool = False


class Logins:
    """Shared by all clients of one address; `accounts` by those of all addresses."""

    def __init__(
        self,
        clock: Callable[[], float],
        wall: Callable[[], float],
        accounts: Accounts | None = None,
        address: str = "",
    ) -> None:
        self._accounts, self._address = accounts or Accounts(clock, wall), address
        self._clock = clock

    async def enter(self, credentials: Credentials) -> Trial | Failure:
        """A try of these, to be ended with `leave`; or why they are not sent to the site now.

        Of one password at one address one is tried at a time; and no more at once than may all be refused.
        """
        while True:
            if failure := self.held(credentials):
                return failure
            account = self._accounts.account(credentials.username)
            room = self._room(account, credentials)
            if not account.is_busy(self._address, credentials, room):
                break
            await account.moved.wait()
        first_noted = room is not Room.TAKEN or bool(account.under_way or account.unstored)
        known = account.refusal(self._address, credentials)
        doubtful = known is not None and known.word is Word.UNSURE
        alone = not account.tries
        trial = Trial(credentials, self._accounts.free_stamp(account), first_noted, doubtful, alone)
        account.tries[trial.stamp] = self._clock()
        account.under_way[trial.stamp] = (self._address, credentials)
        return trial

    def leave(self, trial: Trial) -> None:
        """It is over, perhaps without an end that anybody has heard."""
        account = self._accounts.account(trial.credentials.username)
        if trial.over:  # its time may be another one's by now
            return
        if trial.sent:
            self.refused(trial, _CUT_OFF, replace(_CUT_OFF, kind=Kind.NOT_SENT))
        else:
            self._end(account, trial, failed=False)

    def held(self, credentials: Credentials) -> Failure | None:
        """Why these are not sent to the site now, None when they may be."""
        account, now = self._accounts.account(credentials.username), self._clock()
        known = account.refusal(self._address, credentials)
        if known and now < known.until:
            return known.failure
        room = self._room(account, credentials)
        locked_until = account.locked_until.get(self._address, float("-inf"))
        if now < locked_until and room is not Room.TAKEN:
            return Failure(Kind.UNAUTHORISED, self._rests("the site says that it is locked", locked_until))
        until = account.room_at(room)
        return Failure(Kind.UNAUTHORISED, self._rests(_many(account), until)) if now < until else None

    def refused(self, trial: Trial, raw: Failure, told: Failure) -> Failure:
        """Count a failed login for what it is; `told` says it, and comes back with what to do.

        `raw` is as the answer was read: UNSURE, GARBLED when nobody knows whether the site has judged it.
        """
        credentials, now = trial.credentials, self._clock()
        account, word = self._accounts.account(credentials.username), _word(raw)
        self._end(account, trial, failed=word in (Word.REFUSED, Word.UNSURE))
        if not trial.first_noted:
            account.unstored |= account.tries.keys() & {trial.stamp}
        if word is None:
            return told
        known = account.refusal(self._address, credentials)
        before = known.count if known and known.word is word else 0
        until = now + max(word.pause(before), raw.retry_after or 0.0)
        if raw.locked:
            account.locked_until[self._address] = now + LOCKED_SECONDS
            until, told = max(until, now + LOCKED_SECONDS), replace(told, kind=Kind.UNAUTHORISED)
        if word is Word.REFUSED and account.taken.get(self._address) == credentials:
            del account.taken[self._address]
        if word is not Word.LATER:
            taken = account.taken.get(self._address) == credentials
            until = max(until, account.room_at(Room.TAKEN if taken else Room.FAILED))
        said = told.detail[:_LONGEST_REASON].rstrip(". ")
        failure = replace(told, detail=f"{said}. {self._advice(credentials, word, until, raw.locked)}")
        held = replace(failure, retry_after=None)  # it stands for no new answer of the site
        here = (self._address, credentials, credentials.version)
        account.put(known, Refusal(*here, word, before + 1, until, held))
        return failure

    def taken(self, trial: Trial) -> None:
        """The site took them."""
        account = self._accounts.account(trial.credentials.username)
        self._end(account, trial, failed=False)
        account.taken[self._address] = trial.credentials
        known = account.refusal(self._address, trial.credentials)
        account.refusals = [one for one in account.refusals if one is not known]

    def note(self, credentials: Credentials) -> LoginNote | None:
        """What a restart must know of them; None when there is nothing."""
        account = self._accounts.account(credentials.username)
        known = account.refusal(self._address, credentials)
        taken = account.taken.get(self._address) == credentials
        trying = (self._address, credentials) in account.under_way.values()
        if known is None and not trying and (taken or not account.tries):
            return None
        count, until = (known.count, known.until) if known else (0, self._clock())
        tries = tuple(sorted(account.tries))
        return LoginNote(account.name, credentials.version, count, self._accounts.stamp(until), tries)

    def stored(self, note: LoginNote) -> None:
        """A restart will know of these."""
        self._accounts.account(note.username).unstored -= set(note.refused_times)

    def recall(self, note: LoginNote) -> None:
        """Take over what another process, or this one, has noted of an account."""
        account, now = self._accounts.account(note.username), self._clock()
        for text in note.refused_times:
            at = self._accounts.at(text)
            if at is not None and text not in account.tries:
                account.tries[text] = min(at, now)
        if not note.refusals:
            return
        until = min(self._accounts.at(note.next_try_time) or now, now + Word.REFUSED.value[-1])
        there = (one for one in account.refusals if one.address == self._address)
        known = next((one for one in there if one.version == note.secret_version), None)
        if known and known.until >= until - 1:
            return
        text = (
            f"login refused {note.refusals} times, the last time before this operator led. Check username "
            "and password in the Secret. Changed ones are tried at once, these again at "
            f"{self._accounts.stamp(until)}."
        )
        here = (self._address, known.credentials if known else None, note.secret_version)
        failure = Failure(Kind.UNAUTHORISED, text)
        account.put(known, Refusal(*here, Word.REFUSED, note.refusals, until, failure))

    def _room(self, account: Account, credentials: Credentials) -> Room:
        return self._accounts.room(account, self._address, credentials)

    def _end(self, account: Account, trial: Trial, *, failed: bool) -> None:
        trial.over = True
        del account.under_way[trial.stamp]
        if failed:
            account.tries[trial.stamp] = self._clock()
        else:
            del account.tries[trial.stamp]
        account.move()

    def _advice(self, credentials: Credentials, word: Word, until: float, locked: bool) -> str:
        at = self._accounts.stamp(until)
        if word is not Word.REFUSED:
            return f"The next try is at {at}."
        blank = "".join(
            f"{_BLANK_END.format(key)} "
            for key, text in (("username", credentials.username), ("password", credentials.password))
            if text.strip() != text
        )
        if locked:
            return f"{blank}Unlock the account on the site, or wait. The next try is at {at}."
        where = f" in {credentials.source}" if credentials.source else ""
        return (
            f"{blank}Check username and password{where}. Changed ones are tried at once, these again at {at}."
        )

    def _rests(self, why: str, until: float) -> str:
        at = self._accounts.stamp(until)
        return f"no login with this account is tried for now: {why}. The next try is at {at}."


def _word(raw: Failure) -> Word | None:
    """None for what has not reached the account."""
    if raw.locked or raw.kind in (Kind.UNAUTHORISED, Kind.REFUSED):
        return Word.REFUSED
    return {Kind.BUSY: Word.LATER, Kind.UNSURE: Word.UNSURE, Kind.GARBLED: Word.UNSURE}.get(raw.kind)


def _many(account: Account) -> str:
    many = "1 login" if len(account.tries) == 1 else f"{len(account.tries)} logins"
    return f"{many} with this user name failed within 15 minutes, at all sites together, and five may lock it"
