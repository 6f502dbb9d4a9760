"""What can be set, with defaults, as one frozen value. The command line is made from these fields.

Each field's metadata holds `help` and `group`; `Config.from_environment` reads the variables.
"""

import dataclasses
import difflib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, get_type_hints

from arcgis_operator.core.durations import duration, seconds_of

LOG_FORMATS = ("auto", "json", "text")
LOG_LEVELS = ("debug", "info", "warning", "error")
CHOICES: Mapping[str, tuple[str, ...]] = {"log_format": LOG_FORMATS, "log_level": LOG_LEVELS}
PREFIX = "ARCGIS_OPERATOR_"
MOST_EDITS = 12  # so many sends are remembered on a resource
CLUSTER, SITES, JOBS, ELECTION, OUTPUT = (
    "Cluster",
    "Connections to sites",
    "Jobs and checks",
    "Leader election",
    "Health and logs",
)
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SERVICE_LINK = re.compile(
    rf"{PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
"""What Kubernetes sets in every pod beside a Service named arcgis-operator.
Source: Kubernetes, Service, "Environment variables"."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Of the settings `names`; `text` holds a place for the spelling of each."""

    names: tuple[str, ...]
    text: str


class ConfigError(ValueError):
    """Settings that cannot work; one line for each, with what was given and what is allowed."""

    def __init__(self, problems: Iterable[Problem], spelled: Callable[[str], str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(one.text.format(*map(spelled, one.names)) for one in self.problems))


def variable_of(name: str) -> str:
    """The environment variable that sets a field."""
    return PREFIX + name.upper()


def _option(default: Any, group: str, text: str) -> Any:
    return field(default=default, metadata={"help": text, "group": group})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. Times are in seconds."""

    namespaces: tuple[str, ...] = _option(
        (), CLUSTER, "Namespace to serve; may be repeated. Defaults to all namespaces."
    )
    kubeconfig: str = _option(
        "",
        CLUSTER,
        "Path of the kubeconfig. Defaults to the pod's service account, else to what kubectl uses.",
    )
    context: str = _option("", CLUSTER, "Context of the kubeconfig. Defaults to its current context.")
    workers: int = _option(16, CLUSTER, "Maximum concurrent reconciles (at most half of them for one site).")

    site_connect_seconds: float = _option(5.0, SITES, "Timeout for connecting to a site.")
    site_read_seconds: float = _option(20.0, SITES, "Read timeout, and timeout for acquiring a connection.")
    site_write_seconds: float = _option(30.0, SITES, "Timeout for a whole request to a site, reads included.")
    backoff_seconds: float = _option(
        60.0, SITES, "Maximum interval between retries while a site is unreachable."
    )

    poll_seconds: float = _option(
        2.0,
        JOBS,
        "Initial polling interval for a job, and initial retry interval for an unreachable site.",
    )
    poll_max_seconds: float = _option(10.0, JOBS, "Maximum polling interval for a job.")
    resync_seconds: float = _option(
        600.0, JOBS, "Resync interval: how often every resource is checked for drift."
    )
    settle_seconds: float = _option(
        90.0, JOBS, "How long a request without an answer may still take effect on a site."
    )
    job_timeout_seconds: float = _option(
        1800.0,
        JOBS,
        "A job running longer is overdue; one that cannot be found by then is treated as lost.",
    )
    verify_grace_seconds: float = _option(
        10.0, JOBS, "How long a finished edit may take to show in the service."
    )
    stale_after_seconds: float = _option(
        600.0, JOBS, "How long Ready stays True while the site cannot be checked."
    )
    patience_seconds: float = _option(
        300.0,
        JOBS,
        "How long a missing Secret, site, service or right counts as Reconciling; Stalled afterwards.",
    )
    retry_seconds: float = _option(
        30.0, JOBS, "Initial interval before an edit whose job failed is sent again."
    )
    edits_per_hour: int = _option(12, JOBS, f"Maximum edits of one service in an hour, 1 to {MOST_EDITS}.")

    lease_name: str = _option("arcgis-operator", ELECTION, "Name of the leader-election Lease.")
    lease_namespace: str = _option("", ELECTION, "Namespace of the Lease. Defaults to the pod's own.")
    lease_seconds: float = _option(15.0, ELECTION, "Lease duration: a silent leader is replaced after this.")
    renew_deadline_seconds: float = _option(
        10.0, ELECTION, "A leader that cannot renew the Lease stops after this."
    )
    lease_retry_seconds: float = _option(
        2.0, ELECTION, "Interval between attempts to get or renew the Lease."
    )
    pod_name: str = _option("", ELECTION, "Name in the Lease and in events. Defaults to the host name.")
    pod_uid: str = _option(
        "",
        ELECTION,
        "UID of the pod; with it a restarted container takes over its own Lease at once.",
    )

    health_address: str = _option(
        ":8080",
        OUTPUT,
        "HOST:PORT of health checks and metrics; :PORT means all addresses, IPv4 and IPv6.",
    )
    log_format: str = _option("auto", OUTPUT, "Log format; auto means text on a terminal, else json.")
    log_level: str = _option("info", OUTPUT, "Lowest level of log lines.")

    def __post_init__(self) -> None:
        wrong = [problem for judge in JUDGES for problem in judge(self)]
        if wrong:
            raise ConfigError(wrong, option_of)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Self:
        """The defaults, changed by the variables, changed by what is `given` and not None.

        Raises `ConfigError`, which names what was given: the variable, else the option.
        """
        environment = os.environ if environment is None else environment
        found = {
            name: environment[variable_of(name)] for name in settings() if environment.get(variable_of(name))
        }
        options = {name: value for name, value in given.items() if value is not None}
        spelled = spelling(environment, options)
        wrong, values = list(_unknown(environment)), {}
        for name, value in {**found, **options}.items():
            read = _parsed(name, value)
            if isinstance(read, Problem):
                wrong.append(read)
            else:
                values[name] = read
        try:
            whole = cls(**values)
        except ConfigError as error:
            raise ConfigError([*wrong, *error.problems], spelled) from None
        if wrong:
            raise ConfigError(wrong, spelled)
        return whole


def settings() -> dict[str, "dataclasses.Field[Any]"]:
    """Name → field, in the order of the groups."""
    return {one.name: one for one in dataclasses.fields(Config)}


def kinds() -> dict[str, Any]:
    """Name → its type: str, int, float (a duration in seconds) or tuple[str, ...]."""
    return get_type_hints(Config)


def option_of(name: str) -> str:
    """The option of a setting."""
    return "--namespace" if name == "namespaces" else f"--{name.replace('_', '-')}"


def spelling(environment: Mapping[str, str], given: Mapping[str, Any]) -> Callable[[str], str]:
    """Name → what set it: the option where one was given (not None or empty), else the variable."""

    def spelled(name: str) -> str:
        variable = variable_of(name)
        by_variable = environment.get(variable) and given.get(name) in (None, ())
        return variable if by_variable else option_of(name)

    return spelled


def default_of(name: str) -> str:
    """The default as people write it, empty where there is none."""
    value: Any = settings()[name].default
    if kinds()[name] is float:
        return duration(value)
    return "" if value in ("", ()) else str(value)


def _parsed(name: str, given: Any) -> Any:
    read, wanted = _READ[kinds()[name]]
    try:
        return read(given) if isinstance(given, str) else given
    except ValueError:
        return _problem(name, f"is {_quoted(given)}: give {wanted}")


_READ: Mapping[Any, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (seconds_of, "a duration, such as 90, 30s, 10m or 1h30m"),
    str: (str, ""),
    tuple[str, ...]: (lambda text: tuple(text.replace(",", " ").split()), ""),
}


def _problem(name: str, text: str) -> Problem:
    return Problem((name,), f"{{}} {_literal(text)}")


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    return f'"{text[:80]}"' if text.isprintable() else ascii(text[:80])


def _unknown(environment: Mapping[str, str]) -> Iterator[Problem]:
    """A variable that nobody reads was meant to set something: left out, NAMESPACE would mean all of them."""
    known = [variable_of(name).removeprefix(PREFIX) for name in settings()]
    for name in environment:
        word = name.removeprefix(PREFIX)
        if word != name and word not in known and not _SERVICE_LINK.fullmatch(name):
            close = difflib.get_close_matches(word, known, n=1)
            advice = f"did you mean {PREFIX}{close[0]}?" if close else "see arcgis-operator run --help"
            yield Problem((), _literal(f"the variable {name} is not known: {advice}"))


def _positive(config: Config) -> Iterator[Problem]:
    zero_is_fine = {"verify_grace_seconds"}
    for name, kind in kinds().items():
        value = getattr(config, name)
        if kind not in (int, float) or (name == "edits_per_hour"):
            continue
        if not 0 <= value < float("inf") or (value == 0 and name not in zero_is_fine):
            least = "a number from 1 on" if kind is int else "a duration above 0"
            yield _problem(name, f"is {value:g}: give {least}")


def _ordered(config: Config) -> Iterator[Problem]:
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
    for low, high, part in pairs:
        one, other = getattr(config, low), getattr(config, high)
        if one > part * other > 0:
            limit = f"{part * 100:g} % of " if part < 1 else ""
            told = f"{{}} is {duration(one)}, more than {limit}{{}} ({duration(other)})"
            yield Problem((low, high), f"{told}: lower the first or raise the second")


def _counted(config: Config) -> Iterator[Problem]:
    if not 1 <= config.edits_per_hour <= MOST_EDITS:
        yield _problem("edits_per_hour", f"is {config.edits_per_hour}: give a number from 1 to {MOST_EDITS}")


def _chosen(config: Config) -> Iterator[Problem]:
    for name, words in CHOICES.items():
        value = getattr(config, name)
        if value not in words:
            yield _problem(name, f"is {_quoted(value)}: give one of {', '.join(words)}")


def _placed(config: Config) -> Iterator[Problem]:
    for name in config.namespaces:
        if not _NAMESPACE.fullmatch(name):
            advice = "lower-case letters, digits and hyphens, at most 63"
            yield _problem("namespaces", f"is {_quoted(name)}, which cannot be a namespace: give {advice}")


def _addressed(config: Config) -> Iterator[Problem]:
    _, found, port = config.health_address.rpartition(":")
    if not (found and port.isdecimal() and int(port) < 65536):
        allowed = "HOST:PORT, or :PORT for all addresses; ports end at 65535"
        yield _problem("health_address", f"is {_quoted(config.health_address)}: give {allowed}")


JUDGES = (_positive, _ordered, _counted, _chosen, _placed, _addressed)
