"""The portal's addresses that Esri's own Python client needs before it finds the Administrator API.

Source: the package ``arcgis`` 2.4.4, run against a site that logged what it asks, with fields taken away.
Assumed: every value that it does not read.
"""

from __future__ import annotations

from typing import Any

from arcgis_simulator.api.call import Call, Reply
from arcgis_simulator.errors import SiteError
from arcgis_simulator.oauth import granted
from arcgis_simulator.tokens import User

_PRIVILEGES = ("portal:admin:viewUsers", "portal:admin:manageServers", "portal:publisher:publishFeatures")


def version(call: Call) -> Reply:
    """Source: the package ``arcgis`` 2.4.4, which asks for it."""
    return Reply({"currentVersion": call.world.switches.version})


def info(call: Call) -> Reply:
    """Whether there are tokens, and where. Source: the package ``arcgis`` 2.4.4, which asks for it."""
    tokens = {"isTokenBasedSecurity": True, "tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken"}
    return Reply({"owningSystemUrl": call.base_url, "authInfo": tokens})


def authorize(call: Call) -> Reply:
    """The sign-in page of a client, which takes the first braces of it for the object.

    Source: the package ``arcgis`` 2.4.4.
    """
    state = call.world.oauth.authorize(call.query, call.base_url)
    return Reply({"oauth_state": state}, page="authorize")


def sign_in(call: Call) -> Reply:
    """Goes back to the client with a token, or shows a code; a wrong password shows the page again.

    Source: the package ``arcgis`` 2.4.4.
    """
    world = call.world
    try:
        done = world.oauth.sign_in(call.form, world.now_ms, world.switches)
    except SiteError as error:
        state = call.form.get("oauth_state", "")
        return Reply({"oauth_state": state, "messages": error.details or [error.message]}, page="authorize")
    if done.location is not None:
        return Reply({}, location=done.location)
    return Reply({"code": done.code}, page="code")


def token(call: Call) -> Reply:
    """A token for the code that the page showed. Assumed: no refreshing, the text is only there."""
    world = call.world
    given = world.oauth.redeem(call.form, world.now_ms, world.switches)
    return Reply({**granted(given, world.now_ms), "refresh_token": world.ids.token(), "ssl": True})


def portal(call: Call) -> Reply:
    """Who asks, and what kind of portal it is; for a stranger the same without ``user``.

    Source: the package ``arcgis`` 2.4.4, which reads the deployment type.
    """
    body: dict[str, Any] = {
        "id": "0123456789ABCDEF",
        "name": "Simulated",
        "portalName": "Simulated portal",
        "portalMode": "singletenant",
        "portalDeploymentType": "ArcGISEnterpriseOnKubernetes",
        "isPortal": True,
        "allSSL": True,
        "currentVersion": call.world.switches.version,
    }
    if call.token is not None:
        body["user"] = _shown(call.member())
    return Reply(body)


def myself(call: Call) -> Reply:
    """Who asks. Source: the package ``arcgis`` 2.4.4."""
    return Reply(_shown(call.member()))


def user(call: Call) -> Reply:
    """Assumed: the answer for somebody whom nobody knows."""
    call.member()
    found = call.world.tokens.users.get(call.address.user)
    if found is None:
        raise SiteError(400, f"User '{call.address.user}' does not exist or is inaccessible.")
    return Reply(_shown(found))


def _shown(someone: User) -> dict[str, Any]:
    role = "org_admin" if someone.may_administer else "org_user"
    privileges = [*_PRIVILEGES] if someone.may_administer else []
    return {"username": someone.username, "role": role, "privileges": privileges}
