"""The sentences that people read on a resource and in its events: each stands here once.

They say what happened, then what to do, with the command where there is one. Values stand in quotes. What
comes in is fit to be shown already; `whose` is the resource as kubectl takes it, `roads -n gis`.
"""

from collections.abc import Sequence

from arcgis_operator.core.annotations import abandon_command, retry_command
from arcgis_operator.core.durations import duration

EDIT = "edit"
DID = {EDIT: "edited", "start": "started", "stop": "stopped", "changeProvider": "changed the provider of"}
"""What a job of each operation did to the service."""
NOUNS = {"changeProvider": "change of provider"}
"""An operation in a sentence, where that is not its name."""
NOT_SET = "(not set)"
SEVERAL = "(several values)"
LONGEST = 512  # characters of a message
LONGEST_EVENT = 1000
HIDDEN = "(not shown: it may be a secret)"
NOT_READ = "The site was not read."
JOB_NOT_READ = "The job was not read."
SERVICE_NOT_READ = "The service was not read."
NO_SPEC = "The spec cannot be read."
OTHERS_RUN = "Another job is running on the service; waiting for it to finish."
JOB_ENDED = "The job COMPLETED; waiting until the service shows the new settings."
READ_EARLY = (
    "The last edit ended a moment ago, and what the service shows may be from before it; "
    "it is read again before another edit is sent."
)
STATE_UNTOLD = (
    "The service does not say whether it is STARTED or STOPPED, so it can neither be started nor stopped. "
    "Remove spec.configuredState."
)
NOTHING_DECLARED = "0 settings are declared, so there is nothing to keep."
SUSPENDED = (
    "spec.suspend is true: the operator neither reads nor edits the service. Set it to false to resume."
)
SITE_SUSPENDED = "spec.suspend of the ArcGISSite is true: nothing is read from the site or sent to it."
OBSERVES = "spec.managementPolicy is Observe"
SITE_OBSERVES = "spec.managementPolicy of the ArcGISSite is Observe"
NO_AIM = "spec.siteRef or spec.service cannot be read. Fix it as kubectl explain agsvc.spec says."
RIGHT_TO_JOBS = "grant the account the right to view jobs"


def sentence(text: str) -> str:
    """A phrase, such as what a failed request tells, as a sentence of its own."""
    text = text.strip()
    ended = text if text[-1:] in (".", "!", "?", "…") else f"{text}."
    return ended[:1].upper() + ended[1:] if text else ""


def quoted(value: str) -> str:
    """A value of a setting; where there is none, that."""
    return value if value in (NOT_SET, SEVERAL, '""') else f'"{value}"'


