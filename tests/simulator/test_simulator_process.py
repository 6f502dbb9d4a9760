"""The real process: TLS, the ready line, a browser's way, dropped connections, holds, and its end."""

import json
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from click.testing import CliRunner

from arcgis_simulator.cli import main
from harness.site import SiteControl

FIRE = "FireWeatherWatch.MapServer"
SERVE = "from arcgis_simulator.cli import main; main()"


class Served:
    """A running simulator with its addresses."""

    def __init__(self, process: "subprocess.Popen[str]", trust: ssl.SSLContext, journal: Path) -> None:
        assert process.stdout is not None
        self.process = process
        self.trust = trust
        self.journal = journal
        ready = json.loads(process.stdout.readline())
        self.url: str = ready["url"]
        self.control: str = ready["control"]

    def client(self) -> httpx.Client:
        return httpx.Client(verify=self.trust, base_url=self.url, timeout=5, trust_env=False)

    def end(self) -> float:
        """Asks it to end and answers how many seconds that took."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(5) == 0
        return time.monotonic() - asked


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    monkeypatch.setenv("SITE_PASSWORD", "secret")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    journal = tmp_path / "journal.jsonl"
    tls = ["--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    job = ["--job-seconds", "0.05", "--submitted-seconds", "0.05", "--password-env", "SITE_PASSWORD"]
    command = [
        sys.executable,
        "-c",
        SERVE,
        *tls,
        *job,
        "--journal",
        str(journal),
        "--switch",
        "submit_reply=2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            yield Served(process, trust, journal)
        finally:
            if process.poll() is None:
                process.kill()


def sign_in(client: httpx.Client) -> None:
    form = {"username": "siteadmin", "password": "secret", "client": "referer", "referer": "x", "f": "json"}
    token = client.post("/sharing/rest/generateToken", data=form).json()["token"]
    client.headers["authorization"] = f"Bearer {token}"


def edit(client: httpx.Client) -> Any:
    document = client.get(f"/admin/services/{FIRE}", params={"f": "json"}).text
    form = {"service": document, "async": "true", "f": "json"}
    return client.post(f"/admin/services/{FIRE}/edit", data=form).json()


def test_a_person_clicks_from_the_root_to_a_job(served: Served) -> None:
    with served.client() as browser, SiteControl(served.control) as control:
        browser.follow_redirects = True
        page = browser.get("/admin")
        hidden = re.findall(r'name="next" value="([^"]*)"', page.text)
        form = {"username": "siteadmin", "password": "secret", "next": hidden[0]}
        page = browser.post("/admin/login", data=form)
        page = click(browser, page, "services")
        page = click(browser, page, FIRE)
        page = click(browser, page, "edit")
        document = control.document(FIRE)
        form = {"service": json.dumps({**document, "description": "by hand"}), "async": "true", "f": "html"}
        page = browser.post(str(page.url), data=form)
        job = re.findall(r">(j[0-9a-f-]{36})<", page.text)[0]
        control.wait_for(lambda: control.jobs()[0]["status"] == "COMPLETED")
        page = click(browser, click(browser, click(browser, page, "Home"), "jobs"), job)
        assert "COMPLETED" in page.text
        assert "by hand" in page.text


def click(browser: httpx.Client, page: httpx.Response, text: str) -> httpx.Response:
    target = re.findall(rf'<a href="([^"]*)">{re.escape(text)}</a>', page.text)[-1]
    return browser.get(str(page.url.join(target)))


def test_dropped_reset_and_held_requests_and_what_the_journal_says(served: Served) -> None:
    with served.client() as client, SiteControl(served.control) as control:
        sign_in(client)
        for when, ending in (("before", "drop"), ("after", "reset")):
            control.fault({ending: True}, when=when, operation="edit")
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                edit(client)
        assert control.edits(FIRE) == 1

        control.fault({"hold": "gate"}, operation="edit")
        caught: list[httpx.TransportError] = []
        waiting = threading.Thread(target=held_edit, args=(client, caught))
        waiting.start()
        assert control.wait_parked("gate")["service"] == FIRE
        assert control.release("gate", drop=True) == 1
        waiting.join(5)
        assert len(caught) == 1

        control.fault({"hold": "gate"}, operation="edit")
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"/admin/services/{FIRE}/edit", data={"service": "{}", "f": "json"}, timeout=0.05)
        assert control.edits(FIRE) == 1
        control.release("gate")  # applied late, with the client long gone
        control.wait_for(lambda: control.edits(FIRE) == 2)

        assert "jobid" in edit(client)
        accepted = control.journal(kind="accepted", operation="edit")
        assert [record["service"] for record in accepted] == [FIRE] * 3
        written = [json.loads(line) for line in served.journal.read_text("utf-8").splitlines()]
        assert [record for record in written if record["kind"] == "accepted"] == accepted


def held_edit(client: httpx.Client, caught: list[httpx.TransportError]) -> None:
    try:
        edit(client)
    except httpx.TransportError as error:
        caught.append(error)


def test_it_ends_at_once_though_a_request_is_held_and_connections_are_open(served: Served) -> None:
    with served.client() as client, SiteControl(served.control) as control:
        sign_in(client)
        control.fault({"hold": "gate"}, operation="edit")
        caught: list[httpx.TransportError] = []
        waiting = threading.Thread(target=held_edit, args=(client, caught))
        waiting.start()
        control.wait_parked("gate")
        assert served.end() < 1
        waiting.join(5)
        assert len(caught) == 1
        assert served.process.stderr is not None
        assert served.process.stderr.read() == ""


def test_one_connection_serves_many_requests(served: Served) -> None:
    with served.client() as client:
        sign_in(client)
        streams = {
            id(client.get("/admin", params={"f": "json"}).extensions["network_stream"]) for _ in range(5)
        }
        assert len(streams) == 1


BAD_COMMANDS: dict[str, tuple[list[str], str]] = {
    "no password": ([], "--password-env VAR"),
    "an empty variable": (["--password-env", "NOT_SET_ANYWHERE"], "holds no password"),
    "a certificate without a key": (["--password", "x", "--tls-cert", __file__], "go together"),
    "an unknown switch": (["--password", "x", "--switch", "nothing=1"], "there is no switch"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_the_command_says_what_is_wrong(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code != 0
    assert said in done.output


def test_many_sites_are_served_by_one_process_each_at_addresses_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITE_PASSWORD", "secret")
    command = [sys.executable, "-c", SERVE, "--password-env=SITE_PASSWORD", "--sites=3", "--seed=a"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ready = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert len({address for one in ready for address in one.values()}) == 6
        journals = [httpx.get(f"{one['control']}/journal", trust_env=False) for one in ready]
        assert [answer.status_code for answer in journals] == [200] * 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_many_sites_take_free_ports() -> None:
    done = CliRunner().invoke(main, ["--password=x", "--sites=2", "--port=8443"])
    assert done.exit_code == 2
    assert "--sites takes free ports" in done.output
