"""Certificates for processes on loopback: a throw-away authority and what it issues.

Also used for other local servers (the simulator): give each purpose an authority of its own, because whoever
holds a certificate of the cluster's authority is a client that kube-apiserver believes.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class KeyPair:
    """Paths of a PEM certificate chain (or public key) and of its private key (mode 600)."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority that lives as long as this object; `certificate` is what others trust."""

    def __init__(self, directory: Path, name: str) -> None:
        self._authority = trustme.CA(organization_name=name)
        self._directory = directory
        self.certificate = directory / f"{name}-ca.crt"
        self.certificate.write_bytes(self._authority.cert_pem.bytes())

    def issue_server(self, name: str, *hosts: str) -> KeyPair:
        """Writes `<name>.crt` and `.key` for these hosts; 127.0.0.1 and localhost if none is named."""
        return self._write(name, self._authority.issue_cert(*(hosts or LOOPBACK)))

    def issue_client(self, name: str, common_name: str, organization: str) -> KeyPair:
        """A client's certificate. Kubernetes reads the common name as user and the organization as group."""
        leaf = self._authority.issue_cert(  # Go refuses a certificate that names no host at all
            common_name, common_name=common_name, organization_name=organization
        )
        return self._write(name, leaf)

    def _write(self, name: str, leaf: trustme.LeafCert) -> KeyPair:
        pair = _paths(self._directory, name)
        pair.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        _write_secret(pair.key, leaf.private_key_pem.bytes())
        return pair


def signing_keys(directory: Path, name: str) -> KeyPair:
    """An EC key pair for service-account tokens; `certificate` is the bare public key."""
    pair = _paths(directory, name)
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pair.certificate.write_bytes(public)
    _write_secret(pair.key, private)
    return pair


def _paths(directory: Path, name: str) -> KeyPair:
    return KeyPair(directory / f"{name}.crt", directory / f"{name}.key")


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(content)
