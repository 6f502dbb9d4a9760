"""Listeners that nobody should come to, or to whom nobody should say anything."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from arcgis_devcluster.certificates import Authority

PATIENCE_SECONDS = 2.0


class Trap:
    """Listens on every address of this machine, and counts who comes."""

    def __init__(self) -> None:
        self._socket = _everywhere()
        self.port = int(self._socket.getsockname()[1])
        self.caught: list[Any] = []
        threading.Thread(target=self._wait, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _wait(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:
                return
            self.caught.append(address)
            threading.Thread(target=self._receive, args=(connection,), daemon=True).start()

    def _receive(self, connection: socket.socket) -> None:
        connection.close()


class TlsTrap(Trap):
    """Offers TLS with a certificate that nobody signed. `heard` is what was said to it in spite of that."""

    def __init__(self, directory: Path) -> None:
        server = Authority(directory, "trap-ca").issue_server("trap", "127.0.0.1", "localhost")
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(server.certificate, server.key)
        self.heard: list[bytes] = []
        super().__init__()

    def _receive(self, connection: socket.socket) -> None:
        """The first byte of a TLS handshake is 22; anything else is said in the open."""
        connection.settimeout(PATIENCE_SECONDS)
        with connection, contextlib.suppress(OSError):
            first = connection.recv(1, socket.MSG_PEEK)
            if first not in (b"", b"\x16"):
                self.heard.append(connection.recv(65_536))
                return
            with self._tls.wrap_socket(connection, server_side=True) as inside:
                self.heard.append(inside.recv(65_536))


def _everywhere() -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("0.0.0.0", 0))
