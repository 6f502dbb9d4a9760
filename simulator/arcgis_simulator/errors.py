"""Refusals of the site and the two forms in which it words them.

Form A: ``{"status": "error", "messages": [...], "code": n}``. Source: Change Provider page.
Form B: ``{"error": {"code": n, "message": ..., "details": null | [...]}}``. Source: Create Folder page.
Assumed: B wherever no page shows the form; it is the one that Esri's own clients understand everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from arcgis_simulator.switches import Switches

Form = Literal["A", "B"]


class SiteError(Exception):
    """The site refuses a request; ``documented`` is the form its page shows, if one does."""

    def __init__(
        self,
        code: int,
        message: str,
        details: Sequence[str] = (),
        *,
        documented: Form = "B",
        http: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = list(details)
        self.documented = documented
        self.http = http

    def body(self, switches: Switches) -> dict[str, Any]:
        """The error as JSON, in the form that the switches ask for."""
        form = self.documented if switches.error_form == "documented" else switches.error_form
        return form_a(self) if form == "A" else form_b(self)

    def http_status(self, switches: Switches) -> int:
        """200 unless the switches ask for real ones. Source: Esri's clients read errors at 200 only."""
        if self.http is not None:
            return self.http
        if switches.error_http == "200":
            return 200
        return 401 if self.code in (498, 499) else self.code


def form_a(error: SiteError) -> dict[str, Any]:
    return {"status": "error", "messages": [error.message, *error.details], "code": error.code}


def form_b(error: SiteError) -> dict[str, Any]:
    return {"error": {"code": error.code, "message": error.message, "details": error.details or None}}


def token_required() -> SiteError:
    """Source: live answers of ArcGIS Server. Assumed: the same here."""
    return SiteError(499, "Token Required")


def invalid_token() -> SiteError:
    """Source: live answers of ArcGIS Server. Assumed: the same here."""
    detail = "The token has expired, is unknown, or was made for another referrer."
    return SiteError(498, "Invalid Token.", [detail])


def service_not_found(name: str, switches: Switches) -> SiteError:
    """Assumed: form B; code and words are those of the switches."""
    return SiteError(switches.unknown_service_code, f"Service '{name}' {switches.unknown_service_words}.")


def service_busy(name: str, folder: str) -> SiteError:
    """Source: reports of ArcGIS Server 10.4 (text). Assumed: code 500."""
    return SiteError(
        500,
        f"Service '{name}' in folder '{folder or '/'}' is currently being configured by another "
        "administrative operation. Please try again later.",
    )
