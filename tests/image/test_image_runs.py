"""The images run as they are shipped: their files, their user, a read-only root, no capabilities."""

import os
import statistics
import subprocess
import sys

import pytest
from image_pod import seconds_to_lead, start

from arcgis_demo import parts
from arcgis_image import OUT
from arcgis_image.layout import Image
from arcgis_image.pod import Pod
from harness.bench import SITES, Workbench

ARBITRARY = "1000660000:0"
"""Such a user has no name; OpenShift gives each namespace a range of them, and all have group 0."""
MOST_SECONDS = 1.5
LOOK = """
id -un 2>&1 >/dev/null; id -u; id -G; pwd; grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/self/status
for place in / /opt/arcgis /var/run /etc; do touch $place/x 2>&1; done; touch /tmp/x && ls /tmp; env
"""


def test_the_pod_is_one(operator: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other tests here rest upon."""
    command = Pod(operator).command(program=("/bin/sh", "-c", LOOK))
    monkeypatch.setenv("ARCGIS_OPERATOR_NAMESPACES", "not-passed-on")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[1:4] == ["65532", "65532", "/tmp"]
    assert "cannot find name" in said[0]
    assert [line.split()[1] for line in said[4:7]] == ["0" * 16] * 3
    assert said[7].split() == ["NoNewPrivs:", "1"]
    assert [line.rpartition(": ")[2] for line in said[8:12]] == ["Read-only file system"] * 4
    assert said[12] == "x"
    named = {line.partition("=")[0] for line in said[13:]}
    assert named - {"PWD", "SHLVL", "_", "OLDPWD"} == set(operator.environment)


def test_the_demos_main_job_comes_out_of_the_images_files() -> None:
    """Both programs; the ArcGISSite is applied after the start, so that only the watch can tell of it."""
    done = subprocess.run(
        [sys.executable, "-m", "arcgis_demo", "run", "--job-seconds=1"],
        env={**os.environ, "ARCGIS_PROGRAMS": str(OUT / "bin")},
        capture_output=True,
        text=True,
        check=False,
        cwd=parts.ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert "Ready=True edits=1 restarts=1" in done.stdout


def test_an_arbitrary_user_of_group_0_heeds_a_change_made_after_the_start(
    operator: Image, bench: Workbench
) -> None:
    """Within seconds, while the next resync is ten minutes away: the watch lives."""
    start(bench, operator, "arbitrary", ARBITRARY)
    bench.wait("prod", "Reachable", plural=SITES)
    bench.declare("late", "FireWeatherWatch.MapServer", {"description": "told by the watch"})
    bench.converged("late", seconds=15)
    assert bench.sent("FireWeatherWatch.MapServer", "description") == ["told by the watch"]
    assert bench.operator.terminate() == 0


def test_it_leads_soon_after_its_start(
    operator: Image, bench: Workbench, capsys: pytest.CaptureFixture[str]
) -> None:
    """The middle of five starts; each finds the Lease released by the one before."""
    took = []
    for number in range(5):
        pod = start(bench, operator, f"start-{number}")
        took.append(seconds_to_lead(pod))
        assert pod.terminate() == 0
    with capsys.disabled():
        print("\nfrom start to leading:", *(f"{seconds:.2f} s" for seconds in took))
    assert statistics.median(took) <= MOST_SECONDS


def test_what_a_start_loads_was_compiled_with_the_image(operator: Image, bench: Workbench) -> None:
    pod = start(bench, operator, "verbose", environment={"PYTHONVERBOSE": "1"})
    bench.wait("prod", "Reachable", plural=SITES)
    sources = [line for line in pod.lines() if line.startswith("# code object from /")]
    assert sources == []
