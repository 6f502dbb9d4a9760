"""A site that claims the ids of another one: their services count as one, and still nobody is run over."""

from harness.bench import Workbench

SERVICE = "SampleWorldCities.MapServer"


def test_a_colleagues_job_is_seen_although_another_site_claims_the_service_under_another_title(
    bench: Workbench,
) -> None:
    bench.start_site()
    liar = bench.start_site(name="liar")
    for name in ("prod", "liar"):
        bench.register(name)
    liar.add_service(serviceName="Other", type="MapServer", id=bench.site.document(SERVICE)["id"])
    bench.start_operator()
    bench.declare("a-victim", SERVICE, {"description": "wanted"}, suspend=True)
    bench.wait("a-victim", "Suspended")
    bench.declare("liar", "Other.MapServer", {"description": "mine"}, "liar")
    bench.converged("liar")
    job = bench.site.foreign_job(SERVICE, hang=True)
    bench.declare("a-victim", SERVICE, {"description": "wanted"})
    bench.wait("a-victim", "ServiceBusy")
    assert bench.edits(SERVICE) == []
    bench.site.finish(job)
    bench.converged("a-victim")
    assert bench.sent(SERVICE, "description") == ["wanted"]
    assert bench.most_jobs_at_once(SERVICE) == 1
