"""Whom a site is trusted by: bundles as people have them, alike on every Python of the machine."""

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from admin_wire import Request, WireSite, answer
from certificates import DAY, NOW, Party, authority, server

from arcgis_operator.adapters.admin import Trust, system_roots, trust_in

HERE = Path(__file__).parent
NO_ISSUER = "it is verified against ConfigMap gis/ca, key ca.crt: see that the CA of the site is in"
ANY_VERSION = re.compile(r"python3\.(1[1-9]|[2-9][0-9])")


def pythons() -> dict[str, str]:
    """Every Python of the machine from 3.11 on, one of each release, the present one among them."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    named = map(Path, os.environ.get("PATH", "").split(os.pathsep))
    places = [place for place in named if place.name != "shims"]  # these start whichever is chosen
    places += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    for place in places:
        for one in sorted(place.glob("python3.*")) if place.is_dir() else ():
            if ANY_VERSION.fullmatch(one.name) and shutil.which(one.name, path=str(place)):
                found.setdefault(one.name.removeprefix("python"), str(one))
    return found


PYTHONS = pythons()
ROOT, OFFICE = authority("Dept CA"), authority("Office CA")
LENIENT = authority("Inspecting proxy", critical=False)
BELOW = authority("Below", signed_by=ROOT)
PEM = ROOT.pem.decode()
INDENTED = "".join(f"    {line}\n" for line in PEM.splitlines())
CASES: dict[str, tuple[Party, tuple[Party, ...], bytes, str]] = {  # server, chain, bundle, what is said
    "a CA without key usage": (server(ROOT), (), ROOT.pem, ""),
    "constraints that are not critical": (server(LENIENT), (), LENIENT.pem, ""),
    "an intermediate that the site sends": (server(BELOW), (BELOW,), ROOT.pem, ""),
    "an intermediate alone as anchor": (server(BELOW), (), BELOW.pem, ""),
    "the server's own certificate": (own := server(None), (), own.pem, ""),
    "two CAs in one bundle": (server(ROOT), (), OFFICE.pem + ROOT.pem, ""),
    "the same CA twice": (server(ROOT), (), ROOT.pem + ROOT.pem, ""),
    "DER": (server(ROOT), (), ROOT.der, ""),
    "a byte order mark": (server(ROOT), (), b"\xef\xbb\xbf" + ROOT.pem, ""),
    "UTF-16": (server(ROOT), (), PEM.encode("utf-16"), ""),
    "indented PEM": (server(ROOT), (), INDENTED.encode(), ""),
    "lines of Windows": (server(ROOT), (), PEM.replace("\n", "\r\n").encode(), ""),
    "words around it": (server(ROOT), (), b"# \xc3\xa4 CA\n" + ROOT.pem + b"the end", ""),
    "another CA": (server(ROOT), (), OFFICE.pem, NO_ISSUER),
    "an intermediate that is missing": (server(BELOW), (), ROOT.pem, NO_ISSUER),
    "another host": (server(ROOT, "elsewhere"), (), ROOT.pem, "spec.url must have a name that stands in"),
    "a certificate that has run out": (server(ROOT, until=NOW - DAY), (), ROOT.pem, "renew it, or check"),
    "an empty bundle": (server(ROOT), (), b" \n", "is empty"),
    "words": (server(ROOT), (), b"the CA of our department", "holds neither PEM nor DER certificates"),
    "a key": (server(ROOT), (), ROOT.key_pem, "holds no certificate but: PRIVATE KEY"),
    "one that is changed": (server(ROOT), (), ROOT.pem.replace(b"MII", b"M!I"), "that is cut or changed"),
    "one that is cut": (server(ROOT), (), ROOT.der[:-9], "cannot be read (number 1 of 1)"),
}


async def rooted(request: Request) -> bytes:
    return answer({"fullVersion": "12.0"})


@pytest.fixture
async def sites(tmp_path: Path) -> AsyncIterator[dict[str, list[str]]]:
    """Address and bundle of each case."""
    started, cases = [], {}
    for number, (name, (party, chain, bundle, _)) in enumerate(CASES.items()):
        pem, file = tmp_path / f"{number}.pem", tmp_path / f"{number}.ca"
        pem.write_bytes(party.pem + b"".join(one.pem for one in chain) + party.key_pem)
        file.write_bytes(bundle)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        site = WireSite(rooted)
        await site.start(context)
        started.append(site)
        cases[name] = [site.url, str(file)]
    yield cases
    for site in started:
        await site.stop()


@pytest.mark.parametrize("python", PYTHONS.values(), ids=PYTHONS)
async def test_bundles_are_trusted_as_openssl_does_on_this_python(
    python: str, sites: dict[str, list[str]]
) -> None:
    libraries = str(Path(pytest.__file__).parents[1])
    path = os.pathsep.join((str(HERE.parents[1] / "operator"), libraries))
    probing = await asyncio.create_subprocess_exec(
        python,
        "-B",
        str(HERE / "tls_probe.py"),
        json.dumps(sites),
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
    )
    output, _ = await probing.communicate()
    told = json.loads(output)
    sys.stdout.write(f"TLS to sites on Python {told['python']}\n")
    assert told["said"].keys() == CASES.keys()
    wrong = {
        name: said
        for name, said in told["said"].items()
        if (CASES[name][3] not in said if CASES[name][3] else said)
    }
    assert wrong == {}


def test_the_present_python_is_among_them() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in PYTHONS


@pytest.mark.parametrize("name", CASES)
def test_a_bundle_is_read_or_it_is_said_what_it_holds_instead(name: str) -> None:
    _, _, bundle, said = CASES[name]
    trust = trust_in(bundle, "Secret gis/ca, key ca.crt")
    if isinstance(trust, Trust):
        assert trust.source == "Secret gis/ca, key ca.crt"
        assert trust.context.verify_mode is ssl.CERT_REQUIRED
        assert trust.context.check_hostname
    else:
        assert said in trust


def test_the_roots_of_the_system_are_no_stricter_than_a_bundle() -> None:
    roots = system_roots()
    assert not roots.context.verify_flags & ssl.VERIFY_X509_STRICT
    assert roots.context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
    assert roots.source == "the roots of the system"
