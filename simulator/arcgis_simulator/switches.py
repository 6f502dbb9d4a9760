"""Every behaviour of the site that is unknown, or that differs between releases, by name.

The default of each is what the simulator takes to be likeliest or strictest; the
comment names the open question or the source. Values are changed one set at a
time, through the control port or in a test; nothing else in here has behaviour.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints

Release = Literal["10.9", "10.9.1", "11.0", "11.3", "11.4", "11.5", "12.0", "12.1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One frozen set of choices. Durations are seconds of site time."""

    # Release of the software. Source: "Version Introduced" of the pages: no async and no jobs before 10.9.1.
    version: Release = "12.0"

    # Errors. Assumed: the documented form of each operation, else B, with HTTP 200.
    error_form: Literal["documented", "A", "B"] = "documented"
    error_http: Literal["200", "real"] = "200"
    unknown_service_code: int = 404
    unknown_service_words: Literal["not found", "does not exist"] = "not found"
    unknown_job_code: int = 404
    forbidden_code: int = 403
    read_only_code: int = 500

    # Submit reply. Source: Stop Service page (1), Refresh All Services page (2); both are documented.
    submit_reply: Literal["1", "2"] = "1"
    jobs_url: Literal["public", "internal", "without-admin"] = "public"
    # Which host stands in addresses that the site hands out: the one of the request, or the first it met.
    names: Literal["as-asked", "own"] = "as-asked"

    # Jobs. Assumed: all of it but the words of the statuses.
    job_seconds: float = 2.0  # from EXECUTING to the end
    submitted_seconds: float = 0.5  # from SUBMITTED to EXECUTING
    job_outcome: str = "COMPLETED"  # the end of a job for which nothing else is arranged; "" hangs
    completed_with_error: Literal["no", "A", "B"] = "no"  # Source: ArcGIS Server's Job page shows one
    completed_result: Literal["service", "absent"] = "service"
    failed_result: Literal["A", "B", "absent"] = "A"
    job_messages: Literal["strings", "objects", "absent"] = "strings"
    job_resource: Literal["name", "full", "absent"] = "name"
    job_unavailable_reads: int = 0  # the first reads of every job answer UNAVAILABLE
    jobs_kept_seconds: float = 0.0  # how long an ended job stays readable; 0 keeps it for ever
    jobs_lag_seconds: float = 0.0  # until a new job appears in the list
    jobs_visible: Literal["all", "own"] = "all"
    jobs_list: Literal["ids", "forbidden", "missing"] = "ids"
    busy: Literal["accept", "refuse", "queue"] = "accept"  # a second operation while a job runs

    # Edits. Source: Edit Service page: what is left out is not kept. Assumed: the rest.
    edit_applied: Literal["end", "submit"] = "end"
    failed_edit_applies: Literal["nothing", "part", "everything"] = "nothing"
    missing_properties: Literal["lost", "kept", "rejected"] = "lost"
    unknown_properties: Literal["stored", "dropped", "rejected"] = "stored"
    new_extensions: Literal["stored", "dropped"] = "stored"  # entries that the service did not have
    doubles: Literal["as-sent", "kept"] = (
        "as-sent"  # the site's spelling of a property that is the same double
    )
    texts: Literal["as-sent", "nfc", "crlf"] = "as-sent"  # Unicode form and line ends as the site keeps them
    # Source: ArcGIS Server's page of service types: dateFieldsTimezoneID directly after maxRecordCount.
    key_order: Literal["any", "documented"] = "any"
    server_owned: Literal["ignored", "rejected"] = "ignored"
    provider_in_edit: Literal["ignored", "applied", "rejected"] = "ignored"
    state_in_edit: Literal["ignored", "applied", "rejected"] = "ignored"
    property_values: Literal["kept", "to-strings", "rejected"] = "kept"  # other than strings in `properties`
    stale_read_seconds: float = 0.0  # the old document is still read for this long after an edit

    # Restarts. Source: README of Esri's sample: from 12.0 on by itself. Assumed: after every edit.
    edit_restarts: Literal["version", "always", "never"] = "version"
    restart_seconds: float = 1.0  # realTimeState STOPPED under configuredState STARTED
    job_waits_for_restart: bool = False
    sync_answers: Literal["restarted", "at-once"] = "restarted"  # when an edit without a job is answered

    # Providers. Assumed: the deployment changes with the provider.
    provider_changes_deployment: bool = True

    # Tokens. Assumed: the limits; Source: Esri's clients use every way of presenting one.
    token_minutes_default: float = 60.0
    token_minutes_max: float = 20160.0
    post_auth: Literal["anywhere", "body"] = "anywhere"
    referer_checked: bool = False

    # Logins. Source: "User account lockout policy": five refused within 15 minutes, for 15 minutes.
    locks_after: int = 0  # so many wrong passwords lock an account; 0 never
    logins_fail_with: int = 0  # the code of every login while the identity store is away; 0: it is there

    # The portal's sign-in page. Source: Esri's Python client takes the first braces of the page for the
    # object of the sign-in, and goes the way of a code where they are those of a style sheet.
    sign_in_page: Literal["plain", "styled"] = "plain"

    # The site's own clock, as shown in jobs and tokens, against the true one.
    clock_skew_seconds: float = 0.0

    @property
    def has_jobs(self) -> bool:
        """Source: Jobs page, introduced at 10.9.1."""
        return self.at_least("10.9.1")

    def at_least(self, release: str) -> bool:
        """Whether the site is of this release or a newer one."""
        return _numbers(self.version) >= _numbers(release)

    @property
    def restarts_after_edit(self) -> bool:
        if self.edit_restarts == "version":
            return self.version.startswith("12.")
        return self.edit_restarts == "always"

    def changed(self, values: Mapping[str, Any]) -> Switches:
        """These switches with some changed. Raises ``ValueError`` for a name or value that is none."""
        hints = get_type_hints(Switches)
        plain: dict[str, Any] = {
            name: float(v) if isinstance(v, Decimal) else v for name, v in values.items()
        }
        for name, value in plain.items():
            if name not in hints:
                raise ValueError(f"there is no switch {name!r}")
            _check(name, value, hints[name])
        return dataclasses.replace(self, **plain)


def _numbers(release: str) -> list[int]:
    return [int(part) for part in release.split(".")]


def choices() -> dict[str, str]:
    """What each switch takes, in words, for the front page of the control port."""
    return {name: _words(hint) for name, hint in get_type_hints(Switches).items()}


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(get_args(hint))
    return str(hint.__name__)


def _check(name: str, value: Any, hint: Any) -> None:
    if get_origin(hint) is Literal:
        fits = value in get_args(hint)
    elif hint is float:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        fits = type(value) is hint
    if not fits:
        raise ValueError(f"the switch {name!r} takes {_words(hint)}, not {value!r}")