def counted(count: int, one: str, many: str = "") -> str:
    """`1 setting`, `2 settings`."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def before(told: str, rest: str, longest: int = LONGEST) -> str:
    """What is told, cut so that the rest fits behind it."""
    room = max(100, longest - len(rest) - 1)
    return f"{told if len(told) <= room else f'{told[: room - 1]}…'} {rest}"


def listed(items: Sequence[str], most: int, count: int = 0) -> str:
    """The first of them, and that there are more."""
    more = ", …" if max(count, len(items)) > most else ""
    return f"{', '.join(items[:most])}{more}"


# An edit


def changed(path: str, before: str, after: str) -> str:
    """One change; two values that are masked look alike and say nothing."""
    return f"{path} {HIDDEN}" if before == after else f"{path} {quoted(before)} → {quoted(after)}"


def noun(operation: str) -> str:
    """As it stands in a sentence."""
    return NOUNS.get(operation, operation)


def sending(changes: Sequence[str], attempt: int, drift: bool, operation: str = EDIT) -> str:
    why = "after drift" if drift else f"attempt {attempt}"
    return f"Sending the {noun(operation)} ({why}): {listed(changes, 3)}" + ("" if len(changes) > 3 else ".")


def drifted(changes: Sequence[tuple[str, str, str]], who: str = "") -> str:
    """Path, found value, declared value of each; `who` is a sentence about who did it."""
    found = "; ".join(
        f"{path} was changed on the site"
        + (f" {HIDDEN}" if before == after else f": found {quoted(before)}, declared {quoted(after)}")
        for path, before, after in changes[:5]
    )
    more = f"; and {len(changes) - 5} more" if len(changes) > 5 else ""
    rest = f"Restoring the declared {'value' if len(changes) == 1 else 'values'}."
    return before(f"{found}{more}.", f"{who} {rest}".lstrip(), LONGEST_EVENT)


def observing(why: str, changes: Sequence[str], who: str = "") -> str:
    told = f"{counted(len(changes), 'setting')} would be changed: {listed(changes, 3)}"
    told = f"{told}{'' if len(changes) > 3 else '.'}"
    return before(told, f"{who} Nothing is sent, because {why}.".lstrip())


def drift_reported(changes: Sequence[str], who: str = "") -> str:
    """`changes` from the value found to the one declared; `who` is a sentence about who did it."""
    count = counted(len(changes), "declared setting")
    told = f"{count} {'was' if len(changes) == 1 else 'were'} changed on the site: {listed(changes, 3)}"
    ways = "Set it to Correct to restore, or declare what is live."
    rest = f"{who} Not restored, because spec.drift.policy is Report. {ways}".lstrip()
    return before(f"{told}{'' if len(changes) > 3 else '.'}", rest)


COUNTING_DRIFTS = (
    "A declared setting was changed on the site. Before it is restored, the other services of the site are "
    "looked at."
)


def one_of_many(site: str) -> str:
    return (
        f"A declared setting was changed on the site, as on many other services of ArcGISSite {site}. "
        "None of them is restored before a person says so: the status of the ArcGISSite has the command."
    )


def site_diverged(count: int, since: str, upgraded: bool, command: str) -> str:
    cause = (
        "since the site has another version" if upgraded else "as after a restore or an upgrade of the site"
    )
    return (
        f"{counted(count, 'service')} of this site differ from what was verified before, {cause} "
        f"(found {since}). None of them is restored before a person says so. To restore them: {command}"
    )


def ignores_nothing(places: Sequence[str]) -> str:
    return f"spec.drift.ignorePaths names what is not declared: {listed(places, 3)}."


def stray(job: str, user: str, own: bool, operation: str = EDIT) -> str:
    did = DID[operation]
    if own:
        told = f"Job {job} {did} this service with the operator's account ({user}), but the operator has no"
        return f"{told} record of sending it. Re-reading the service."
    return f"Job {job} of {user} {did} this service; the operator did not send it. Re-reading the service."


def accepted(job: str, operation: str = EDIT) -> str:
    return f"The site accepted the {noun(operation)} as job {job}; waiting for it to finish."


def applied(operation: str = EDIT) -> str:
    return f"The site applied the {noun(operation)} at once, without a job; verifying."


def applied_in_vain(operation: str = EDIT) -> str:
    return f"The site applied the {noun(operation)} at once, but still has other values."


def expected(end: str, latest: str, count: int, operation: str = EDIT) -> str:
    """By what `count` jobs of the same operation took."""
    return f"By the last {count} {operation} jobs of the site it ends about {end}, 9 of 10 such by {latest}."


def lost_answer(why: str, operation: str = EDIT, has_job: bool = True) -> str:
    looking = "Looking for its job" if has_job else "Waiting until the service shows whether it was applied"
    return f"The answer to the {noun(operation)} was lost ({why}). {looking} before sending anything else."


def at_work(operation: str, until: str, whose: str, intent: str) -> str:
    """It has no job, so nothing tells whether it is still at work."""
    return (
        f"The answer to the {noun(operation)} was lost. It has no job that could be looked for, so it may "
        f"still be under way; nothing else is sent before {until}. If the site does not work at it any more, "
        f"give it up: {abandon_command(whose, intent)}"
    )


def refused(why: str, operation: str = EDIT) -> str:
    """`why` may begin with the same words: `the site refused (400): …`."""
    same = "the site refused"
    words = why.removeprefix(same) if why.startswith(same) else f": {why}"
    return f"The site refused the {noun(operation)}{words}"


def answered(why: str, operation: str = EDIT) -> str:
    return f"The site answered the {noun(operation)} with an error: {why}"


def no_trace(attempt: int) -> str:
    return f"No job or change of attempt {attempt} was found on the site."


def part_live(operation: str, job: str, changes: Sequence[str], count: int) -> str:
    """What of a plan is live, before the rest of it is sent."""
    how = f" (job {job})" if job else ""
    told = f"The {noun(operation)} is verified on the site{how}: {listed(changes, 3, count)}."
    return f"{told} What else differs follows."


def live_though_failed(job: str, status: str) -> str:
    return f"Job {job} ended as {status}, but the settings are live."


def guessed(job: str) -> str:
    return (
        f"The operator was restarted before the answer came, so only account and time tell that job {job} is "
        "the job of its edit."
    )


def verified(count: int, job: str, took: str) -> str:
    how = f" ({', '.join(filter(None, (f'job {job}', took)))})" if job else ""
    return f"{counted(count, 'declared setting')} verified on the site{how}."


def after_restart(paths: Sequence[str], version: str) -> str:
    return (
        f"Live after the next restart of the service: {listed(paths, 3)} "
        f"(the site is version {version}; sites from 12.0 on restart it themselves)."
    )


def were_new(count: int, of: int, paths: Sequence[str]) -> str:
    told = f"{count} of {of} declared settings did not exist on this service before"
    return f"{told}: {listed(paths, 5, count)}. Check the spelling of what has no effect."


def changes_made(changes: Sequence[str], count: int) -> str:
    return f"Changed: {listed(changes, 3, count)}" + ("" if count > 3 else ".")


# What is waited for


def others_run(job: str, user: str) -> str:
    return f"Job {job} of {user} is running on the service; waiting for it to finish."


def unsettled(settle_seconds: float, answer: str = "", operation: str = EDIT) -> str:
    """`answer` is what the site said to the request whose outcome is not known."""
    before = f"{sentence(answered(answer, operation))} " if answer else ""
    told = "An earlier request may still reach the site. Checking again after the settle time"
    return f"{before}{told} (up to {duration(settle_seconds)})."


def blind(whose: str, intent: str) -> str:
    return (
        "The site does not let this account list jobs, and the settings differ, so the operator cannot tell "
        f"whether the edit is still running. {sentence(RIGHT_TO_JOBS)[:-1]}, or give the edit up: "
        f"{abandon_command(whose, intent)}"
    )


def unseen(until: str, jobless: bool = False) -> str:
    """`jobless`: what may be under way has no job."""
    if jobless:
        return (
            "A change of provider has no job: one that the status does not tell of may still be under way. "
            f"Nothing is sent before {until}, when none can be."
        )
    return (
        "The site does not let this account list jobs, and the status does not say whether an edit is still "
        f"running. Nothing is sent before {until}, when none can be running. To end this sooner, "
        f"{RIGHT_TO_JOBS}."
    )


def overdue(job: str, limit: float, whose: str, intent: str) -> str:
    return (
        f"Job {job} has not finished within {duration(limit)}; nothing else is sent meanwhile. Check the job "
        f"on the site. If it no longer runs there, give the edit up: {abandon_command(whose, intent)}"
    )


def job_unseen(job: str, limit: float) -> str:
    return (
        f"The site does not know job {job} at the moment. It is treated as running until it has not been "
        f"seen for {duration(limit)}."
    )


# What went wrong with an edit


def provider_fixed(live: str) -> str:
    return (
        f"The site runs the service with provider {live}. Only ArcObjects11 and DMaps can be exchanged for "
        "each other. Remove spec.provider."
    )


def job_lost(job: str, limit: float) -> str:
    return f"The site has not known job {job} for {duration(limit)}, and still has other values."


def job_failed(job: str, status: str, words: str) -> str:
    """`words` are those of the site."""
    error = " with an error" if status == "COMPLETED" else ""
    return f"Job {job} ended as {status}{error}{f': {words}' if words else '; the site gave no reason.'}"


def not_sticking(job: str, changes: Sequence[tuple[str, str, str]]) -> str:
    values = "; ".join(
        f"{path} {HIDDEN}" if before == after else f"{path} is {quoted(before)}, declared {quoted(after)}"
        for path, before, after in changes[:3]
    )
    more = f"; and {len(changes) - 3} more" if len(changes) > 3 else ""
    return f"Job {job} COMPLETED, but the site still has other values: {values}{more}."


def next_attempt(failure: str, attempt: int, time: str) -> str:
    return f"{failure} Attempt {attempt} follows at {time}."


def given_up(failure: str, attempts: int, whose: str) -> str:
    """A long failure is cut, so that the command fits behind it."""
    ways = f"Fix the cause or the spec; to retry now: {retry_command(whose)}"
    ways = f"Giving up after {counted(attempts, 'attempt')}. {ways}"
    return before(failure, ways)


def budget_spent(most: int, time: str) -> str:
    sent = f"{counted(most, 'edit')} {'was' if most == 1 else 'were'} sent within an hour, the maximum"
    return (
        f"{sent} (--edits-per-hour). Something keeps changing this service: find out what. The next edit may "
        f"be sent at {time}."
    )


def awaiting_approval(changes: Sequence[str], other: bool, command: str) -> str:
    """`other`: another plan is approved. A long list is cut, so that the command fits behind it."""
    one = len(changes) == 1
    told = f"{counted(len(changes), 'change')} {'waits' if one else 'wait'} for approval"
    told += " (spec.change.approvedPlan names another plan)" if other else ""
    told = f"{told}: {listed(changes, 3)}{'' if len(changes) > 3 else '.'}"
    return before(told, f"To approve {'it' if one else 'them'}: {command}")


def outside_window(count: int, opens: str, local: str, sure: bool, commands: Sequence[str]) -> str:
    """`local` is the time on the clock of the window's zone, empty where that shows UTC."""
    when = f"{opens}{f' ({local})' if local else ''}"
    told = f"{counted(count, 'change')} {'waits' if count == 1 else 'wait'} for a window."
    told = f"{told} {f'The next one opens at {when}.' if sure else f'None opens before {when}.'}"
    return f"{told} To send {'it' if count == 1 else 'them'} now: {' and '.join(commands)}"


