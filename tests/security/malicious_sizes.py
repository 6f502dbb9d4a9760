"""Specs that are too large, too deep or of another shape: refused or explained, and below the bounds live."""

from malicious_specs import CARRIED, REFUSED, ROADS, Json, Malice, service, site

INVALID = "SpecInvalid"
UNREACHABLE = "SiteUnreachable"
MANY = {f"k{number}": "v" for number in range(256)}
KB300 = "x" * 300_000


def deep(levels: int) -> Json:
    value: Json = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


_REFUSED: dict[str, Json] = {
    "a description of 4,097 signs": {"description": "x" * 4097},
    "a description of 300 kB": {"description": KB300},
    "a description that is a number": {"description": 1},
    "a description that is a list": {"description": ["x"]},
    "257 properties": {"properties": {**MANY, "one": "more"}},
    "10,000 properties": {"properties": {f"k{number}": "v" for number in range(10_000)}},
    "257 properties of a framework": {"frameworkProperties": {**MANY, "one": "more"}},
    "257 properties in JSON": {"jsonProperties": {**MANY, "one": "more"}},
    "33 capabilities": {"capabilities": [f"C{number}" for number in range(33)]},
    "a capability of 65 signs": {"capabilities": ["C" * 65]},
    "65 types of files": {"allowedUploadFileTypes": [f"t{number}" for number in range(65)]},
    "21 extensions": {"extensions": [{"typeName": f"E{number}"} for number in range(21)]},
    "a number beyond 32 bits": {"minInstancesPerNode": 2**31},
    "a number below nothing": {"maxIdleTime": -1},
    "a fraction for a number": {"maxIdleTime": 1.5},
    "a text for a number": {"maxIdleTime": "60"},
    "a switch for a number": {"maxIdleTime": True},
    "an object for a number": {"maxIdleTime": {}},
    "more at least than at most": {"minInstancesPerNode": 2, "maxInstancesPerNode": 1},
    "a list for the settings": [],
    "a text for the settings": "description",
}
_EXPLAINED: dict[str, Json] = {
    "more values in a property than any document holds": {"properties": {"a": ["b"] * 4097}},
    "a number that loses digits": {"properties": {"a": 2**53 + 1}},
    "a number of 300 digits": {"properties": {"a": 1e300}},
    "the smallest number": {"properties": {"a": 5e-324}},
    "60 levels": {"jsonProperties": deep(60)},
    "33 levels": {"jsonProperties": {"a": deep(33)}},
    "a list 60 levels deep": {"jsonProperties": {"a": [deep(60)]}},
    "a number that loses digits, deep inside": {"jsonProperties": {"a": {"b": [2**60]}}},
}
_CARRIED: dict[str, Json] = {
    "a description of 4,096 signs": {"description": "x" * 4096},
    "a description of 4,096 faces": {"description": "\U0001f600" * 4096},
    "256 properties": {"properties": MANY},
    "an object for a property": {"properties": {"a": {"b": 1}}},
    "a list for a property": {"properties": {"a": ["b"]}},
    "a property of 300 kB": {"properties": {"a": KB300}},
    "a property whose name has 300 signs": {"properties": {"n" * 300: "v"}},
    "a property of 300 kB of quotes": {"properties": {"a": '"' * 300_000}},
    "100 properties of 2 kB": {"properties": {f"k{number}": "v" * 2000 for number in range(100)}},
    "a list as a text": {"properties": {"a": "[" * 100_000}},
    "objects as a text": {"properties": {"a": '{"a":' * 20_000}},
}
_SITES: dict[str, dict[str, Json]] = {
    "17 rules": {"access": [{"namespaces": {"from": "Same"}}] * 17},
    "65 folders": {"access": [{"namespaces": {"from": "Same"}, "folders": [f"f{n}" for n in range(65)]}]},
    "1,001 jobs": {"limits": {"maxJobs": 1001}},
    "no jobs": {"limits": {"maxJobs": 0}},
    "1,001 requests": {"limits": {"requestsPerSecond": 1001}},
    "half a request": {"limits": {"requestsPerSecond": 0.5}},
}
_MILD: frozenset[str] = frozenset({"17 rules", "65 folders"})
"""Of an older object the operator takes more rules than the API server does now: no rule does harm alone."""

SIZES: tuple[Malice, ...] = (
    *(service(f"size: {what}", REFUSED, settings=settings) for what, settings in _REFUSED.items()),
    *(service(f"size: {what}", INVALID, settings=settings) for what, settings in _EXPLAINED.items()),
    *(service(f"size: {what}", CARRIED, settings=settings) for what, settings in _CARRIED.items()),
    *(
        site(f"size: {what}", "refused, mild" if what in _MILD else REFUSED, **spec)
        for what, spec in _SITES.items()
    ),
    service("size: a spec of 4 MB", "refused, mild", settings={"properties": {"a": "x" * 4_000_000}}),
    service("size: a number beyond 64 bits", "refused, mild", settings={"maxUploadFileSize": 10**30}),
    service("size: a name of one's own site", service={**ROADS, "name": ["Roads"]}),
)
