"""The sentences as people read them: plurals, quotes, what is hidden, and room for the command."""

import pytest
from situations import case, seen

from arcgis_operator.core import sentences as s
from arcgis_operator.core.annotations import ABANDON, restore_command
from arcgis_operator.core.jobs import Signal
from arcgis_operator.core.texts import waiting_text

CHANGES = [(f"settings.p{number}", "a", "b") for number in range(7)]
READ: dict[str, tuple[str, str]] = {
    "what is waited for keeps the words of the site": (
        s.unsettled(90.0, "500 the store is locked"),
        "The site answered the edit with an error: 500 the store is locked. An earlier request may still "
        "reach the site. Checking again after the settle time (up to 1m30s).",
    ),
    "one edit": (
        s.budget_spent(1, "19:00"),
        "1 edit was sent within an hour, the maximum (--edits-per-hour). Something keeps changing this "
        "service: find out what. The next edit may be sent at 19:00.",
    ),
    "one slot": (
        s.queued(1),
        "The only job slot of the site is in use (spec.limits.maxJobs of the ArcGISSite); waiting for one.",
    ),
    "four slots": (
        s.queued(4),
        "All 4 job slots of the site are in use (spec.limits.maxJobs of the ArcGISSite); waiting for one.",
    ),
    "a value that is empty, one that is not set, and one that is hidden": (
        s.drifted([("a", '""', "x"), ("b", s.NOT_SET, "y"), ("c", "***", "***")]),
        'a was changed on the site: found "", declared "x"; b was changed on the site: found (not set), '
        'declared "y"; c was changed on the site (not shown: it may be a secret). Restoring the declared '
        "values.",
    ),
    "drift of one": (
        s.drifted(CHANGES[:1]),
        'settings.p0 was changed on the site: found "a", declared "b". Restoring the declared value.',
    ),
    "an edit that did not stick shows the live value": (
        s.not_sticking("j1", [("a", "1", "2"), ("b", "***", "***")]),
        'Job j1 COMPLETED, but the site still has other values: a is "1", declared "2"; b (not shown: it may '
        "be a secret).",
    ),
    "a job that failed without a word": (
        s.job_failed("j1", "FAILED", ""),
        "Job j1 ended as FAILED; the site gave no reason.",
    ),
    "a job that completed with an error": (
        s.job_failed("j1", "COMPLETED", "no memory"),
        "Job j1 ended as COMPLETED with an error: no memory",
    ),
    "a refusal with a code": (
        s.refused("the site refused (400): Unknown : properties"),
        "The site refused the edit (400): Unknown : properties",
    ),
    "a refusal of another kind": (
        s.refused("the request is too large (413)"),
        "The site refused the edit: the request is too large (413)",
    ),
    "an older winner": (
        s.conflict("gis/a", "Converged", older=True),
        "gis/a already manages this service and is older (its state: Converged), so this resource is "
        "ignored. Delete one of the two.",
    ),
    "a winner of the same age, whose state is not known": (
        s.conflict("gis/a", "", older=False),
        "gis/a already manages this service, so this resource is ignored. Delete one of the two.",
    ),
    "a winner from now on": (
        s.conflict_ends("gis/a", older=True),
        "gis/a manages this service from now on (it is older). Delete one of the two.",
    ),
    "a younger winner from now on": (
        s.conflict_ends("gis/a", older=False),
        "gis/a manages this service from now on. Delete one of the two.",
    ),
    "a read-only site with a reason": (
        s.read_only("upgrade to 12.1"),
        'The site is in read-only mode ("upgrade to 12.1"). Edits are sent when it ends.',
    ),
    "a read-only site without one": (
        s.read_only(""),
        "The site is in read-only mode. Edits are sent when it ends.",
    ),
    "an open circuit": (
        s.circuit_open(60.0, "no connection to the site: refused"),
        "The site failed several times in a row; retrying at growing intervals of up to 1m. Last failure: No "
        "connection to the site: refused.",
    ),
    "an ArcGISSite that is invalid": (
        s.site_invalid("gis/prod", "spec.url: is required. spec.access: the selector is empty."),
        "ArcGISSite gis/prod is invalid: spec.url: is required. spec.access: the selector is empty. Its "
        "owner has to fix it.",
    ),
    "no Administrator API": (
        s.no_api("404"),
        "There is no Administrator API at spec.url: 404. Check its context, as in "
        "https://gis.example.com/arcgis.",
    ),
    "what is said already ends as it does": (s.sentence("really?"), "Really?"),
    "nothing": (s.sentence(" "), ""),
    "a site that answers": (s.reachable("12.0"), "The site answers (version 12.0)."),
    "a bug": (
        s.bug("ValueError"),
        "The operator failed with ValueError. This is a bug; its log has the details. Retrying.",
    ),
    "settings that were new": (
        s.were_new(7, 8, ["a", "b", "c", "d", "e"]),
        "7 of 8 declared settings did not exist on this service before: a, b, c, d, e, …. Check the spelling "
        "of what has no effect.",
    ),
}


@pytest.mark.parametrize("what", READ)
def test_it_reads_so(what: str) -> None:
    told, expected = READ[what]
    assert told == expected


def test_a_job_of_others_that_is_not_known_is_waited_for_all_the_same() -> None:
    assert waiting_text(case(seen=seen()), Signal.OTHERS_RUN) == s.OTHERS_RUN


def test_of_many_changes_the_first_are_told_and_the_others_counted() -> None:
    assert s.drifted(CHANGES).endswith("; and 2 more. Restoring the declared values.")
    assert s.not_sticking("j1", CHANGES).endswith('settings.p2 is "a", declared "b"; and 4 more.')


def test_the_command_that_gives_an_edit_up_is_told_whole_with_the_id_of_its_intent() -> None:
    whose, intent, job = f"{'n' * 40} -n {'s' * 30}", "f" * 32, "j" * 37
    url = f"https://{'x' * 60}.example.com/arcgis"
    for told in (
        s.blind(whose, intent),
        s.overdue(job, 1800, whose, intent),
        s.site_changed(url, url, whose, intent),
    ):
        assert len(told) <= 512
        assert f"{ABANDON}={intent}" in told


def test_the_command_fits_behind_the_longest_failure() -> None:
    whose = f"{'n' * 40} -n {'s' * 30}"
    told = s.given_up("x" * 400, 3, whose)
    assert len(told) <= 512
    assert told.endswith(
        f'kubectl annotate agsvc {whose} --overwrite arcgis-operator.dev/requestedAt="$(date)"'
    )


def test_the_question_about_many_drifts_ends_with_the_command_and_says_what_it_looks_like() -> None:
    command = restore_command(f"{'n' * 63} -n {'s' * 63}", "5f0c2a91")
    told = {
        upgraded: s.site_diverged(412, "2026-11-30T06:47:10Z", upgraded, command)
        for upgraded in (True, False)
    }
    assert all(len(text) <= 512 and text.endswith("restoreDrift=5f0c2a91") for text in told.values())
    assert "since the site has another version" in told[True]
    assert "as after a restore or an upgrade of the site" in told[False]
    assert told[False].startswith("412 services of this site differ")
