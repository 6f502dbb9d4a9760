"""Features of answers that are none: any fault of the cells, pages, wrong JSON, texts that hold secrets."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from random import Random

from fault_kinds import KUBERNETES, SITE
from features_broken import PAGE, refusal, since
from features_resources import folder_of_many
from pairs_scene import Catch, Script, feature

from harness.canaries import forms
from harness.fault import Fault

SITE_WORDS = ("token", "root", "mode", "jobs", "service", "edit", "job")
KUBE_WORDS = (
    "get", "list arcgisservices", "list arcgissites", "patch Intended", "patch Running", "patch Idle",
    "patch site", "lease", "secret", "event", "labels",
)  # fmt: skip
NOT_OURS = frozenset({"applied twice by a middlebox", "job missing from the list"})
"""What no client can prevent: an edit that is sent again on its way, a list that hides jobs for ever."""
TELLING = frozenset({"raw", "quoted", "JSON"})


@feature("fault of the site")
def site_fault(script: Script, draw: Random) -> None:
    """Any kind that is known, at any request."""
    kind = draw.choice(sorted(SITE.keys() - NOT_OURS))
    word = draw.choice([one for one in SITE_WORDS if SITE[kind].applies(one)])
    times = draw.choice((1, 3, 5 if word == "edit" else 20))  # each lost edit takes minutes
    script.catches.append(Catch(f"site {word}", SITE[kind], since(script, draw), times))
    if word == "edit":
        script.ways["refuses edits"] = True  # what refuses the last wish is no fault to a reader: 413, 422


@feature("fault of the API server")
def kube_fault(script: Script, draw: Random) -> None:
    """Any kind that is known, at any request."""
    kind, word = draw.choice(sorted(KUBERNETES)), draw.choice(KUBE_WORDS)
    script.catches.append(
        Catch(f"kube {word}", KUBERNETES[kind], since(script, draw), draw.choice((1, 3, 10)))
    )


@feature("site not understood")
def not_understood(script: Script, draw: Random) -> None:
    """All it says for a while is a page, or JSON of another shape; what it is asked to do it does."""
    bodies = (PAGE, b"", b"[]", b"null", b'{"jobs": "none", "services": 7}', b'{"status": "success"}', b'"x"')
    fault = Fault(code=200, body=draw.choice(bodies), applied=draw.random() < 0.5)
    at = since(script, draw) + 0.01
    script.do(at, "break_site", fault=fault, until=at + draw.choice((5, 40, 200)))


@feature("list of a folder fails", "folder")
def folder_fails(script: Script, draw: Random) -> None:
    """And with it, at times, the service that is looked for there."""
    folder_of_many(script, draw)
    body, away = Fault(code=200, body=b"{}"), Fault(code=500, body=PAGE)
    faults = (away, Fault(breaks="hang"), refusal(403, "denied"), body)
    at = draw.choice((598.0, 1198.0, since(script, draw)))
    script.catches.append(Catch("site folder", draw.choice(faults), at, draw.choice((1, 2, 5))))
    if draw.random() < 0.5:
        script.catches.append(Catch("site service", refusal(500, "no such service"), at, 1))


@feature("secrets in what the site says", "password")
def telling(script: Script, draw: Random) -> None:
    """The account's password in any form, and secrets that nobody knows under names that say so."""
    known = f'{draw.getrandbits(64):016x}&"é /+{draw.getrandbits(64):016x}'
    unknown = f"{draw.getrandbits(64):016x}{draw.getrandbits(64):016x}"
    script.ways |= {"password": known, "canaries": {**script.ways.get("canaries", {}), "in a text": unknown}}
    told = (
        *(form for name, form in forms(known).items() if name in TELLING),
        base64.b64encode(known.encode()).decode(), f"token={unknown}", f'{{"password": "{unknown}"}}', f"https://gitops:{unknown}@site.test/x",
        f"Authorization: Bearer {unknown}", f"&client_secret={unknown}&f=json",
    )  # fmt: skip
    text = f"{draw.choice(('Failed for', 'ERROR', 'by gitops with'))} {draw.choice(told)}"

    def say(body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "messages": [text], "result": {"said": text}}).encode()

    word = draw.choice(("edit", "service", "jobs", "token", "root"))
    times = draw.choice((1, 3))
    script.catches.append(Catch("site job", Fault(rewrite=say), 0.0, float("inf")))
    script.catches.append(Catch(f"site {word}", refusal(500, text), since(script, draw), times))
    script.ways |= {"refuses edits": True} if word == "edit" else {}
    if draw.random() < 0.5:
        page = replace(refusal(500, text, 502), headers={"content-type": "text/html"})
        script.catches.append(Catch("site service", page, since(script, draw), times))