def window_overridden(what: str, value: str) -> str:
    return f'The edit is sent outside the windows of {what}, as its annotation asks: "{value}".'


WINDOW_CLOSED = "the window closed before the request was sent"

# Who and where


def stranger(asked: str, found: str) -> str:
    return (
        f'The spec asks for "{asked}", but the site answers with "{found}". Nothing is sent. Write '
        "spec.service as the site spells it, or ask the site's owner."
    )


def site_changed(before: str, now: str, whose: str, intent: str) -> str:
    return (
        f"An edit is still open on {before}, but the site is now {now}. Nothing is sent meanwhile. Restore "
        f"the former spec.url, or give the edit up: {abandon_command(whose, intent)}"
    )


def conflict(winner: str, state: str, older: bool) -> str:
    why, how = " and is older" if older else "", f" (its state: {state})" if state else ""
    told = f"{winner} already manages this service{why}{how}, so this resource is ignored."
    return f"{told} Delete one of the two."


def conflict_ends(winner: str, older: bool) -> str:
    why = " (it is older)" if older else ""
    return f"{winner} manages this service from now on{why}. Delete one of the two."


def conflict_live(rival: str) -> str:
    return (
        f"The service already has the settings that {rival} declares, and nothing shows which of the two "
        "managed it, as after a restore. Nothing is sent. Delete one of the two."
    )


