"""A client of the simulated site, in process."""

from typing import Any

import httpx

from arcgis_simulator.site import Site

BASE = "https://site.test/arcgis"
FIRE = "/admin/services/FireWeatherWatch.MapServer"


class Client:
    """Speaks to the site as a client does: JSON, a token in the header."""

    def __init__(self, site: Site) -> None:
        self.site = site
        transport = httpx.ASGITransport(site.app)
        self.http = httpx.AsyncClient(transport=transport)
        self.headers: dict[str, str] = {}

    async def sign_in(self, username: str = "siteadmin", password: str = "secret", **fields: str) -> Any:
        form = {"username": username, "password": password, "client": "referer", "referer": "tests", **fields}
        answer = await self.post("/sharing/rest/generateToken", **form)
        if "token" in answer:
            self.headers = {"authorization": f"Bearer {answer['token']}"}
        return answer

    async def get(self, path: str, **query: str) -> Any:
        return (await self.raw("GET", path, params={"f": "json", **query})).json()

    async def post(self, path: str, **form: str) -> Any:
        return (await self.raw("POST", path, data={"f": "json", **form})).json()

    async def raw(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {**self.headers, **rest.pop("headers", {})}
        return await self.http.request(method, BASE + path, headers=headers, **rest)

    def wait(self, seconds: float) -> None:
        self.site.clock.advance(seconds)
        self.site.tick()
