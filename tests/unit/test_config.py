"""Settings: read from the environment, refused with advice."""

import dataclasses

import pytest

from arcgis_operator.config import Config, ConfigError, variable_of


def test_nothing_needs_to_be_set() -> None:
    config = Config.from_environment({})
    assert (config.namespaces, config.workers, config.resync_seconds) == ((), 16, 600.0)


def test_what_is_given_wins_over_the_environment_and_that_over_the_defaults() -> None:
    environment = {
        "ARCGIS_OPERATOR_NAMESPACES": "gis, maps",
        "ARCGIS_OPERATOR_WORKERS": "4",
        "ARCGIS_OPERATOR_POLL_SECONDS": "0.5",
        "ARCGIS_OPERATOR_LOG_LEVEL": "",
    }
    config = Config.from_environment(environment, workers=8, log_format=None)
    assert config.namespaces == ("gis", "maps")
    assert (config.workers, config.poll_seconds, config.log_format, config.log_level) == (
        8,
        0.5,
        "auto",
        "info",
    )


def test_every_setting_has_a_variable_of_its_own_and_a_help_text() -> None:
    fields = dataclasses.fields(Config)
    variables = {variable_of(field.name) for field in fields}
    assert len(variables) == len(fields)
    assert all(name.startswith("ARCGIS_OPERATOR_") for name in variables)
    assert all(field.metadata["help"].endswith(".") for field in fields)


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a word for a number": ({"WORKERS": "many"}, '_WORKERS is "many": give a whole number'),
    "no workers": ({"WORKERS": "0"}, "_WORKERS is 0: give a number from 1 on"),
    "a time before now": ({"RESYNC_SECONDS": "-1"}, '_RESYNC_SECONDS is "-1": give a duration, such as 90'),
    "no time at all": ({"POLL_SECONDS": "0s"}, "_POLL_SECONDS is 0: give a duration above 0"),
    "not a number at all": ({"POLL_SECONDS": "nan"}, '_POLL_SECONDS is "nan": give a duration'),
    "a deadline beyond the lease": (
        {"RENEW_DEADLINE_SECONDS": "15"},
        "_RENEW_DEADLINE_SECONDS is 15s, more than 80 % of --lease-seconds (15s): lower the first",
    ),
    "a retry before the grace is over": (
        {"RETRY_SECONDS": "9"},
        "--verify-grace-seconds is 10s, more than ARCGIS_OPERATOR_RETRY_SECONDS (9s)",
    ),
    "a settle time shorter than a request": (
        {"SETTLE_SECONDS": "5"},
        "--site-write-seconds is 30s, more than ARCGIS_OPERATOR_SETTLE_SECONDS (5s)",
    ),
    "too many edits": ({"EDITS_PER_HOUR": "13"}, "_EDITS_PER_HOUR is 13: give a number from 1 to 12"),
    "an unknown format": ({"LOG_FORMAT": "xml"}, '_LOG_FORMAT is "xml": give one of auto, json, text'),
    "no port": ({"HEALTH_ADDRESS": "localhost"}, '_HEALTH_ADDRESS is "localhost": give HOST:PORT'),
    "a port too high": ({"HEALTH_ADDRESS": "localhost:70000"}, "ports end at 65535"),
    "what is no namespace": ({"NAMESPACES": "gis GIS_1"}, '_NAMESPACES is "GIS_1", which cannot be a'),
    "braces": ({"LOG_LEVEL": "{0}"}, '_LOG_LEVEL is "{0}": give one of debug'),
    "an escape": ({"LOG_LEVEL": "\x1b[31m"}, "_LOG_LEVEL is '\\x1b[31m': give one of debug"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_setting_that_cannot_work_says_what_to_do(what: str) -> None:
    given, message = WRONG[what]
    with pytest.raises(ConfigError) as caught:
        Config.from_environment({f"ARCGIS_OPERATOR_{name}": value for name, value in given.items()})
    assert message in str(caught.value)


def test_a_variable_that_nobody_reads_is_refused_with_the_closest_name() -> None:
    with pytest.raises(ConfigError, match=r"NAMESPACE is not known: did you mean \w+_NAMESPACES\?"):
        Config.from_environment({"ARCGIS_OPERATOR_NAMESPACE": "gis"})
    with pytest.raises(ConfigError, match=r"{} is not known: see arcgis-operator run --help"):
        Config.from_environment({"ARCGIS_OPERATOR_ALTOGETHER_{}": "gis"})


def test_variables_that_kubernetes_sets_for_a_service_of_this_name_are_none_of_ours() -> None:
    links = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_METRICS", "PORT", "PORT_8080_TCP_ADDR")
    metrics = ("METRICS_SERVICE_HOST", "METRICS_PORT", "METRICS_PORT_8080_TCP")
    Config.from_environment({f"ARCGIS_OPERATOR_{name}": "tcp://10.0.0.1:8080" for name in (*links, *metrics)})


def test_a_mistake_is_named_by_what_was_given_the_option_or_the_variable() -> None:
    environment = {"ARCGIS_OPERATOR_WORKERS": "0"}
    with pytest.raises(ConfigError, match=r"^ARCGIS_OPERATOR_WORKERS is 0"):
        Config.from_environment(environment)
    with pytest.raises(ConfigError, match=r"^--workers is -1"):
        Config.from_environment(environment, workers="-1")


def test_durations_may_have_units() -> None:
    config = Config.from_environment(
        {"ARCGIS_OPERATOR_RESYNC_SECONDS": "1h30m", "ARCGIS_OPERATOR_JOB_TIMEOUT_SECONDS": "2700"},
        poll_seconds="500ms",
    )
    assert (config.resync_seconds, config.job_timeout_seconds, config.poll_seconds) == (5400, 2700, 0.5)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Config(workers=0, log_level="loud")
    assert len(str(caught.value).splitlines()) == 2
