"""One way to break a request, as a value; a wire in process or a proxy carries it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

READS = frozenset({"root", "mode", "jobs", "service", "job"})
CHANGES = frozenset({"edit", "start", "stop", "changeProvider"})
ALL = READS | CHANGES | {"token"}
DOORS = frozenset(
    ("connect", "silence", "shut", "slammed", "tls", "another name", "expired", "plain", "noise", "half")
)
"""Where there is no connection: it is refused, or ends in one of these ways within the handshake."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break a request.

    `seconds` pass first. `breaks` is where the connection ends: a word of `DOORS`, "request", "answer" (in
    the middle of it), or "hang". `applied`: the request is processed before; `late`: only when the client has
    given up. `rewrite` changes the bytes of the real answer; `code`, `headers` and `body` stand in for it.
    `twice`: it is processed twice. `sends` is how the bytes of the answer come, a word of `site_wire.SENDS`:
    over real sockets only.
    """

    breaks: str = ""
    applied: bool = False
    late: bool = False
    seconds: float = 0.0
    code: int = 0
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    rewrite: Callable[[bytes], bytes] | None = None
    twice: bool = False
    sends: str = ""
    where: frozenset[str] = ALL

    def applies(self, operation: str) -> bool:
        """Whether it can occur there."""
        return operation in self.where

    @property
    def processed(self) -> int:
        """How often the request reaches the one it was meant for."""
        return 1 + self.twice if self.applied or self.rewrite else 0


def same(body: bytes) -> bytes:
    """The real answer, as it is."""
    return body


UNTOUCHED = Fault(applied=True, rewrite=same)


def operation_of(path: str) -> str:
    """The word for a request to the site, by its path below `/arcgis`."""
    last = path.rpartition("/")[2]
    if last == "generateToken":
        return "token"
    if "/jobs/" in path:
        return "job"
    if last in ("jobs", "mode", *CHANGES):
        return last
    return "service" if "/services/" in path else "root"
