"""What the demo makes of what it reads: the order of the story, its end, and how it looks."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from arcgis_demo.control import Counts, Record
from arcgis_demo.endings import Failed
from arcgis_demo.kept import Kept
from arcgis_demo.performance import last_line, looks, perform
from arcgis_demo.report import shortened
from arcgis_demo.screen import Plain, Terminal, line_of
from arcgis_demo.stage import Stage
from arcgis_demo.story import Resource, SiteView, Story, Voice, differences, values
from arcgis_demo.tries import tries
from arcgis_demo.view import WIDTH, scene
from arcgis_devcluster import ChildProcess
from arcgis_devcluster.errors import ProcessFailed

SERVICE = "Roads.MapServer"
BEFORE = {"description": "old", "capabilities": "Map", "properties": {"maxRecordCount": "1000"}}
AFTER = BEFORE | {"description": "new"}
SITE = SiteView(BEFORE, Counts(0, 0))
DONE = SiteView(AFTER, Counts(1, 1))
JOB = "j1"


def resource(reason: str, ready: str = "False", job_status: str = "", **facts: Any) -> Resource:
    job = JOB if job_status else ""
    return Resource(
        "roads", ready, reason, f"about {reason}", current=True, job=job, job_status=job_status, **facts
    )


def record(kind: str, seconds: float, **facts: Any) -> Record:
    return {"kind": kind, "ns": int(seconds * 1e9), "service": SERVICE, **facts}


def job(status: str, seconds: float) -> Record:
    return record("job", seconds, job=JOB, status=status)


def new_story() -> Story:
    return Story("roads", SERVICE, {"description": "new"}, BEFORE, started=0.0, site=SITE)


def converged_story() -> Story:
    story = new_story()
    story.hear(
        [resource("Submitting"), resource("JobRunning", job_status="SUBMITTED")],
        [job("SUBMITTED", 1)],
        SITE,
        1.1,
    )
    story.hear([], [job("EXECUTING", 2)], SITE, 2.1)
    story.hear(
        [resource("Converged", "True", "COMPLETED")], [record("restarted", 3), job("COMPLETED", 3)], DONE, 3.1
    )
    return story


def failed_story() -> Story:
    story = new_story()
    story.hear([resource("JobFailed", stalled=True, job_status="FAILED")], [job("FAILED", 1)], SITE, 1.1)
    return story


def words(story: Story) -> list[str]:
    return [f"{entry.voice} {entry.word}" for entry in story.entries]


def test_what_was_read_at_once_is_told_in_the_order_in_which_it_happened() -> None:
    assert words(converged_story()) == [
        "Kubernetes Submitting",
        "site SUBMITTED",
        "Kubernetes JobRunning",
        "site EXECUTING",
        "site restarted",
        "site COMPLETED",
        "Kubernetes Converged",
    ]


def test_a_state_before_the_intent_stays_before_it() -> None:
    story = new_story()
    story.hear([resource("Pending", "Unknown"), resource("Submitting")], [job("SUBMITTED", 0.1)], SITE, 0.2)
    assert words(story) == ["Kubernetes Pending", "Kubernetes Submitting", "site SUBMITTED"]


def test_time_never_goes_back() -> None:
    story = new_story()
    story.hear([resource("Submitting")], [job("SUBMITTED", 0.9)], SITE, 1.0)
    assert [entry.seconds for entry in story.entries] == [1.0, 1.0]


def test_a_state_that_is_read_again_is_not_told_again() -> None:
    story = converged_story()
    story.hear([resource("Converged", "True", "COMPLETED")], [], DONE, 4)
    assert words(story).count("Kubernetes Converged") == 1


def test_other_services_and_what_was_before_the_apply_are_not_part_of_it() -> None:
    story = new_story()
    story.hear([], [record("drift", -1), job("FAILED", 1) | {"service": "Other.MapServer"}], SITE, 1)
    assert not story.entries


def test_another_resource_is_told_by_its_name_and_does_not_end_it() -> None:
    story = new_story()
    story.hear([replace(resource("Conflict", stalled=True), name="twin")], [], SITE, 1)
    assert [entry.text for entry in story.entries] == ["twin: about Conflict"]
    assert not story.resource.over


def test_a_status_about_an_older_spec_is_not_the_end() -> None:
    assert resource("Converged", "True").over
    assert not replace(resource("Converged", "True"), current=False).over


def test_a_resource_is_read_from_what_kubectl_answers() -> None:
    said = {"type": "Ready", "status": "True", "reason": "Converged", "message": "m", "observedGeneration": 2}
    status = {"conditions": [said], "job": {"id": JOB, "status": "COMPLETED"}}
    document = {"metadata": {"name": "roads", "generation": 2}, "status": status}
    expected = Resource("roads", "True", "Converged", "m", current=True, job=JOB, job_status="COMPLETED")
    assert Resource.parse(document) == expected
    assert not Resource.parse({"metadata": {"name": "roads", "generation": 1}}).over


def test_every_single_value_of_a_document_has_a_path() -> None:
    document = {"a": {"b": [1, {"c": None}]}, "d": {}, "e": []}
    assert dict(values(document)) == {"a.b.0": 1, "a.b.1.c": None, "d": {}, "e": []}
    assert differences({"a": 1, "b": 2}, {"b": 3, "c": None}) == ["a", "b", "c"]


def test_the_last_line_says_it_all() -> None:
    expected = "demo: Roads.MapServer job=j1 status=COMPLETED Ready=True edits=1 restarts=1 3.1s"
    assert last_line(converged_story()) == expected


LOST = SiteView({"description": "new", "capabilities": "Map", "properties": {}}, Counts(1, 1))
WRONG: Mapping[str, tuple[Callable[[], Story], str]] = {
    "the job failed for good": (failed_story, r"will not become Ready \(JobFailed\)\. about JobFailed"),
    "nobody has seen it": (new_story, r"is not Ready after 0 s \(Pending\)"),
    "the site knows another job": (lambda: changed(job="j2"), "Kubernetes says job j1, the site says j2"),
    "there were two edits": (lambda: changed(counts=Counts(2, 2)), "2 edits"),
    "a value was lost": (
        lambda: changed(document=LOST.document),
        r"have changed: properties\.maxRecordCount",
    ),
}


def changed(**facts: Any) -> Story:
    story = converged_story()
    story.site = replace(story.site, **facts)
    return story


@pytest.mark.parametrize("case", WRONG)
def test_there_is_a_reason_instead_of_the_last_line_when(case: str) -> None:
    story, reason = WRONG[case]
    with pytest.raises(Failed, match=reason):
        last_line(story())


class StandIns:
    """In the place of a cluster, and of the watcher: a job that runs for ever."""

    def check(self) -> None:
        return

    def site_view(self, service: str) -> SiteView:
        return SITE

    def look(self, story: Story) -> None:
        running = replace(resource("JobRunning", job_status="EXECUTING"), name=story.resource_name)
        story.hear([running], [], SITE, story.started + 5.0)


def stage(process: ChildProcess) -> Stage:
    others: Any = StandIns()
    kept = Kept(lambda: process, process.log.with_name("pid"), restarts=False)
    kubectl: Any = lambda *arguments: None  # noqa: E731
    return Stage(others, kubectl, SimpleNamespace(process=process), "", kept, others)  # type: ignore[arg-type]


def test_the_deadline_ends_the_waiting(tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    with ChildProcess("site", ["sleep", "600"], log=tmp_path / "log") as process:
        story = perform(stage(process), Plain(console), deadline_seconds=4.0)
    with pytest.raises(Failed, match=r"is not Ready after 5 s \(JobRunning\)"):
        last_line(story)


def test_a_part_that_dies_ends_the_waiting_with_the_end_of_its_log(tmp_path: Path) -> None:
    with ChildProcess(
        "operator", ["sh", "-c", "echo last words; sleep 600"], log=tmp_path / "log"
    ) as process:
        process.wait_for_line("last words", 10)
        watching = looks(stage(process), new_story())
        next(watching)
        process.kill()
        with pytest.raises(
            ProcessFailed, match=r"(?s)operator ended by itself with exit code -9.*last words"
        ):
            next(watching)


def test_of_a_long_result_only_its_size_is_shown_and_an_error_in_full() -> None:
    status = {"journal": {}, "job": {"id": JOB, "result": {"service": AFTER}}, "observedGeneration": 1}
    assert list(shortened(status)) == ["observedGeneration", "job"]
    assert shortened(status)["job"]["result"] == "(the service as the site returned it, 3 values)"
    error = {"result": {"error": {"code": 500}}}
    assert shortened({"job": error})["job"] == error


@pytest.mark.parametrize("tell", [new_story, converged_story, failed_story])
@pytest.mark.parametrize("width", [60, WIDTH, 200])
def test_the_picture_fits_the_terminal_and_is_never_wider_than_it_need_be(
    tell: Callable[[], Story], width: int
) -> None:
    text = drawn(tell(), width)
    assert max(map(len, text.splitlines())) == min(width, WIDTH)
    assert "agsvc/roads" in text
    assert all(line_word in text for line_word in (entry.word for entry in tell().entries))


def test_the_picture_shows_what_is_wanted_what_is_live_and_what_was_kept() -> None:
    text = drawn(converged_story(), WIDTH)
    assert "Wanted  new" in text
    assert "Live    new" in text
    assert "2 of 2 undeclared values" in text
    assert "● Submitting ● JobRunning ● Converged" in text
    assert "● SUBMITTED ● EXECUTING ● COMPLETED" in text
    assert "○ COMPLETED" in drawn(new_story(), WIDTH)
    assert "● FAILED" in drawn(failed_story(), WIDTH)


def drawn(story: Story, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(scene(story))
    return console.export_text()


@pytest.mark.parametrize("tell", [new_story, converged_story, failed_story])
def test_the_picture_that_moves_fits_24_lines_of_80_columns(tell: Callable[[], Story]) -> None:
    lines = drawn(tell(), 80).splitlines()
    assert len(lines) <= 23, "one line is above it"
    assert max(map(len, lines)) == 80


def test_on_a_terminal_words_go_on_in_the_next_line_and_answers_of_commands_are_cut() -> None:
    console = Console(file=io.StringIO(), width=20, force_terminal=True, record=True)
    screen = Terminal(console)
    screen.say("one two three four five six")
    screen.shown("NAME   READY   REASON   MESSAGE\nroads  True\n\n[bold]x")
    expected = ["one two three four", "five six", "NAME   READY   REAS…", "roads  True", "", "[bold]x"]
    assert [line.rstrip() for line in console.export_text().splitlines()] == expected


def test_every_line_of_what_there_is_to_try_fits_80_columns() -> None:
    shown = [line for one in tries("FireWeatherWatch.MapServer") for line in one.text.splitlines()]
    assert max(map(len, shown)) <= 80
    assert max(len(one.title) for one in tries(SERVICE)) <= 75


def test_an_operator_that_ended_is_started_again_after_a_pause_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> ChildProcess:
        return ChildProcess("operator", ["sleep", "600"], log=tmp_path / "log")

    kept = Kept(start, tmp_path / "pid", restarts=True)
    first = kept.process.pid
    kept.process.kill()
    assert kept.tend() == "", "a container that ends at once is not started again at once"
    monkeypatch.setattr("arcgis_demo.kept.PAUSE_SECONDS", 0.0)
    assert kept.tend() == "the operator ended by itself with exit code -9, and was started again"
    assert int((tmp_path / "pid").read_text()) == kept.process.pid != first
    assert kept.tend() == ""
    kept.end()


def test_a_terminal_gets_a_picture_that_moves_and_the_whole_story_at_the_end() -> None:
    console = Console(file=io.StringIO(), width=WIDTH, height=50, force_terminal=True, record=True)
    story = new_story()
    with Terminal(console).watching(story) as show:
        for number in range(30):
            story.tell(Voice.SITE, f"word-{number}")
            show()
    text = console.export_text()
    assert text.count("agsvc/roads") > 1, "it was drawn again and again"
    assert all(f"word-{number} " in text.rpartition("agsvc/roads")[2] for number in range(30))


def test_without_a_terminal_each_transition_is_a_line() -> None:
    console = Console(file=io.StringIO(), width=20, record=True)
    story = converged_story()
    show = Plain(console).lines(story, said=5)
    show()
    show()
    assert console.export_text().splitlines() == [line_of(entry) for entry in story.entries[5:]]
