"""`arcgis_demo run` as a user runs it: real parts, the last line, its exit codes, and nothing left."""

import re
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from demo_process import COLUMNS, QUICK, Demo, on_a_terminal
from rich.cells import cell_len

from harness.bench import PLANTED
from harness.canaries import Search

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LAST_LINE = re.compile(
    rf"demo: FireWeatherWatch\.MapServer job=(?P<job>j{UUID}) status=COMPLETED Ready=True "
    r"edits=1 restarts=1 \d+\.\ds"
)
SECRETS = Search({"what the site says": PLANTED})
"""Planted in documents, jobs and errors of the demo's site by `Demo.site`."""
APPLIED = r"you +apply +kubectl apply -f manifests/samples/services/fire-weather.yaml"
MOVES = {
    "Kubernetes": ("Submitting", "JobRunning", "Converged"),
    "site": ("SUBMITTED", "EXECUTING", "COMPLETED"),
}
"""Each is read from a source of its own, and told when it comes."""
ENDING = (
    r"\$ kubectl get agsvc/fire-weather .*-o yaml",
    r"  - .*",
    r"    status: COMPLETED",
    r"\$ kubectl events ",
    r"Normal +Converged ",
    r"\$ kubectl get agsvc .*-o wide",
    r"fire-weather +True +Converged ",
    r"demo: ",
    r"What next:",
    r"make playground ",
)


def test_the_demo_shows_the_setting_go_live_and_ends_with_one_line(tmp_path: Path) -> None:
    picture = tmp_path / "images" / "demo.svg"
    with Demo("run", *QUICK, f"--svg={picture}") as demo:
        demo.site().close()
        applied = demo.wait_for_line(APPLIED, 0)
        folders = demo.folders()
        assert demo.wait() == 0, demo.told()
        found = next(filter(None, map(LAST_LINE.fullmatch, demo.lines)), None)
        assert found, demo.told()
        for source, moves in MOVES.items():
            at = applied
            for move in moves:
                at = demo.wait_for_line(rf"{source} +{move} ", at)
        for line in ENDING:
            at = demo.wait_for_line(line, at - 1)
        assert "\x1b" not in demo.told(), "without a terminal there are no colours"
        assert not demo.stderr
        assert folders
        assert_nothing_is_left(demo, folders)
        assert not SECRETS.hits(demo.told().encode())
    assert_is_a_picture_without_addresses(picture, found["job"])
    assert not SECRETS.hits(picture.read_bytes())


def test_on_a_terminal_of_80_columns_no_line_is_wider() -> None:
    """As a terminal would see it: what is wider than its columns would be wrapped."""
    shown = on_a_terminal("run", *QUICK)
    assert "What next:" in shown
    assert "● SUBMITTED ● EXECUTING ● COMPLETED" in shown
    lines = [line for part in shown.split("\n") for line in part.split("\r")]
    assert [line for line in lines if cell_len(line) > COLUMNS] == []


def test_ctrl_c_ends_it_with_130_a_short_line_and_nothing_left() -> None:
    with Demo("run", "--job-seconds=600") as demo:
        demo.wait_for_line("site +SUBMITTED")
        folders = demo.folders()
        assert len(demo.family()) > 5, "demo, janitor, etcd, kube-apiserver, site, operator, watch"
        assert demo.interrupt() == 130
        assert demo.stderr == "demo: stopped by SIGINT; nothing is left running"
        assert_nothing_is_left(demo, folders)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_during_the_set_up_leaves_nothing_either(number: signal.Signals) -> None:
    with Demo("run") as demo:
        demo.wait_until(demo.folders, "the first process of the control plane")
        folders = demo.folders()
        assert demo.interrupt(number) == 130
        assert demo.stderr == f"demo: stopped by {number.name}; nothing is left running"
        assert_nothing_is_left(demo, folders)


def test_a_job_that_fails_ends_it_with_the_reason_after_the_view_of_the_failure() -> None:
    with Demo("run", "--submitted-seconds=0.1", "--job-seconds=0.1", "--job-outcome=FAILED") as demo:
        demo.site().close()
        assert demo.wait() == 1
        assert re.match(r"demo: FireWeatherWatch\.MapServer will not become Ready \(JobFailed\)", demo.stderr)
        assert "requestedAt" in demo.stderr, "it says what to do"
        told = demo.told()
        assert re.search(r"site +FAILED +job j", told)
        assert re.search(r"reason: JobFailed\n +status: 'True'\n +type: Stalled", told)
        assert re.search(r"Warning +JobFailed", told)
        assert 'password="***"' in told, "what the site says is shown without the secrets in it"
        assert not SECRETS.hits(told.encode())
        assert_nothing_is_left(demo, set())


def assert_nothing_is_left(demo: Demo, folders: set[Path]) -> None:
    assert not demo.family()
    assert not [folder for folder in folders if folder.exists()]


def assert_is_a_picture_without_addresses(file: Path, job: str) -> None:
    text = file.read_text()
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert set(re.findall(r"https?://[^\"' )]+", text)) == {"http://www.w3.org/2000/svg"}
    assert job in text
