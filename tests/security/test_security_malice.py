"""Everything legal of the hand-written catalogue through a real operator, at a site that is watched.

What was declared is live after one edit at one address, or nothing was sent; nobody else was spoken to.
"""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from evil_answers import Evil
from malice_run import MaliceRun, shown, texts
from malicious_names import NAMES
from malicious_settings import SETTINGS
from malicious_sites import MOVED_TO, SITES, TAKEN
from malicious_sizes import SIZES
from malicious_specs import CARRIED, REFUSED, Malice
from malicious_tenants import TENANTS
from malicious_words import SAID, SPOKEN
from traps import TlsTrap, Trap

from arcgis_devcluster import Cluster
from harness.bench import SERVICES, Workbench, condition

Json = Any
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("malice")]
STATUS_BYTES = 32 * 1024
MOVED: dict[str, Evil] = {
    f"{operation} moved by {code} to {where}": Evil(
        operation, {"status": code, "headers": {"location": address}}
    )
    for where, address in MOVED_TO.items()
    for operation, code in (("service", 302), ("edit", 307))
}
ANSWERS = {**SAID, **MOVED}
LEGAL: dict[str, Malice] = {
    entry.what: entry
    for entry in chain(NAMES, SETTINGS, SITES, TENANTS, SIZES, SPOKEN)
    if not entry.outcome.startswith(REFUSED) and entry.outcome != TAKEN
}
ALIVE = [what for what, entry in LEGAL.items() if entry.outcome == CARRIED] + list(ANSWERS)
HELD = [what for what, entry in LEGAL.items() if entry.outcome != CARRIED]


@pytest.fixture(scope="module")
def run(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MaliceRun]:
    trap, liar = Trap(), TlsTrap(tmp_path_factory.mktemp("liar"))
    with Workbench(control_plane) as bench:
        bench.start_site()
        run = MaliceRun(bench, trap, liar)
        run.furnish()
        for entry in LEGAL.values():
            run.cast(entry)
        for what, evil in ANSWERS.items():
            run.answer(what, evil)
        bench.start_operator(backoff_seconds=5)  # sites that are away would take all its time
        run.go()
        yield run
    trap.close()
    liar.close()


@pytest.mark.parametrize("what", ALIVE)
def test_it_is_live_after_one_edit_and_nothing_else_changed(run: MaliceRun, what: str) -> None:
    one = run.played[what]
    assert run.came_to(what), run.story(what)
    edits = [edit["document"] for edit in run.accepted if edit["service"] == one.title]
    assert edits == [one.after]
    assert run.live[one.title] == one.after


@pytest.mark.parametrize("what", ALIVE)
def test_its_requests_went_to_one_quoted_address(run: MaliceRun, what: str) -> None:
    one = run.played[what]
    about = {record["path"] for record in run.requests if record.get("service") == one.title}
    assert about == {one.path, f"{one.path}/edit"}


@pytest.mark.parametrize("what", HELD)
def test_it_says_why_nothing_is_sent(run: MaliceRun, what: str) -> None:
    one = run.played[what]
    assert run.came_to(what), run.story(what)
    message = condition(run.bodies[one.plural, one.name])["message"]
    assert message
    assert message.isprintable()
    assert [record for record in run.requests if one.title and record.get("service") == one.title] == []


def test_the_site_got_no_request_but_those_of_the_protocol(run: MaliceRun) -> None:
    jobs = {f"/arcgis/admin/jobs/{job['jobid']}" for job in run.bench.site.jobs()}
    fixed = {"/arcgis/sharing/rest/generateToken", *(f"/arcgis/admin{end}" for end in ("", "/mode", "/jobs"))}
    services = {one.path for one in run.played.values() if one.outcome == CARRIED}
    allowed = jobs | fixed | services | {f"{path}/edit" for path in services}
    assert {record["path"] for record in run.requests} - allowed == set()


def test_every_request_has_its_own_fields_and_a_token_in_its_header_alone(run: MaliceRun) -> None:
    forms: dict[str, Json] = {"edit": {"async": "true", "f": "json"}}
    for record in run.requests:
        if record["operation"] != "token":
            assert record["fields"] == forms.get(record["operation"], {"f": "json"}), record
            assert record["token"] == "authorization", record
            assert record["method"] == ("POST" if record["operation"] == "edit" else "GET"), record


def test_nobody_comes_to_where_names_settings_and_answers_point(run: MaliceRun) -> None:
    assert run.trap.caught == []


def test_who_cannot_prove_to_be_the_site_hears_no_request(run: MaliceRun) -> None:
    assert run.liar.caught, "the addresses led nowhere: nothing was shown"
    assert run.liar.heard == []


def test_all_that_is_shown_is_small_and_printable(run: MaliceRun) -> None:
    for what, one in run.played.items():
        status = run.bodies[one.plural, one.name]["status"]
        assert len(json.dumps(status)) <= STATUS_BYTES, what
        assert all(text.isprintable() for text in texts(shown(status))), what
        assert len(condition(run.bodies[one.plural, one.name])["message"]) <= 512, what


def test_events_are_short_and_printable(run: MaliceRun) -> None:
    for event in run.bench.api.events():
        assert event["note"].isprintable(), event["note"]
        assert len(event["note"]) <= 1024, event["note"]


def test_the_log_is_one_printable_object_a_line_and_tells_of_no_bug(run: MaliceRun) -> None:
    for line in run.bench.operator.log.read_text().splitlines():
        assert line.isprintable(), line
        entry = json.loads(line)
        assert entry["level"] in ("debug", "info", "warning"), line
        assert "trace" not in entry, line


def test_the_metrics_hold_no_line_of_a_tenant(run: MaliceRun) -> None:
    lines = run.bench.metrics().splitlines()
    assert all(line.isprintable() for line in lines)
    assert [
        line for line in lines if not line.startswith(("#", "arcgis_operator_", "process_", "python_"))
    ] == []
    assert {what for what in ("forged", "Malice", "evil") if any(what in line for line in lines)} == set()


def test_as_many_services_were_edited_as_were_declared_well(run: MaliceRun) -> None:
    edits = [record for record in run.requests if record["operation"] == "edit"]
    assert len(run.accepted) == len(ALIVE)
    assert len(edits) >= len(ALIVE)
    assert len(run.bench.api.everything(SERVICES)) == sum(
        one.plural == SERVICES for one in run.played.values()
    )
