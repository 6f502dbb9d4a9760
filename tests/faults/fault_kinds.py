"""Every kind of fault as a value in a table: what breaks, and where it applies.

`SITE` are faults of the site, `KUBERNETES` those of requests to the API server, `WATCH` those of what the
informer tells. A runner that knows requests asks `applies(operation)` and does what the value says.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from fault_secrets import PASSWORD

from harness.fault import ALL, Fault, same
from harness.site_wire import SENDS

Json = Any
HTML = b"<!DOCTYPE html><html><body>Please sign in.</body></html>"
JSON_TYPE = {"content-type": "application/json"}


def envelope(code: int, status: int = 200, **headers: str) -> Fault:
    """The site's own envelope of errors."""
    body = {"error": {"code": code, "message": f"planted by {PASSWORD}", "details": [PASSWORD]}}
    return Fault(code=status, headers={**JSON_TYPE, **headers}, body=json.dumps(body).encode())


def plain(code: int, body: bytes = HTML, applied: bool = False, **headers: str) -> Fault:
    """An answer of something that stands before the site."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Fault(code=code, headers={"content-type": "text/html", **named}, body=body, applied=applied)


def says(body: bytes, where: frozenset[str] = ALL, **headers: str) -> Fault:
    """200 with these bytes, the request not processed."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Fault(code=200, headers={**JSON_TYPE, **named}, body=body, where=where)


def told(change: Callable[[Json], Json], *where: str) -> Fault:
    """The real answer, changed."""

    def rewrite(body: bytes) -> bytes:
        return json.dumps(change(json.loads(body))).encode()

    return Fault(rewrite=rewrite, where=frozenset(where))


def job_is(word: Json) -> Fault:
    """The job shows this word."""
    return told(lambda job: {**job, "status": word}, "job")


