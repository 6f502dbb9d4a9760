"""What must not be shown."""

import time

import pytest

from arcgis_operator.core.masking import MASK, is_secret, masked, masked_text

SECRET = (
    "password", "dbPassword", "passwordHash", "PASSWD", "pwd", "clientSecret", "token", "accessTokens",
    "credentials", "apiKey", "api_key", "privateKey", "connectionString", "outputStore", "accessKey",
    "accountKey", "sasUrl", "SAS", "sig", "passcode", "auth", "basicAuth", "connStr",
    "Authorization", "sharedAccessKey", "ENCRYPTED_PASSWORD", "db.password", "ｐａｓｓｗｏｒｄ", "proxyPass",
)  # fmt: skip
OPEN = (
    "maxRecordCount", "description", "filePath", "keepAliveInterval", "bypassCache", "compassion", "bypass",
    "compass", "authority", "author", "cacheKey", "keyField", "design", "sigma",
)  # fmt: skip


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
    assert masked("x", ("password",)) == MASK


def test_any_step_of_the_path_masks_what_is_below() -> None:
    assert masked({"key": "AKIA"}, ("jsonProperties", "credentials", "key")) == MASK


def test_a_value_beside_the_name_of_a_secret_is_masked() -> None:
    pairs = [{"name": "dbPassword", "value": "x", "type": "text"}, {"Key": "a", "value": "y"}, {"name": 1}]
    assert masked(pairs) == [{"name": "dbPassword", "value": MASK, "type": "text"}, *pairs[1:]]


TEXTS = {
    "SERVER=db;USER=u;PASSWORD=hunter two": "SERVER=db;USER=u;PASSWORD=***",
    "ENCRYPTED_PASSWORD=0022;SERVER=x;": "ENCRYPTED_PASSWORD=***;SERVER=x;",
    'Server=a;PWD="x;y";Uid=b': 'Server=a;PWD="***";Uid=b',
    "AccountName=x;AccountKey=abc==;EndpointSuffix=core": "AccountName=x;AccountKey=***;EndpointSuffix=core",
    "failed with token=abc&f=json": "failed with token=***&f=json",
    "https://store/x?sv=1&sig=ab%3D&x=1": "https://store/x?sv=1&sig=***&x=1",
    "https://u:p@host/x": "https://***@host/x",
    "Authorization: Bearer abc.def": "Authorization: Bearer ***",
    "sent Bearer abcdefghijk on": "sent Bearer *** on",
    "my pwd='a b' is": "my pwd='***' is",
    '{"password":"a b", broken': '{"password":"***", broken',
    '{\\"password\\":\\"a b\\"}': '{\\"password\\":\\"***\\"}',
    '{"credentials":{"key":"A"},"n":1.50}': '{"credentials":"***","n":1.50}',
    '{"a": 1.0}': '{"a": 1.0}',
    "<password>x y</password>": "<password>***</password>",
    "a -----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----": "a ***",
    "got eyJhbGciOiJ9.eyJzdWIiOiIx.c2ln now": "got *** now",
    "Token not found": "Token not found",
    "compass: north, time: 12:30": "compass: north, time: 12:30",
    "token=token=x": "token=***",
    'x {"password": "hunter2", "url": "A=x;B=1"}': 'x {"password": "***", "url": "A=x;B=1"}',
    "password: hunter2 (k=v;a=b)": "password: *** (k=v;a=b)",
    'password = "hun\\"ter2" at 12:30': 'password = "***" at 12:30',
    "login failed for password 'hunter two'": "login failed for password '***'",
    "password := hunter2": "password := ***",
    "password => hunter2": "password => ***",
    "Proxy-Authorization: Negotiate hunter2": "Proxy-Authorization: Negotiate ***",
    'in <add key="dbPassword" value="hunter2"/>': 'in <add key="dbPassword" value="***"/>',
    'in {"name":"token","value":"hunter2"}': 'in {"name":"token","value":"***"}',
    'in {"name":"title","value":"roads"}': 'in {"name":"title","value":"roads"}',
    "password=": "password=",
    "sde --password hunter2 --host db": "sde --password *** --host db",
    "run -pwd 'a b' now": "run -pwd '***' now",
    "the password is hunter2, and so on": "the password is ***, and so on",
    "the password was changed to x, password is: Right": "the password was changed to x, password is: ***",
    'the password is "a b"': 'the password is "***"',
    "password is x": "password is ***",
    "password is not-so-plain": "password is ***",
    'Authorization: Digest username="u", realm="r", response="6629fae"': "Authorization: Digest ***",
    "sent Digest username=u, response=6629fae and failed": "sent Digest *** and failed",
    "Cookie: a=1; AGS_ROLES=abc; last=x failed": "Cookie: *** failed",
    "Set-Cookie: sid=abc; Path=/; HttpOnly": "Set-Cookie: ***",
    "User ID=x;Password=y;": "User ID=x;Password=***;",
    "Password=hunter two;": "Password=***;",
    "cannot open sde/hunter2@orcl": "cannot open sde/***@orcl",
    "sde/hun.ter2@//db:1521/gis": "sde/***@//db:1521/gis",
    "at x%3D1%26password%3Dhunter2 now": "at x%3D1%26password%3D*** now",
    "at password%253Dhunter2": "at password%3D***",
    "got UGFzc3dvcmQ9aHVudGVyMjtTZXJ2ZXI9ZGI= there": "got *** there",
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_assigns_to_a_secret_name_is_masked(text: str) -> None:
    assert masked(text) == TEXTS[text]


PLAIN = (
    "The password is wrong.", "the token is not valid", "Token is expired, log in again",
    "password is required",
    "credentials of the site", "the secret of gis/login is missing", "image repo/name@sha256:abc",
    "service Transport/Roads.MapServer at 100%", "--password is required", "50% of 20 services",
    "the data store gis/egdb is away", "AAAABBBBCCCCDDDDEEEEFFFF", "mail to gis@example.org",
    "The cookie jar: empty", "digest of the plan: 1a2b3c4d", "Password must be changed", "use of token store",
    "an access key is needed to read from it", "20%2F30 tiles",
)  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_a_message_without_a_secret_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


LONG = (
    "a", "-", "a-", "a.b", " ", "a ", "a=b; ", "a =;", "-eyJaaaaaaaa", "password ", 'password="', "\\", "://",
    "<a ", "name='password',", "bearer ", "-----BEGIN ",
    "%41", "%3D", "a%", "digest a=b,", "cookie: a=b;", "a/b@", "-a ", "password is ", "is ", "QUFB",
    "cGFzc3dvcmQ9", "a/", "--",
)  # fmt: skip


@pytest.mark.parametrize("part", LONG)
def test_a_long_text_of_one_kind_is_masked_in_a_moment(part: str) -> None:
    """A picture in hexadecimal digits, or a list of thousands of names, stands in documents of services."""
    text = (part * 200_000)[:200_000]
    began = time.process_time()
    masked_text(f"{text}a=b;c=d;{text}")
    masked_text(text)
    assert time.process_time() - began < 5.0
