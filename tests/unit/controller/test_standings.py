"""How many resources stand how."""

from typing import Any

from arcgis_operator.controller.standings import Standings
from arcgis_operator.core.identity import Name


def body(status: str, reason: str) -> dict[str, Any]:
    """An object with this Ready condition."""
    return {"status": {"conditions": [{"type": "Ready", "status": status, "reason": reason}]}}


def test_each_counts_once_as_it_was_last_seen_until_it_is_gone() -> None:
    standings = Standings()
    for name, reason in (("a", "Converged"), ("b", "Converged"), ("c", "JobFailed")):
        standings.seen(
            "service", Name("gis", name), body("True" if reason == "Converged" else "False", reason)
        )
    standings.seen("site", Name("gis", "a"), {})
    standings.seen("service", Name("gis", "b"), body("Unknown", "SiteUnreachable"))
    assert standings.counts() == {
        ("service", "True", "Converged"): 1,
        ("service", "False", "JobFailed"): 1,
        ("service", "Unknown", "SiteUnreachable"): 1,
        ("site", "", ""): 1,
    }
    for name in "abcd":
        standings.gone("service", Name("gis", name))
    assert standings.counts() == {("site", "", ""): 1}
