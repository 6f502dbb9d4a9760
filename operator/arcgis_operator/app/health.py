"""One port for the kubelet and Prometheus: /livez, /readyz, /metrics.

Each check returns None, or a text that says what is stuck. Liveness measures progress (the loop answers
at all; queue, watch and resync move on), because a restart is the cure; readiness says whether it can work.
"""

import errno
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from arcgis_operator.telemetry.metrics import Metrics

Check = Callable[[], str | None]
ALL = ("::", "0.0.0.0")  # noqa: S104 - the kubelet asks at the pod's address, of either family
WHY = {
    errno.EADDRINUSE: "the port is in use",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "this account may not open such a low port",
}
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class CannotListen(Exception):
    """The health address cannot be used; the text says why."""


class Health:
    """The server. `address` is `host:port`, or `:port` for all addresses; port 0 takes any free one."""

    def __init__(
        self,
        address: str,
        metrics: Metrics,
        *,
        live: Mapping[str, Check],
        ready: Mapping[str, Check],
        before_scrape: Callable[[], None] = lambda: None,
    ) -> None:
        host, _, port = address.rpartition(":")
        self._hosts = ALL if host in ("", "*") else (host.strip("[]"),)
        self._port = int(port)
        self._metrics = metrics
        self._before_scrape = before_scrape
        app = web.Application()
        app.router.add_get("/livez", _endpoint(live))
        app.router.add_get("/readyz", _endpoint(ready))
        app.router.add_get("/metrics", self._scrape)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Open the port; raises `CannotListen` when it is taken, or none of the addresses is here."""
        await self._runner.setup()
        for number, host in enumerate(self._hosts, 1):
            try:
                await web.TCPSite(self._runner, host, self._port).start()
            except OSError as error:
                if error.errno not in ABSENT or (number == len(self._hosts) and not self._runner.addresses):
                    await self.stop()
                    raise CannotListen(WHY.get(error.errno or 0, error.strerror)) from None
            else:
                self._port = self.port  # the same for both families

    async def stop(self) -> None:
        """Close the port."""
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port in use, once started."""
        return int(self._runner.addresses[0][1])

    async def _scrape(self, request: web.Request) -> web.Response:
        self._before_scrape()
        return web.Response(body=self._metrics.render(), headers={"Content-Type": self._metrics.content_type})


def _endpoint(checks: Mapping[str, Check]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        found = {name: check() for name, check in checks.items()}
        lines = [f"{name}: {reason or 'ok'}" for name, reason in found.items()]
        status = 503 if any(found.values()) else 200
        return web.Response(text="\n".join([*lines, ""]), status=status)

    return answer
