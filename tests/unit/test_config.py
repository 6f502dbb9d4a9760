"""Settings: read from the environment, refused with advice."""

import dataclasses

import pytest

from arcgis_operator.config import Config, ConfigError


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
    variables = {field.metadata["env"] for field in fields}
    assert len(variables) == len(fields)
    assert all(name.startswith("ARCGIS_OPERATOR_") for name in variables)
    assert all(field.metadata["help"].endswith(".") for field in fields)


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a word for a number": ({"WORKERS": "many"}, "WORKERS is 'many': give a whole number"),
    "no workers": ({"WORKERS": "0"}, "WORKERS is 0: give a number above 0"),
    "a time before now": ({"RESYNC_SECONDS": "-1"}, "RESYNC_SECONDS is -1: give a number above 0"),
    "not a number at all": ({"POLL_SECONDS": "nan"}, "POLL_SECONDS is nan: give a number above 0"),
    "a deadline beyond the lease": ({"RENEW_DEADLINE_SECONDS": "15"}, "RENEW_DEADLINE_SECONDS is above 80 %"),
    "a retry before the grace is over": ({"RETRY_SECONDS": "9"}, "VERIFY_GRACE_SECONDS is above"),
    "a settle time shorter than a request": ({"SETTLE_SECONDS": "5"}, "SITE_WRITE_SECONDS is above"),
    "an unknown format": ({"LOG_FORMAT": "xml"}, "give one of auto, json, text"),
    "no port": ({"HEALTH_ADDRESS": "localhost"}, "give host:port"),
    "a port too high": ({"HEALTH_ADDRESS": "localhost:70000"}, "give host:port"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_setting_that_cannot_work_says_what_to_do(what: str) -> None:
    given, message = WRONG[what]
    with pytest.raises(ConfigError) as caught:
        Config.from_environment({f"ARCGIS_OPERATOR_{name}": value for name, value in given.items()})
    assert message in str(caught.value)


def test_one_letter_missing_does_not_serve_all_namespaces() -> None:
    with pytest.raises(ConfigError, match="give ARCGIS_OPERATOR_NAMESPACES"):
        Config.from_environment({"ARCGIS_OPERATOR_NAMESPACE": "gis"})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Config(workers=0, log_level="loud")
    assert len(str(caught.value).splitlines()) == 2
