"""Certificate authorities as offices have them, not as the standard asks, and what they sign."""

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Party:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def made(
    name: str,
    *extensions: tuple[x509.ExtensionType, bool],
    signed_by: Party | None = None,
    until: datetime.datetime = NOW + 30 * DAY,
) -> Party:
    """A certificate with these extensions (each with whether it is critical) and no others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signed_by.certificate.subject if signed_by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 60 * DAY)
        .not_valid_after(until)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Party(builder.sign(signed_by.key if signed_by else key, hashes.SHA256()), key)


def authority(name: str, *, critical: bool = True, signed_by: Party | None = None) -> Party:
    """As `openssl req -x509` makes it: no key usage, no key identifiers."""
    return made(name, (x509.BasicConstraints(ca=True, path_length=None), critical), signed_by=signed_by)


def server(
    signed_by: Party | None, name: str = "localhost", until: datetime.datetime = NOW + 30 * DAY
) -> Party:
    """Of a host of this name; signed by itself when by nobody."""
    return made(
        name, (x509.SubjectAlternativeName([x509.DNSName(name)]), False), signed_by=signed_by, until=until
    )
