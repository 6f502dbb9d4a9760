"""No secret in any output: not in status, events, metrics, or logs at their most talkative."""

import json

from harness.bench import PASSWORD, PLANTED, SITES, Workbench, condition
from harness.outputs import search

SERVICE = "FireWeatherWatch.MapServer"
TOKEN = "canary-token-that-nobody-may-ever-see"
CONNECTION = "canary-database-password"
WRONG = "canary-wrong-password"


def outputs(bench: Workbench) -> dict[str, str]:
    """All that the operator says, by place."""
    return {
        "log": "\n".join(bench.operator.lines()),
        "service": json.dumps(bench.get("fire-weather")),
        "site": json.dumps(bench.api.get(SITES, "prod")),
        "events": json.dumps(bench.api.events()),
        "metrics": bench.metrics(),
        "written": json.dumps(bench.status_writes("fire-weather") + bench.status_writes("prod", SITES)),
    }


def test_passwords_and_tokens_are_in_no_output_whatever_goes_wrong(bench: Workbench) -> None:
    bench.start_site()
    bench.register()
    bench.site.drift(
        SERVICE, {"properties.connectionString": f"PASSWORD={CONNECTION}", "password": CONNECTION}
    )
    bench.api.set_secret("prod-admin", {"password": WRONG})
    bench.start_operator(log_level="debug")
    bench.declare("fire-weather", SERVICE, {"description": "wanted"})
    bench.wait("fire-weather", "CredentialsRejected")

    stolen = {"token": TOKEN, "expires": 4102444800000, "ssl": True}
    bench.site.fault({"json": stolen}, when="instead", operation="token")
    bench.site.fault({"drop": True}, when="after", operation="service")
    bench.site.fault({"body": f'{{"error": "token={TOKEN}'}, when="after", operation="edit")
    bench.site.next_job(outcome="FAILED")
    bench.api.set_secret("prod-admin", {"password": PASSWORD})
    body = bench.converged("fire-weather")
    bench.wait_event("fire-weather", "Converged")

    assert bench.site.document(SERVICE)["properties"]["connectionString"] == f"PASSWORD={CONNECTION}"
    assert body["status"]["job"]["result"]["service"]["description"] == "wanted"
    assert condition(body)["status"] == "True"
    for place, text in outputs(bench).items():
        for secret in (PASSWORD, WRONG, TOKEN, CONNECTION):
            assert secret not in text, f"{secret} is in {place}"
    assert '"level": "debug"' in outputs(bench)["log"]


def test_a_secret_of_the_live_documents_is_searched_for(bench: Workbench) -> None:
    bench.start_site("--services=1")
    document = bench.site.document(bench.fresh_service())
    assert PLANTED in document["properties"]["connectionString"]
    hits = search(bench).hits(json.dumps(document, ensure_ascii=False).encode())
    assert "what the site says" in {name for name, _ in hits}
