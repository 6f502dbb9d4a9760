"""Every name is one quoted segment, or there is no request."""

from urllib.parse import quote

import httpx
import pytest
from admin_wire import DOCUMENT, allowed, replacing
from hypothesis import example, given
from hypothesis import strategies as st

from arcgis_operator.adapters.admin.addresses import Addresses
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import ServiceRef

SITE = Addresses("https://site.test/arcgis")


@given(folder=st.text(max_size=30), name=st.text(max_size=30))
@example("..", "a")
@example("a", "%2e%2e")
@example("a?b", "c#d")
@example("%", "%zz")
@example("é", "e\u0301")
def test_a_service_is_refused_or_is_exactly_its_quoted_name(folder, name):
    address = SITE.operation(ServiceRef(name, "MapServer", folder), ("edit",))
    if address is None:
        return
    segments = [quote(part, safe="") for part in ((folder,) if folder else ())]
    segments.append(quote(f"{name}.MapServer", safe=""))
    wanted = "/".join(["/arcgis/admin/services", *segments, "edit"])
    assert httpx.Request("POST", address).url.raw_path == wanted.encode()


@given(st.text(max_size=150))
def test_a_job_is_refused_or_is_exactly_its_quoted_id(job_id):
    address = SITE.job(job_id)
    if address is not None:
        path = httpx.Request("GET", address).url.raw_path
        assert path == f"/arcgis/admin/jobs/{quote(job_id, safe='')}".encode()


REFUSED = {
    "an empty name": ServiceRef("", "MapServer"),
    "an empty type": ServiceRef("Roads", ""),
    "the folder above": ServiceRef("Roads", "MapServer", ".."),
    "the same folder": ServiceRef("Roads", "MapServer", "."),
    "a path in the folder": ServiceRef("Roads", "MapServer", "a/b"),
    "a path in the name": ServiceRef("../Roads", "MapServer"),
    "a backslash": ServiceRef("a\\b", "MapServer"),
    "a line break": ServiceRef("Roads\r\nX: y", "MapServer"),
    "a null": ServiceRef("Roads\0", "MapServer"),
    "a sign that turns the text round": ServiceRef("a\u202eb", "MapServer"),
    "half of a sign": ServiceRef("a\ud800", "MapServer"),
    "a blank folder": ServiceRef("Roads", "MapServer", " "),
}


@pytest.mark.parametrize("ref", REFUSED.values(), ids=REFUSED.keys())
async def test_a_name_that_cannot_be_a_segment_is_refused_without_a_request(scripted, ref):
    client, site = scripted(httpx.Response(200, json={}))
    refused = Failure(Kind.REFUSED, "the name cannot be part of an address")
    assert await client.service(ref) == refused
    assert await client.submit(replacing(ref, DOCUMENT), allowed) == refused
    assert site.requests == []


@pytest.mark.parametrize("name", ["..", "a/b", "a\\b", "a\n"])
async def test_a_folder_that_cannot_be_a_segment_is_refused_without_a_request(scripted, name):
    client, site = scripted(httpx.Response(200, json={}))
    assert (await client.folder(name)).kind is Kind.REFUSED
    assert site.requests == []


@pytest.mark.parametrize("job_id", ["", ".", "..", "a/b", "../jobs", "a\nb", "x" * 129])
async def test_an_id_that_cannot_be_a_segment_is_refused_without_a_request(scripted, job_id):
    client, site = scripted(httpx.Response(200, json={}))
    assert (await client.job(job_id)).kind is Kind.REFUSED
    assert site.requests == []


BAD_SITES = {
    "plain HTTP": "http://site.test/arcgis",
    "another scheme": "ftp://site.test/arcgis",
    "no host": "https:///arcgis",
    "a user": "https://user:secret@site.test/arcgis",
    "a query": "https://site.test/arcgis?token=x",
    "a fragment": "https://site.test/arcgis#x",
    "an empty query": "https://site.test/arcgis?",
    "an empty fragment": "https://site.test/arcgis#",
}


@pytest.mark.parametrize("url", BAD_SITES.values(), ids=BAD_SITES.keys())
def test_the_address_of_a_site_is_plain_https(url):
    with pytest.raises(ValueError, match="https://<host>/<context>"):
        Addresses(url)


CONTEXTS = {
    "one segment": ("https://site.test/arcgis", "/arcgis/admin/jobs"),
    "a slash at the end": ("https://site.test/arcgis/", "/arcgis/admin/jobs"),
    "several segments": ("https://site.test/a/b", "/a/b/admin/jobs"),
    "none": ("https://site.test", "/admin/jobs"),
    "quoted signs": ("https://site.test/a%20b", "/a%20b/admin/jobs"),
}


@pytest.mark.parametrize(("url", "jobs"), CONTEXTS.values(), ids=CONTEXTS.keys())
def test_the_context_is_kept_as_it_is_written(url, jobs):
    assert Addresses(url).jobs.raw_path == jobs.encode()
    assert Addresses(url).job("j1").raw_path == f"{jobs}/j1".encode()


def test_a_site_may_have_an_address_of_the_newer_kind():
    assert str(Addresses("https://[::1]:7443/arcgis").root) == "https://[::1]:7443/arcgis/admin"


@pytest.mark.parametrize(
    "host", ["0177.0.0.1", "1.2.3.999", "xn--0.invalid", "xn--.invalid", "xn--a-ecp.invalid"]
)
def test_a_host_that_only_looks_like_one_has_no_addresses(host):
    with pytest.raises(ValueError, match="neither a name nor an IPv4 address"):
        Addresses(f"https://{host}/arcgis")
