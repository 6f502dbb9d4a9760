"""`arcgis_demo playground`: everything that it tells people to try works as printed."""

import contextlib
import re
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from demo_process import COLUMNS, QUICK, ROWS, Demo

from arcgis_demo.playground import ON_THE_PAGE
from harness.bench import PLANTED
from harness.canaries import Search
from harness.site import SiteControl

pytestmark = pytest.mark.xdist_group("playground")  # one for all of them
FIRST, LAST = "In another terminal", "What happens is told below"


class Playground:
    """A playground that is up, and a shell beside it."""

    def __init__(self, demo: Demo, site: SiteControl) -> None:
        self.demo, self.site = demo, site
        first, last = demo.wait_for_line(FIRST), demo.wait_for_line(LAST)
        self.page = demo.lines[first - 1 : last]
        self.text = "\n".join(self.page)

    def address(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, self.text
        return found[0]

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        script = f"{self.page[1]}\n{command}"
        return subprocess.run(
            ["bash", "-ec", script], cwd="/", capture_output=True, text=True, timeout=240, check=False
        )

    def run(self, command: str) -> str:
        done = self.shell(command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}\n{self.demo.told()}"
        return done.stdout


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with Demo("playground", *QUICK) as demo:
        demo.wait_for_line(LAST)
        with contextlib.closing(demo.site()) as site:
            yield Playground(demo, site)


def test_all_that_it_says_of_itself_is_one_page_of_80_columns(playground: Playground) -> None:
    assert len(playground.page) < ROWS
    assert max(map(len, playground.page)) <= COLUMNS


def test_the_addresses_answer(playground: Playground) -> None:
    operator = playground.address(r"http://\S+(?=/readyz)")
    assert httpx.get(f"{operator}/readyz").status_code == 200
    assert "arcgis" in httpx.get(f"{operator}/metrics").text
    control = playground.address(r"(?<=its control   )\S+")
    assert "routes" in httpx.get(control).json()
    site = playground.address(r"https://\S+/admin")
    assert "<html" in playground.run(f"curl -sSk {site}/")


TRIES = {
    1: (r"True +Converged ", "Kubernetes +Converged"),
    2: (r"Warning +DriftDetected .*quick fix", "site +drift"),
    3: (r"JobFailed", "Kubernetes +JobFailed .*insufficient memory on the node"),
    4: (r"twin +False +Conflict", "Kubernetes +Conflict +twin: "),
    6: (r'"edits":', "Kubernetes +Restarted "),
    7: (r"prod +Unknown +CredentialsRejected", ""),
    8: (r"SiteReadOnly", "Kubernetes +SiteReadOnly .*Back at noon"),
    9: (r"Transport/Addresses.GeocodeServer\n(.*\n)+.*mine condition met", "Kubernetes +Converged +mine: "),
    10: (r"Suspended", "Kubernetes +Suspended "),
    11: (r'"to":"Seen before it is sent"', "Kubernetes +Observing "),
    12: (r'"to":"Approved by a person"', "Kubernetes +AwaitingApproval "),
    13: (r"-02-29T03:00:00Z", "Kubernetes +OutsideWindow +mine: "),
    14: (r"DriftReported .*eva", "Kubernetes +DriftReported .*eva"),
    15: (r"prod +False +SiteDiverged", "Kubernetes +SiteDiverged "),
    16: (r"start Spec .*\nstop Spec .*\n", "Kubernetes +Converged +mine: "),
    17: (r"The site refused the change of provider \(500\): Changing", "Kubernetes +EditRefused +mine: "),
}


@pytest.mark.parametrize("number", TRIES)
def test_what_is_to_be_tried_works_as_it_is_printed(playground: Playground, number: int) -> None:
    answered, told = TRIES[number]
    before = len(playground.demo.lines)
    assert re.search(answered, playground.run(f"try {number} | bash -e"))
    if told:
        playground.demo.wait_for_line(told, before)


def test_the_manual_is_there_and_a_setting_of_the_site_itself_is_refused(playground: Playground) -> None:
    done = playground.shell("try 5 | bash -e")
    assert "maxRecordCount" in done.stdout
    assert done.returncode == 1
    assert "spec.settings.clusterName" in done.stderr


def test_every_thing_to_try_is_listed_and_tried_here(playground: Playground) -> None:
    listed = playground.run("try").splitlines()
    assert [int(line.partition(".")[0]) for line in listed] == sorted({*TRIES, 5})
    assert listed[:ON_THE_PAGE] == [line for line in playground.page if re.match(r" ?\d+\. ", line)]


def test_a_try_that_is_none_says_how_to_list_them(playground: Playground) -> None:
    assert "there is no 99: try lists" in playground.shell("try 99").stderr


def test_no_secret_is_told_of_all_that_was_tried(playground: Playground) -> None:
    metrics = f"{playground.address(r'http://[^ ]+(?=/readyz)')}/metrics"
    shown = "kubectl get arcgisservices,arcgissites,events,leases -A -o json --show-managed-fields"
    told = playground.run(f'{shown}; cat "$PLAYGROUND/operator.log"; curl -sS {metrics}')
    lines = "\n".join(playground.demo.lines[len(playground.page) :])
    tokens = {f"token {number}": token for number, token in enumerate(playground.site.tokens())}
    used = {"password": playground.address(r"(?<=password )\w+"), "what the site says": PLANTED, **tokens}
    assert not Search(used).hits(f"{told}{lines}".encode())
    assert 'password=\\"***\\"' in told, "the site did say it"


def test_ctrl_c_is_its_proper_end(playground: Playground) -> None:
    folders = playground.demo.folders()
    assert playground.demo.interrupt() == 0
    assert playground.demo.stderr == "playground: stopped; nothing is left running"
    assert not playground.demo.family()
    assert not any(folder.exists() for folder in folders)
