"""The portal's addresses: the token endpoint. Those that Esri's own Python client needs belong here too."""

from __future__ import annotations

from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.errors import SiteError


def generate_token(call: Call) -> Reply:
    """``POST <context>/sharing/rest/generateToken``. Source: Generate Token page: ``expires`` in epoch ms.

    Source: reports of modern portals: credentials in the query string are refused, in these words.
    """
    if "password" in call.query or "username" in call.query:
        raise SiteError(400, "POST request should not contain username and password in the query string.")
    world = call.world
    token = world.tokens.sign_in(call.form, world.now_ms, world.switches)
    skew_ms = round(world.switches.clock_skew_seconds * 1000)
    return Reply({"token": token.value, "expires": token.expires_ms + skew_ms, "ssl": True})


def sign_in_page(call: Call) -> Reply:
    """The page at which a browser signs in. Assumed: the real one is the portal's own."""
    return Reply({}, page="signin")


def sign_in(call: Call) -> Reply:
    """Takes the sign-in form, sets the cookie and goes on to the page that was wanted. Assumed: all of it."""
    token = call.world.tokens.sign_in(call.form, call.world.now_ms, call.world.switches)
    root = f"/{call.world.context}/admin"
    wanted = call.form.get("next", root)
    inside = wanted == root or wanted.startswith((f"{root}/", f"{root}?"))
    return Reply({}, location=wanted if inside else root, cookie=token.value)
