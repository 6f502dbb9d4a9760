"""What must not be shown."""

import pytest

from arcgis_operator.core.masking import MASK, is_secret, masked

SECRET = (
    "password", "dbPassword", "passwordHash", "PASSWD", "pwd", "clientSecret", "token", "accessTokens",
    "credentials", "apiKey", "api_key", "privateKey", "connectionString", "outputStore",
)  # fmt: skip
OPEN = ("maxRecordCount", "description", "filePath", "keepAliveInterval", "bypassCache", "compassion")


@pytest.mark.parametrize("name", SECRET)
def test_a_value_under_a_name_of_secrets_is_masked(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", OPEN)
def test_a_value_under_another_name_is_shown(name: str) -> None:
    assert not is_secret(name)


def test_masking_reaches_every_depth_and_keeps_the_rest() -> None:
    value = {"a": [{"password": {"deep": 1}, "b": 2}], "tokens": ["x"], "c": ("d",)}
    assert masked(value) == {"a": [{"password": MASK, "b": 2}], "tokens": MASK, "c": ["d"]}


def test_a_value_without_a_name_is_not_masked() -> None:
    assert masked("password") == "password"
    assert masked("x", "password") == MASK
