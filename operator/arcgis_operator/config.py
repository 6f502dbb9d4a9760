"""What can be set, with defaults, as one frozen value. The command line is made from these fields.

Each field's metadata holds `help` and `env`; `Config.from_environment` reads the variables.
"""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, get_type_hints

LOG_FORMATS = ("auto", "json", "text")
LOG_LEVELS = ("debug", "info", "warning", "error")
PREFIX = "ARCGIS_OPERATOR_"
MISNAMED = f"{PREFIX}NAMESPACE"
MOST_EDITS = 12  # so many sends are remembered on a resource


class ConfigError(ValueError):
    """Settings that cannot work; one line for each, and each says what to do."""


def _option(default: Any, name: str, text: str) -> Any:
    return field(default=default, metadata={"help": text, "env": PREFIX + name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. Times are in seconds."""

    namespaces: tuple[str, ...] = _option((), "NAMESPACES", "Namespaces to serve; none means all of them.")
    kubeconfig: str = _option(
        "", "KUBECONFIG", "Kubeconfig file; by default the pod's service account, else that of kubectl."
    )
    context: str = _option("", "CONTEXT", "Context of the kubeconfig; by default its current one.")
    workers: int = _option(16, "WORKERS", "Turns at the same time, at most half of them at one site.")

    poll_seconds: float = _option(
        2.0,
        "POLL_SECONDS",
        "First pause between two looks at a job while it is not known how long jobs take, and between two "
        "tries at a site that is away.",
    )
    poll_max_seconds: float = _option(10.0, "POLL_MAX_SECONDS", "Longest pause between two looks at a job.")
    resync_seconds: float = _option(600.0, "RESYNC_SECONDS", "Every resource is looked at this often.")
    settle_seconds: float = _option(
        90.0, "SETTLE_SECONDS", "How long a request without an answer may still take effect on a site."
    )
    job_timeout_seconds: float = _option(
        1800.0,
        "JOB_TIMEOUT_SECONDS",
        "A job running longer is overdue; one that cannot be found then is lost.",
    )
    verify_grace_seconds: float = _option(
        10.0, "VERIFY_GRACE_SECONDS", "How long a finished edit may take to show in the service."
    )
    stale_after_seconds: float = _option(
        600.0, "STALE_AFTER_SECONDS", "How long Ready outlives looks that tell nothing."
    )
    retry_seconds: float = _option(
        30.0, "RETRY_SECONDS", "First pause before an edit whose job failed is sent again."
    )
    backoff_seconds: float = _option(
        60.0, "BACKOFF_SECONDS", "Longest pause between two tries at a site that is away."
    )
    edits_per_hour: int = _option(12, "EDITS_PER_HOUR", "Most edits of one service in an hour, 1 to 12.")

    site_connect_seconds: float = _option(5.0, "SITE_CONNECT_SECONDS", "Limit for connecting to a site.")
    site_read_seconds: float = _option(
        20.0,
        "SITE_READ_SECONDS",
        "Longest silence of a site within a request, and longest wait for a free connection.",
    )
    site_write_seconds: float = _option(
        30.0, "SITE_WRITE_SECONDS", "Limit for one whole request to a site, reads too."
    )

    lease_name: str = _option("arcgis-operator", "LEASE_NAME", "Lease that the replicas elect with.")
    lease_namespace: str = _option("", "LEASE_NAMESPACE", "Its namespace; by default the pod's own.")
    lease_seconds: float = _option(15.0, "LEASE_SECONDS", "A silent leader is replaced after this.")
    renew_deadline_seconds: float = _option(
        10.0, "RENEW_DEADLINE_SECONDS", "A leader that cannot renew stops after this."
    )
    lease_retry_seconds: float = _option(2.0, "LEASE_RETRY_SECONDS", "Pause between two tries at the lease.")
    pod_name: str = _option("", "POD_NAME", "Name in the lease and in events; by default the host's.")

    health_address: str = _option("0.0.0.0:8080", "HEALTH_ADDRESS", "host:port of health and metrics.")
    log_format: str = _option("auto", "LOG_FORMAT", "json, text, or auto: text on a terminal.")
    log_level: str = _option("info", "LOG_LEVEL", "debug, info, warning or error.")

    def __post_init__(self) -> None:
        wrong = [*_positive(self), *_ordered(self), *_words(self), *_address(self), *_budget(self)]
        if wrong:
            raise ConfigError("\n".join(wrong))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Self:
        """The defaults, changed by the variables, changed by what is `given` and not None."""
        environment = os.environ if environment is None else environment
        if environment.get(MISNAMED):  # left unread, it would mean all namespaces
            raise ConfigError(f"{MISNAMED} is not known: give {MISNAMED}S, a list with commas")
        read = {
            name: _parsed(one.metadata["env"], environment[one.metadata["env"]], types()[name])
            for name, one in _fields().items()
            if environment.get(one.metadata["env"])
        }
        return cls(**{**read, **{name: value for name, value in given.items() if value is not None}})


def types() -> dict[str, Any]:
    """Field name → its type: str, int, float or tuple[str, ...]."""
    return get_type_hints(Config)


def _fields() -> dict[str, "dataclasses.Field[Any]"]:
    return {one.name: one for one in dataclasses.fields(Config)}


def _parsed(name: str, text: str, wanted: Any) -> Any:
    if wanted in (int, float):
        try:
            return wanted(text)
        except ValueError:
            kind = "a whole number" if wanted is int else "a number"
            raise ConfigError(f"{name} is {text!r}: give {kind}") from None
    if wanted is str:
        return text
    return tuple(part for part in text.replace(",", " ").split() if part)


def _positive(config: Config) -> list[str]:
    zero_is_fine = {"verify_grace_seconds"}
    wrong = []
    for name, kind in types().items():
        value = getattr(config, name)
        if kind not in (int, float):
            continue
        if not 0 <= value < float("inf") or (value == 0 and name not in zero_is_fine):
            wrong.append(f"{_fields()[name].metadata['env']} is {value:g}: give a number above 0")
    return wrong


def _ordered(config: Config) -> list[str]:
    pairs = (
        ("poll_seconds", "poll_max_seconds", 1.0),
        ("renew_deadline_seconds", "lease_seconds", 0.8),  # clocks of two nodes may run apart
        ("lease_retry_seconds", "renew_deadline_seconds", 0.5),
        ("site_write_seconds", "settle_seconds", 1.0),
        (
            "verify_grace_seconds",
            "retry_seconds",
            1.0,
        ),  # a document read too early is no reason to edit again
    )
    wrong = []
    for low, high, part in pairs:
        if getattr(config, low) > part * getattr(config, high):
            limit = f"{part * 100:g} % of " if part < 1 else ""
            names = [_fields()[name].metadata["env"] for name in (low, high)]
            wrong.append(f"{names[0]} is above {limit}{names[1]}: lower the first or raise the second")
    return wrong


def _budget(config: Config) -> list[str]:
    if 1 <= config.edits_per_hour <= MOST_EDITS:
        return []
    return [f"{PREFIX}EDITS_PER_HOUR is {config.edits_per_hour}: give a number from 1 to {MOST_EDITS}"]


def _words(config: Config) -> list[str]:
    wrong = []
    for name, words in (("log_format", LOG_FORMATS), ("log_level", LOG_LEVELS)):
        value = getattr(config, name)
        if value not in words:
            wrong.append(f"{_fields()[name].metadata['env']} is {value!r}: give one of {', '.join(words)}")
    return wrong


def _address(config: Config) -> list[str]:
    host, found, port = config.health_address.rpartition(":")
    if found and host and port.isdecimal() and int(port) < 65536:
        return []
    return [f"{PREFIX}HEALTH_ADDRESS is {config.health_address!r}: give host:port, for example 0.0.0.0:8080"]
