"""What a site that means harm says: at which request, and in which words. `{trap}` is a listener's port."""

from dataclasses import dataclass, field
from typing import Any

Json = Any
ESCAPES = (
    '\x1b[31mred\x1b[0m\r\n{"level": "error"}\u202etxt.exe\u200b\u2066 %s %(x)s {0} <script>alert(1)</script>'
)
MIB = 2**20


@dataclass(frozen=True)
class Evil:
    """A fault at an operation, or how the job goes, or what the service says of itself."""

    at: str = ""
    do: Json = field(default_factory=dict)
    when: str = "instead"
    job: Json = field(default_factory=dict)
    said: Json = field(default_factory=dict)


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def moved(code: int) -> Json:
    return {"status": code, "headers": {"location": "https://127.0.0.1:{trap}/arcgis/admin?f=json"}}


def error(message: str, code: int = 500) -> Json:
    return {"json": {"error": {"code": code, "message": message, "details": [message]}}}


EVIL: dict[str, Evil] = {
    "a read is redirected": Evil("service", moved(302)),
    "a read is redirected for good": Evil("service", moved(301)),
    "a read is redirected with its method": Evil("service", moved(307)),
    "an edit is redirected": Evil("edit", moved(302)),
    "an edit is redirected with its body": Evil("edit", moved(307)),
    "an edit is taken and redirected for good": Evil("edit", moved(308), "after"),
    "an edit names jobs of another host": Evil(
        "edit",
        {"json": {"jobsUrl": "https://127.0.0.1:{trap}/arcgis/admin/jobs", "jobID": "../../x"}},
        "after",
    ),
    "a page instead of JSON": Evil("service", {"html": True}),
    "a page after an edit": Evil("edit", {"html": True}, "after"),
    "an answer of 9 MiB": Evil("service", {"body": "x" * 9 * MIB}),
    "an answer that says it is packed": Evil(
        "service", {"body": "\x1f\x8b", "headers": {"content-encoding": "gzip"}}
    ),
    "an answer 100,000 levels deep": Evil("service", {"body": deep(100_000)}),
    "an answer 65 levels deep": Evil("service", {"body": deep(65)}),
    "one key twice": Evil("service", {"body": '{"serviceName":"a","serviceName":"b","type":"MapServer"}'}),
    "NaN as a number": Evil("service", {"body": '{"a":NaN}'}),
    "a number of 5,000 digits": Evil("service", {"body": '{"a":' + "9" * 5000 + "}"}),
    "the document of another service": Evil(
        "service", {"json": {"serviceName": "Other", "type": "MapServer", "properties": {}}}
    ),
    "a list instead of a document": Evil("service", {"json": [1, 2]}),
    "escapes in an error": Evil("service", error(ESCAPES)),
    "an error of 1 MB": Evil("service", error("é\n" * 500_000)),
    "an error that refuses with escapes": Evil("edit", error(ESCAPES, 503)),
    "escapes in a job's messages": Evil(job={"messages": [ESCAPES] * 50}),
    "a job with messages of 1 MB": Evil(job={"messages": ["x" * MIB, {"message": "y\n" * MIB}]}),
    "a job with a result of 1 MB": Evil(job={"result": {"text": "x" * MIB}}),
    "a job with a number of 400 digits": Evil(job={"result": {"size": 10**400}}),
    "a job with a number beyond 64 bits": Evil(job={"result": {"size": 10**30, "list": [2**64]}}),
    "half of a sign in an error": Evil("service", {"body": r'{"error":{"code":500,"message":"\ud800"}}'}),
    "a job that speaks of a token": Evil(
        job={"messages": ["token=abc&password=def Authorization: Bearer xyz"]}
    ),
    "an id of 10,000 signs": Evil(said={"id": "s" * 10_000}),
    "an id with escapes": Evil(said={"id": ESCAPES}),
    "a provider of 10,000 signs": Evil(said={"provider": "P" * 10_000, "configuredState": ESCAPES * 10}),
}
