"""Asks every rule about a history."""

from __future__ import annotations

from pairs_claims import Claims
from pairs_control import CONTROL
from pairs_drifts import DRIFTS
from pairs_history import History
from pairs_rules import RULES
from pairs_states import STATES


def violations(history: History) -> dict[str, str]:
    """The first words of each rule that is broken."""
    if history.hot:
        return {"HOT-LOOP": history.hot}
    claims = Claims(history)
    told = {
        name: next(rule(history, claims), "")
        for name, rule in {**RULES, **DRIFTS, **CONTROL, **STATES}.items()
    }
    return {name: text for name, text in told.items() if text}
