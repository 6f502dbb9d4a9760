"""`arcgis_demo playground`: everything that it tells people to try works as printed."""

import re
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from demo_process import QUICK, Demo

pytestmark = pytest.mark.xdist_group("playground")  # one for all of them
LAST = "What happens is told below"


class Playground:
    """A playground that is up, and a shell beside it."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.lines = demo.lines[: demo.wait_for_line(LAST)]
        self.text = "\n".join(self.lines)
        self.exports = [line for line in self.lines if line.startswith("export ")]

    def address(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, self.text
        return found[0]

    def commands(self, number: int) -> list[str]:
        """The commands of the thing to try with this number."""
        _, _, rest = self.text.partition(f"\n{number}. ")
        return [line.strip() for line in rest.split("\n\n")[0].splitlines()[1:]]

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        script = "\n".join([*self.exports, command])
        return subprocess.run(
            ["bash", "-c", script], cwd="/", capture_output=True, text=True, timeout=90, check=False
        )

    def run(self, command: str) -> str:
        done = self.shell(command)
        assert done.returncode == 0, f"{command}: {done.stderr}\n{self.demo.told()}"
        return done.stdout


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with Demo("playground", *QUICK) as demo:
        demo.wait_for_line(LAST)
        yield Playground(demo)


def test_the_addresses_answer(playground: Playground) -> None:
    operator = playground.address(r"http://\S+(?=/readyz)")
    assert httpx.get(f"{operator}/readyz").status_code == 200
    assert "arcgis" in httpx.get(f"{operator}/metrics").text
    control = playground.address(r"(?<=its control    )\S+")
    assert "routes" in httpx.get(control).json()
    site = playground.address(r"https://\S+/admin")
    assert "<html" in playground.run(f"curl -sSk {site}/")


def test_a_changed_setting_goes_live(playground: Playground) -> None:
    patch, wait, get = playground.commands(1)
    playground.run(patch)
    playground.run(wait)
    assert re.search(r"True +Converged .* 2 owned settings are live", playground.run(get))


def test_what_a_colleague_changes_is_put_back(playground: Playground) -> None:
    drift, events = playground.commands(2)
    before = len(playground.demo.lines)
    playground.run(drift)
    mended = playground.demo.wait_for_line(r"Kubernetes +Submitting .*\(drift\)", before)
    playground.demo.wait_for_line("Kubernetes +Converged", mended)
    assert re.search("Warning +DriftDetected .*quick fix", playground.run(events))


def test_a_failed_job_is_explained_and_tried_again(playground: Playground) -> None:
    before = len(playground.demo.lines)
    for command in playground.commands(3):
        playground.run(command)
    playground.demo.wait_for_line("Kubernetes +JobFailed .*insufficient memory on the node", before)


def test_the_second_resource_on_a_service_is_in_conflict(playground: Playground) -> None:
    apply, get, delete = playground.commands(4)
    before = len(playground.demo.lines)
    playground.run(apply)
    playground.demo.wait_for_line("Kubernetes +Conflict +twin: ", before)
    assert re.search("twin +False +Conflict", playground.run(get))
    playground.run(delete)


def test_the_manual_is_there_and_a_setting_of_the_site_itself_is_refused(playground: Playground) -> None:
    explain, refused = playground.commands(5)
    assert "maxRecordCount" in playground.run(explain)
    done = playground.shell(refused)
    assert done.returncode == 1
    assert "spec.settings.clusterName: Forbidden" in done.stderr


def test_ctrl_c_is_its_proper_end(playground: Playground) -> None:
    folders = playground.demo.folders()
    assert playground.demo.interrupt() == 0
    assert playground.demo.stderr == "playground: stopped; nothing is left running"
    assert not playground.demo.family()
    assert not any(folder.exists() for folder in folders)