SITE: Mapping[str, Fault] = {
    "connect refused": Fault(breaks="connect"),
    "connect times out": Fault(breaks="silence", seconds=1.0),
    "certificate refused": Fault(breaks="tls"),
    "reset before headers, not applied": Fault(breaks="request"),
    "reset before headers, applied": Fault(breaks="request", applied=True),
    "reset in the middle of the body": Fault(breaks="answer", applied=True),
    "answer times out, not applied": Fault(breaks="hang"),
    "answer times out, applied": Fault(breaks="hang", applied=True),
    "slow": Fault(seconds=1.0, applied=True, rewrite=lambda body: body),
    "applied twice by a middlebox": Fault(twice=True, applied=True, rewrite=lambda body: body),
    "applied while the answer is on its way": Fault(breaks="hang", applied=True, seconds=1.0),
    **{f"HTTP {code}": plain(code) for code in (400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 423)},
    **{f"HTTP {code}": plain(code) for code in (429, 498, 499, 500, 501, 502, 503, 504)},
    "HTTP 429 with seconds": plain(429, retry_after="2"),
    "HTTP 429 with a date": plain(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"),
    "HTTP 429 with a huge pause": plain(429, retry_after="9" * 30),
    "HTTP 429 with a negative pause": plain(429, retry_after="-5"),
    "HTTP 429 with NaN": plain(429, retry_after="NaN"),
    "HTTP 503 with seconds": plain(503, retry_after="2"),
    "HTTP 504, applied": plain(504, applied=True),
    "HTTP 502, applied": plain(502, applied=True),
    **{f"redirect {code}": plain(code, location="https://evil.test/") for code in (301, 302, 307, 308)},
    "sign-in page": says(HTML, content_type="text/html"),
    "empty": says(b""),
    "truncated JSON": Fault(applied=True, rewrite=lambda body: body[: len(body) // 2]),
    "a list": says(b"[]"),
    "a number": says(b"7"),
    "null": says(b"null"),
    "an empty object": says(b"{}"),
    "not UTF-8": says(b'{"a": "\xff\xfe"}'),
    "NaN": says(b'{"a": NaN}'),
    "9 MiB": says(b" " * (9 * 2**20)),
    "100,000 deep": says(b"[" * 100_000),
    "gzip that was not asked for": says(b"\x1f\x8b", content_encoding="gzip"),
    "wrong content type": Fault(applied=True, rewrite=lambda body: body, headers={"content-type": "x/y"}),
    **{f"envelope {code}": envelope(code) for code in (400, 401, 403, 404, 409, 429, 498, 499, 500, 503)},
    "other envelope": says(b'{"status": "error", "code": 500, "messages": ["planted"]}'),
    "envelope 500 under HTTP 500": envelope(500, 500),
    "job of an unknown word": job_is("PONDERING"),
    "job UNAVAILABLE": job_is("UNAVAILABLE"),
    "job without a word": job_is(None),
    "job back at SUBMITTED": job_is("SUBMITTED"),
    "job vanished": Fault(
        **{name: getattr(envelope(404), name) for name in ("code", "headers", "body")},
        where=frozenset({"job"}),
    ),
    "job missing from the list": told(lambda body: {**body, "asyncJobs": [], "jobs": []}, "jobs"),
}

SOCKETS: Mapping[str, Fault] = {
    **{f"answer: {way}": Fault(applied=True, rewrite=same, sends=way) for way in SENDS if way},
    "answer: cut before the headers, not applied": Fault(sends="cut before the headers"),
    "answer: headers, then silence, not applied": Fault(sends="headers, then silence"),
    "applied when the operator has given up": Fault(late=True, applied=True, rewrite=same, seconds=0.2),
    "no handshake: closed": Fault(breaks="shut"),
    "no handshake: reset": Fault(breaks="slammed"),
    "no handshake: plain text": Fault(breaks="plain"),
    "no handshake: noise": Fault(breaks="noise"),
    "no handshake: half of it": Fault(breaks="half"),
    "certificate of another name": Fault(breaks="another name"),
    "certificate expired": Fault(breaks="expired"),
}
"""Faults of the site that need a real socket."""

GET, LIST, PATCH, LEASE, SECRET, EVENT = "get", "list", "patch", "lease", "secret", "event"
KUBE_ALL = frozenset({GET, LIST, PATCH, LEASE, SECRET, EVENT})


def state(code: int, reason: str = "Planted", **headers: str) -> Fault:
    """A `Status` of the API server."""
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": "planted"}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Fault(code=code, headers=named, body=json.dumps(body).encode(), where=KUBE_ALL)


def kube(**deed: Any) -> Fault:
    return Fault(where=KUBE_ALL, **deed)


KUBERNETES: Mapping[str, Fault] = {
    "refused": kube(breaks="connect"),
    "reset, not applied": kube(breaks="request"),
    "reset, applied": kube(breaks="request", applied=True),
    "no answer, not applied": kube(breaks="hang"),
    "no answer, applied": kube(breaks="hang", applied=True),
    "slow": kube(seconds=3.0, applied=True, rewrite=lambda body: body),
    **{f"HTTP {code}": state(code) for code in (400, 401, 403, 409, 410, 413, 422, 429, 500, 502, 503, 504)},
    "HTTP 429 with seconds": state(429, Retry_After="2"),
    "HTTP 429 with a date": state(429, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
    "HTTP 429 with a huge pause": state(429, Retry_After="9" * 30),
    "storage is initializing": state(429, "TooManyRequests", Retry_After="1"),
    "HTTP 504, applied": Fault(code=504, applied=True, where=KUBE_ALL),
    "HTML": Fault(code=200, body=HTML, where=KUBE_ALL),
    "empty": Fault(code=200, where=KUBE_ALL),
    "truncated JSON, applied": kube(applied=True, rewrite=lambda body: body[: len(body) // 2]),
}

WATCH: tuple[str, ...] = ("dropped", "late", "duplicated", "stale replay", "deletion that is none")
"""What may become of a word of the informer. Broken streams belong to the real sockets."""