def unread_rival(other: str, why: str) -> str:
    return f"{other} is about the same service and cannot be read: {why}. Nothing is sent until it can be."


def site_not_found(site: str) -> str:
    return f"ArcGISSite {site} not found. Create it, or fix spec.siteRef."


def site_invalid(site: str, problems: str) -> str:
    return f"ArcGISSite {site} is invalid: {problems} Its owner has to fix it."


def nothing_sent(what: str) -> str:
    return f"{what} Nothing is sent meanwhile; checking again."


def labels_unread(namespace: str, why: str) -> str:
    """A rule asks for the labels of the namespace."""
    told = f"The labels of namespace {namespace} cannot be read ({why}), so the operator cannot tell whether"
    return nothing_sent(f"{told} it may use the site.")


def pause(why: str) -> str:
    """`why` are the words of the site's answer."""
    return f"The site asked for a pause ({why})."


def read_only(reason: str) -> str:
    told = f' ("{reason}")' if reason else ""
    return f"The site is in read-only mode{told}. Edits are sent when it ends."


def circuit_open(longest: float, last: str) -> str:
    return (
        "The site failed several times in a row; retrying at growing intervals of up to "
        f"{duration(longest)}. Last failure: {sentence(last)}"
    )


def queued(most: int) -> str:
    slots = "The only job slot of the site is" if most == 1 else f"All {most} job slots of the site are"
    return f"{slots} in use (spec.limits.maxJobs of the ArcGISSite); waiting for one."


def in_line(place: int, length: int, told: str, start: str) -> str:
    """`told` is when that was so, and `start` when its turn comes, empty where nobody knows."""
    turn = f"; by the last jobs its turn comes about {start}" if start else ""
    return f"Number {place} of {length} in line at {told}{turn}."


def afterwards(now: str, then: str) -> str:
    """What holds as soon as the open operation is over."""
    return f"{now} After that: {then}"


def bug(error: str) -> str:
    return f"The operator failed with {error}. This is a bug; its log has the details. Retrying."


def reachable(version: str) -> str:
    return f"The site answers (version {version})."


def no_api(why: str) -> str:
    return (
        f"There is no Administrator API at spec.url: {sentence(why)} Check its context, as in "
        "https://gis.example.com/arcgis."
    )


def status_refused(why: str) -> str:
    return f"The API server rejects the status, so what it shows may be out of date: {sentence(why)}"


def status_not_kept(lost: str, plural: str) -> str:
    return (
        f"The API server does not keep what is written to this status ({lost}). Nothing is sent to the site. "
        "Upgrade the CRDs (kubectl apply --server-side -k crds), and look for admission policies and "
        f"webhooks that change the status of {plural}."
    )
