"""Certificates that a strict client believes."""

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from arcgis_devcluster.certificates import Authority


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_strict_client_believes_a_server_on_loopback(tmp_path: Path, host: str) -> None:
    authority = Authority(tmp_path, "site")
    pair = authority.issue_server("server")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pair.certificate, pair.key)
    client = ssl.create_default_context(cafile=authority.certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    near, far = socket.socketpair()
    with near, far:
        thread = threading.Thread(target=lambda: server.wrap_socket(far, server_side=True).close())
        thread.start()
        with client.wrap_socket(near, server_hostname=host) as connection:
            assert connection.getpeercert()
        thread.join()


def test_a_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    pair = Authority(tmp_path, "site").issue_client("admin", "admin", "system:masters")
    assert stat.S_IMODE(pair.key.stat().st_mode) == 0o600
