"""Child processes: their signals, their log, and that they never outlive their owner."""

import json
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from arcgis_devcluster import ChildProcess
from arcgis_devcluster.errors import ProcessFailed

TICK = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done"
OWNER = """
import json, os, sys
from pathlib import Path
from arcgis_devcluster import ChildProcess
from arcgis_devcluster.cluster import make_directory
folder = make_directory(Path(sys.argv[1]))
children = [ChildProcess("sleep", ["sleep", "600"], log=folder / "log") for _ in range(2)]
children[1].freeze()
print(json.dumps({"pids": [child.pid for child in children], "folder": str(folder)}), flush=True)
if sys.argv[2] == "stays":
    children[0].wait(600)
"""


def shell(text: str, log: Path, **environment: str) -> ChildProcess:
    return ChildProcess("shell", ["sh", "-c", text], log=log / "shell.log", environment=environment)


def gone(pid: int) -> bool:
    """Ended; perhaps still waiting to be collected by process 1."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=str)
def test_nothing_outlives_its_owner_however_it_ends(tmp_path: Path, end: signal.Signals | None) -> None:
    manner = "stays" if end else "returns without a word"
    command = [sys.executable, "-c", OWNER, str(tmp_path), manner]
    owner = ChildProcess("owner", command, log=tmp_path / "owner.log")
    left = owner.wait_for_json(lambda line: "pids" in line, 20)
    if end:
        owner.send(end)
    owner.wait(20)
    deadline = time.monotonic() + 10
    while not all(map(gone, left["pids"])) or Path(left["folder"]).exists():
        assert time.monotonic() < deadline, left


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    children: list[ChildProcess] = []
    thread = threading.Thread(target=lambda: children.append(shell(TICK, tmp_path)))
    thread.start()
    thread.join()
    with children[0] as child:
        child.wait_for_line("tick 5$", 10)
        assert child.running


def test_the_output_of_both_kinds_is_in_the_log_and_the_environment_is_laid_over_ours(tmp_path: Path) -> None:
    child = shell('echo "$GREETING $HOME"; echo wrong >&2; exit 7', tmp_path, GREETING="hello")
    assert child.wait(10) == 7
    assert child.log_tail().splitlines() == [f"hello {Path.home()}", "wrong"]
    assert child.lines()[-1] == "wrong"


def test_the_ready_line_is_found_as_a_pattern_and_as_json(tmp_path: Path) -> None:
    said = {"event": "listening", "port": 8443}
    with shell(f"echo starting; echo '{json.dumps(said)}'; sleep 600", tmp_path) as child:
        assert child.wait_for_line(r'"port": (\d+)', 10)[1] == "8443"
        assert child.wait_for_json(lambda line: line.get("event") == "listening", 10) == said


def test_a_line_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    shell("echo ready", tmp_path).wait(10)
    with pytest.raises(ProcessFailed, match=r"ended with exit code 0 before a line like /\^ready/"):
        shell("echo not yet", tmp_path).wait_for_line("^ready", 10)


def test_a_child_that_ends_before_it_is_ready_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match=r"(?s)ended with exit code 3 before .*no such site"):
        shell("echo no such site; exit 3", tmp_path).wait_for_line("ready", 10)


def test_a_child_that_stays_silent_is_reported_at_the_deadline(tmp_path: Path) -> None:
    with shell("sleep 600", tmp_path) as child, pytest.raises(ProcessFailed, match=r"within 0\.1 s"):
        child.wait_for_line("ready", 0.1)


def test_a_missing_program_is_reported(tmp_path: Path) -> None:
    child = ChildProcess("ghost", ["/no/such/program"], log=tmp_path / "log")
    assert child.wait(10) in (126, 127)
    assert "/no/such/program" in child.log_tail()


def test_a_frozen_child_stands_still_until_it_is_thawed(tmp_path: Path) -> None:
    with shell(TICK, tmp_path) as child:
        child.wait_for_line("tick 3$", 10)
        child.freeze()
        with pytest.raises(ProcessFailed):
            child.wait(0.2)
        seen = len(child.lines())
        with pytest.raises(ProcessFailed):
            child.wait(0.2)
        assert len(child.lines()) == seen
        child.thaw()
        child.wait_for_line(f"tick {seen + 3}$", 10)


def test_a_child_may_end_by_itself_at_sigterm(tmp_path: Path) -> None:
    with shell("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.02; done", tmp_path) as child:
        child.wait_for_line("ready", 10)
        child.freeze()
        assert child.terminate() == 5
    assert child.lines()[-1] == "bye"


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    child = shell("trap '' TERM; echo ready; while :; do sleep 0.02; done", tmp_path)
    child.wait_for_line("ready", 10)
    assert child.terminate(grace_seconds=0.1) == -signal.SIGKILL
    assert child.exit_code == -signal.SIGKILL
    assert child.kill() == -signal.SIGKILL
