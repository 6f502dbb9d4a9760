"""The rule of a scene about how much the site is asked, and how often with words that it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pairs_claims import Claims
from pairs_history import History

REQUESTS = 500
"""To the site in ten minutes, for each resource."""


def asked_too_often(history: History, claims: Claims) -> Iterator[str]:
    resources = len(history.services)
    times = [one.at for one in history.asked]
    limit = REQUESTS * max(1, resources)
    for first, last in zip(times, times[limit:], strict=False):
        if last - first < 600:
            yield f"{first:.0f}: more than {limit} requests to the site in ten minutes"
            return
    broken = [(at, facts["until"]) for at, act, facts in history.events if act == "break_site"]
    pause = history.script.ways.get("asks to wait from")
    if pause is not None:
        otherwise = [(first, last + 30) for first, last in broken if last < history.end]
        asked = [at for at in times if at > pause + 30 and not _within(at, otherwise)]
        askers = 1 + len(history.script.sites) + resources / 4  # who has a job there asks for it, but rarely
        if len(asked) > (10 + (history.end - pause) / 50) * askers:
            yield f"{len(asked)} requests in {history.end - pause:.0f} s to a site that asks to wait 600 s"
    refused = history.script.ways.get("refused from")
    if refused is not None:
        asked = [one.at for one in history.asked if one.word == "token" and one.at > refused]
        logins = [at for at in asked if not _within(at, broken)]
        for first, last in zip(logins, logins[5:], strict=False):
            if last - first < 900:
                yield f"{first:.0f}: six logins that are refused within {last - first:.0f} s"
                return


def _within(at: float, spans: list[tuple[float, float]]) -> bool:
    return any(first <= at <= last for first, last in spans)
