"""The portal's addresses that Esri's Python client asks before it finds the Administrator API."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from simulator_client import BASE, Client

from arcgis_simulator import oauth
from arcgis_simulator.site import Site
from arcgis_simulator.tokens import User

HOME = "https://site.test"
AUTHORIZE, SIGN_IN, TOKEN = (
    "/sharing/rest/oauth2/authorize",
    "/sharing/oauth2/signin",
    "/sharing/rest/oauth2/token",
)
GOOD = {"username": "siteadmin", "password": "secret"}
WRONG = {"username": "siteadmin", "password": "wrong"}


def told(page: httpx.Response) -> Any:
    """The object that the script of a page holds."""
    found = re.search(r"var oAuthInfo = (\{.*\});", page.text)
    assert found, page.text
    return json.loads(found[1])


async def page_of(client: Client, wants: str, redirect: str = HOME, **more: str) -> httpx.Response:
    query = {"response_type": wants, "redirect_uri": redirect, "client_id": "pythonapi", **more}
    return await client.raw("GET", AUTHORIZE, params=query)


async def sign_in(client: Client, wants: str, form: dict[str, str], **more: str) -> httpx.Response:
    state = told(await page_of(client, wants, **more))["oauth_state"]
    return await client.raw("POST", SIGN_IN, data={"oauth_state": state, **form})


async def code_of(client: Client) -> str:
    return str(told(await sign_in(client, "code", GOOD, redirect=oauth.OUT_OF_BAND))["code"])


async def redeem(client: Client, code: str, **more: str) -> Any:
    return await client.post(TOKEN, grant_type="authorization_code", code=code, **more)


def bearing(client: Client, token: str) -> Client:
    client.headers = {"x-esri-authorization": f"Bearer {token}"}
    return client


# -- what a stranger is told -----------------------------------------------------


@pytest.mark.parametrize("path", ["/rest/info", "/sharing/rest/info"])
async def test_a_stranger_is_told_where_tokens_are_given(stranger: Client, path: str) -> None:
    said = (await stranger.get(path))["authInfo"]
    assert said["isTokenBasedSecurity"] is True
    assert said["tokenServicesUrl"] == f"{BASE}/sharing/rest/generateToken"


async def test_the_portal_tells_its_version(stranger: Client) -> None:
    assert await stranger.get("/sharing/rest") == {"currentVersion": "12.0"}


@pytest.mark.parametrize("method", ["get", "post"])
async def test_the_portal_tells_a_stranger_its_kind_and_no_user(stranger: Client, method: str) -> None:
    said = await getattr(stranger, method)("/sharing/rest/portals/self")
    assert said["portalDeploymentType"] == "ArcGISEnterpriseOnKubernetes"
    assert "user" not in said


@pytest.mark.parametrize("path", ["community/self", "community/users/siteadmin"])
async def test_a_stranger_is_told_of_nobody(stranger: Client, path: str) -> None:
    assert (await stranger.get(f"/sharing/rest/{path}"))["error"]["code"] == 499


# -- what a member is told -------------------------------------------------------


@pytest.mark.parametrize("path", ["portals/self", "community/self", "community/users/siteadmin"])
async def test_a_member_is_told_who_he_is_and_what_he_may(client: Client, path: str) -> None:
    said = await client.get(f"/sharing/rest/{path}")
    who = said.get("user", said)
    assert (who["username"], who["role"]) == ("siteadmin", "org_admin")
    assert any(":admin:" in privilege for privilege in who["privileges"])


async def test_a_member_without_rights_sees_the_portal_and_not_the_administrator_api(
    stranger: Client,
) -> None:
    await stranger.sign_in("reader")
    assert (await stranger.get("/sharing/rest/community/self"))["privileges"] == []
    assert (await stranger.get("/admin"))["error"]["code"] == 403


async def test_a_member_whom_nobody_knows_is_an_error(client: Client) -> None:
    refused = await client.get("/sharing/rest/community/users/nobody")
    assert "does not exist" in refused["error"]["message"]


@pytest.mark.parametrize("path", ["portals/self", "community/self", "community/users/siteadmin"])
async def test_an_expired_token_is_no_stranger_but_an_error(client: Client, path: str) -> None:
    client.site.world.tokens.expire_all()
    assert (await client.get(f"/sharing/rest/{path}"))["error"]["code"] == 498


# -- signing in for a token ------------------------------------------------------


async def test_a_sign_in_for_a_token_goes_back_with_it(stranger: Client) -> None:
    gone = await sign_in(stranger, "token", {**GOOD, "expiration": "600"}, state="mine")
    place = urlsplit(gone.headers["location"])
    said = dict(parse_qsl(place.fragment))
    assert (gone.status_code, f"{place.scheme}://{place.netloc}") == (302, HOME)
    assert (said["state"], said["username"], said["expires_in"]) == ("mine", "siteadmin", "36000")
    assert "user" in await bearing(stranger, said["access_token"]).get("/sharing/rest/portals/self")


async def test_a_page_that_nobody_handed_out_is_refused(stranger: Client) -> None:
    again = told(await stranger.raw("POST", SIGN_IN, data={"oauth_state": "unknown", **GOOD}))
    assert again == {"oauth_state": "unknown", "messages": ["Invalid oauth_state"]}


async def test_a_sign_in_without_a_page_is_refused(stranger: Client) -> None:
    assert told(await stranger.raw("POST", SIGN_IN, data=GOOD))["messages"] == ["Invalid oauth_state"]


@pytest.mark.parametrize("wants", ["token", "code"])
async def test_a_wrong_password_shows_the_page_again_for_another_attempt(
    stranger: Client, wants: str
) -> None:
    again = told(await sign_in(stranger, wants, WRONG))
    assert again["messages"] == ["Invalid username or password."]
    done = await stranger.raw("POST", SIGN_IN, data={"oauth_state": again["oauth_state"], **GOOD})
    assert "location" in done.headers or "SUCCESS code=" in done.text


async def test_a_sign_in_without_a_password_says_what_is_missing(stranger: Client) -> None:
    again = told(await sign_in(stranger, "token", {"username": "siteadmin"}))
    assert again["messages"] == ["'password' must be specified."]


@pytest.mark.parametrize("redirect", ["https://elsewhere.test", "http://site.test", "", "https://[broken"])
async def test_a_sign_in_goes_back_to_no_other_site(stranger: Client, redirect: str) -> None:
    assert "Invalid redirect_uri" in (await page_of(stranger, "token", redirect)).text


async def test_a_sign_in_is_for_a_token_or_a_code(stranger: Client) -> None:
    assert "Invalid response_type" in (await page_of(stranger, "password")).text


async def test_of_the_pages_that_nobody_signed_in_at_the_oldest_are_forgotten(
    stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "_KEPT", 2)
    states = [told(await page_of(stranger, "token"))["oauth_state"] for _ in range(3)]
    tried = [await stranger.raw("POST", SIGN_IN, data={"oauth_state": one, **GOOD}) for one in states]
    assert [one.status_code for one in tried] == [200, 302, 302]


# -- signing in for a code -------------------------------------------------------


async def test_a_code_stands_in_the_title_and_is_good_for_a_token(stranger: Client) -> None:
    page = await sign_in(stranger, "code", {**GOOD, "authorize": "True"}, redirect=oauth.OUT_OF_BAND)
    code = told(page)["code"]
    assert f"<title>SUCCESS code={code}</title>" in page.text
    given = await redeem(stranger, code, expiration="20160")
    assert given["expires_in"] == 20160 * 60
    assert given.keys() >= {"access_token", "refresh_token", "username"}
    assert "error" not in await bearing(stranger, given["access_token"]).get("/admin")


async def test_a_token_for_a_code_is_json_though_the_client_asks_for_no_form(stranger: Client) -> None:
    form = {"grant_type": "authorization_code", "code": await code_of(stranger)}
    assert "access_token" in (await stranger.raw("POST", TOKEN, data=form)).json()
    assert (await stranger.raw("POST", TOKEN, data=form)).json()["error"]["message"] == "Invalid code"


async def test_a_code_is_good_once(stranger: Client) -> None:
    code = await code_of(stranger)
    assert "access_token" in await redeem(stranger, code)
    assert (await redeem(stranger, code))["error"]["message"] == "Invalid code"


async def test_a_code_ends(stranger: Client) -> None:
    code = await code_of(stranger)
    stranger.wait(600)
    assert (await redeem(stranger, code))["error"]["message"] == "Invalid code"


async def test_a_code_of_a_user_who_is_gone_is_refused(stranger: Client, site: Site) -> None:
    site.world.set_user(User("brief", "secret"))
    page = await sign_in(stranger, "code", {"username": "brief", "password": "secret"})
    del site.world.tokens.users["brief"]
    assert (await redeem(stranger, told(page)["code"]))["error"]["message"] == "Invalid code"


async def test_only_codes_are_redeemed(stranger: Client) -> None:
    refused = await stranger.post(TOKEN, grant_type="refresh_token", code=await code_of(stranger))
    assert refused["error"]["message"] == "Invalid grant_type"


# -- the page --------------------------------------------------------------------


@pytest.mark.parametrize("styled", [False, True])
async def test_the_first_braces_of_the_page_are_the_object_unless_it_is_styled(
    stranger: Client, site: Site, styled: bool
) -> None:
    site.world.switches = site.world.switches.changed({"sign_in_page": "styled" if styled else "plain"})
    for page in (await page_of(stranger, "token"), await sign_in(stranger, "token", WRONG)):
        first = re.search(r"\{.*\}", page.text)
        assert first is not None
        assert ("oauth_state" not in first[0]) is styled
        assert "oauth_state" in told(page)


async def test_what_is_typed_is_no_markup_on_the_page(stranger: Client) -> None:
    evil = "</script><script>alert(1)</script>"
    page = await stranger.raw("POST", SIGN_IN, data={"oauth_state": evil, **GOOD})
    assert "</script><script>" not in page.text
    assert told(page)["oauth_state"] == evil


async def test_a_browser_that_reads_the_portal_gets_a_page(client: Client) -> None:
    page = await client.raw("GET", "/sharing/rest/portals/self")
    assert page.headers["content-type"].startswith("text/html")
    assert "ArcGISEnterpriseOnKubernetes" in page.text


@pytest.mark.parametrize(("token", "said"), [("", ""), ("bad", "Invalid Token.")])
async def test_a_browser_without_a_good_token_is_asked_to_sign_in(
    stranger: Client, token: str, said: str
) -> None:
    page = await bearing(stranger, token).raw("GET", "/sharing/rest/community/self")
    assert 'type="password"' in page.text
    assert said in page.text
