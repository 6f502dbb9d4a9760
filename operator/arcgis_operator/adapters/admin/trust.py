"""Whom a site's certificate is trusted by: a bundle of the site's owner, or the system's roots.

As openssl, curl and browsers take them, alike on every Python: from 3.13 on a default context refuses CAs
without key usage or key identifiers, which many offices have (Source: python/cpython issue 107361), and
before it an intermediate alone is no anchor. Certificate and host name are always verified.
"""

import base64
import binascii
import functools
import hashlib
import re
import ssl
from dataclasses import dataclass

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


@dataclass(frozen=True, slots=True)
class Trust:
    """A context that verifies; `source` is what a message names (`ConfigMap gis/prod-ca, key ca.crt`).

    Two of one `digest` trust the same authorities.
    """

    context: ssl.SSLContext
    source: str = "the roots of the system"
    digest: str = ""


def trust_in(bundle: bytes, source: str) -> Trust | str:
    """Trust in the certificates of a bundle: PEM, also indented or with a byte order mark, or DER.

    Else what it holds instead, as the end of a sentence.
    """
    if not bundle.strip():
        return "is empty"
    found = _certificates(bundle)
    if isinstance(found, str):
        return found
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for number, certificate in enumerate(found, 1):
        try:
            context.load_verify_locations(cadata=certificate)
        except (ssl.SSLError, ValueError):
            return f"holds a certificate that cannot be read (number {number} of {len(found)})"
    digest = hashlib.sha256(b"".join(sorted(set(found)))).hexdigest()
    return Trust(_as_openssl(context), source, digest)


@functools.cache
def system_roots() -> Trust:
    """Read once: they are so many that all else would stand still whenever a site that is away is tried."""
    return Trust(_as_openssl(ssl.create_default_context()))


def _as_openssl(context: ssl.SSLContext) -> ssl.SSLContext:
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _certificates(bundle: bytes) -> list[bytes] | str:
    """Each in DER, or what is there instead."""
    if bundle[:1] == b"\x30":  # a DER sequence; text never begins with the digit 0
        return [bundle]
    blocks = _BLOCK.findall(_text(bundle))
    bodies = [body for word, body in blocks if word in _CERTIFICATES]
    if not blocks:
        return "holds neither PEM nor DER certificates"
    if not bodies:
        words = ", ".join(dict.fromkeys(word for word, _ in blocks))
        return f"holds no certificate but: {words}"
    try:
        return [base64.b64decode("".join(body.split()), validate=True) for body in bodies]
    except binascii.Error:
        return "holds a certificate that is cut or changed"


def _text(bundle: bytes) -> str:
    coding = next((name for mark, name in _MARKS if bundle.startswith(mark)), "utf-8")
    return bundle.decode(coding, "replace")
