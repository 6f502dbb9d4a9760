"""What a site may be asked for: job slots are never exceeded, and all who wait get their turn."""

from harness.bench import SITES, Workbench, condition

COUNT, SLOTS = 10, 3


def test_ten_services_changed_at_once_never_run_more_jobs_than_the_site_allows(bench: Workbench) -> None:
    bench.start_site(f"--services={COUNT}")
    bench.register(limits={"maxJobs": SLOTS, "requestsPerSecond": 500})
    services = {f"layer-{number}": bench.fresh_service() for number in range(COUNT)}
    for name, service in services.items():
        bench.declare(name, service, {"description": "wanted"})
    bench.start_operator()
    for name, service in services.items():
        bench.converged(name)
        assert len(bench.edits(service)) == 1
    assert bench.most_jobs_at_once() == SLOTS
    assert sum("Queued" in bench.reasons(name) for name in services) >= COUNT - 2 * SLOTS


def test_a_small_request_budget_slows_work_down_and_loses_nothing(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register(limits={"maxJobs": 2, "requestsPerSecond": 5})
    services = {f"layer-{number}": bench.fresh_service() for number in range(3)}
    for name, service in services.items():
        bench.declare(name, service, {"description": "wanted"})
    bench.start_operator()
    for name, service in services.items():
        bench.converged(name)
        assert len(bench.edits(service)) == 1
    requests = bench.site.journal(kind="request")
    seconds = (requests[-1]["ns"] - requests[0]["ns"]) / 1e9
    assert len(requests) <= 5 * (seconds + 1) + 15


def test_a_slot_that_was_taken_through_another_site_resource_is_found_free_again(bench: Workbench) -> None:
    bench.start_site("--services=3")
    bench.register(limits={"requestsPerSecond": 500, "maxJobs": 1})
    bench.register(alias="other", limits={"requestsPerSecond": 500, "maxJobs": 1})
    bench.start_operator()
    first, *others = (bench.fresh_service() for _ in range(3))
    bench.site.next_job(service=first, hang=True)
    bench.declare("first", first, {"description": "holds the slot"})
    job = bench.wait_job("first", "EXECUTING")
    for number, service in enumerate(others):
        bench.declare(f"waits-{number}", service, {"description": "waits"}, "other")
        bench.wait(f"waits-{number}", "Queued")
    bench.site.finish(job)
    for number in range(len(others)):
        bench.converged(f"waits-{number}")
    assert bench.most_jobs_at_once() == 1


def test_site_resources_of_one_address_share_one_line_and_one_breaker(bench: Workbench) -> None:
    bench.start_site(f"--services={COUNT}")
    sites = ("prod", "other")
    for site in sites:
        bench.register(alias=site, limits={"maxJobs": SLOTS, "requestsPerSecond": 500})
    services = {f"layer-{number}": bench.fresh_service() for number in range(COUNT)}
    for number, (name, service) in enumerate(services.items()):
        bench.declare(name, service, {"description": "wanted"}, sites[number % 2])
    bench.start_operator()
    for name, service in services.items():
        bench.converged(name)
        assert len(bench.edits(service)) == 1
    assert bench.most_jobs_at_once() == SLOTS
    for site in sites:
        bench.wait(site, "Reachable", plural=SITES)

    bench.site.fault({"status": 503, "html": True}, times=None)
    bench.declare("layer-0", services["layer-0"], {"description": "wanted again"})
    for site in sites:
        bench.wait(site, "CircuitOpen", plural=SITES)
    bench.site.clear_faults()
    bench.converged("layer-0")
    for site in sites:
        bench.wait(site, "Reachable", plural=SITES)


def test_a_running_job_says_when_it_may_end_and_writes_nothing_while_that_is_waited_for(
    bench: Workbench,
) -> None:
    bench.start_site("--services=4")
    bench.register()
    bench.start_operator()
    for number in range(3):
        bench.converge_on(f"past-{number}", bench.fresh_service(), {"description": "wanted"})
    service = bench.fresh_service()
    bench.site.next_job(service=service, hang=True)
    bench.declare("runs", service, {"description": "wanted"})
    job = bench.wait_job("runs", "EXECUTING")
    body = bench.get("runs")
    told = body["status"]["job"]
    assert told["pastJobs"] == 3
    assert told["submitTime"] <= told["expectedEndTime"] <= told["latestEndTime"]
    assert (
        f"By the last 3 edit jobs of the site it ends about {told['expectedEndTime']}"
        in condition(body)["message"]
    )
    reads = job_reads(bench)
    bench.site.wait_for(lambda: job_reads(bench) >= reads + 3)
    assert bench.get("runs")["metadata"]["resourceVersion"] == body["metadata"]["resourceVersion"]
    bench.site.finish(job)
    assert "expectedEndTime" not in bench.converged("runs")["status"]["job"]


def test_who_waits_for_a_slot_is_told_its_place_and_no_look_writes_it_again(bench: Workbench) -> None:
    bench.start_site("--services=8")
    bench.register(limits={"maxJobs": 1, "requestsPerSecond": 500})
    bench.start_operator(resync_seconds=1)
    for number in range(3):
        bench.converge_on(f"past-{number}", bench.fresh_service(), {"description": "wanted"})
    first = bench.fresh_service()
    bench.site.next_job(service=first, hang=True)
    bench.declare("first", first, {"description": "holds the slot"})
    job = bench.wait_job("first", "EXECUTING")
    waiting = {f"waits-{number}": bench.fresh_service() for number in range(3)}
    for name, service in waiting.items():
        bench.declare(name, service, {"description": "waits"})
        bench.wait(name, "Queued")
    bodies = {name: bench.get(name) for name in waiting}
    for place, body in enumerate(bodies.values(), 1):
        line = body["status"]["line"]
        assert (line["place"], line["length"]) == (place, place)
        assert line["toldTime"] <= line["expectedStartTime"]
        told = (
            f"Number {place} of {place} in line at {line['toldTime']}; by the last jobs its turn comes about"
        )
        assert told in condition(body)["message"]
    for name, service in waiting.items():
        bench.looked_at(service, times=2)
        assert bench.get(name)["metadata"]["resourceVersion"] == bodies[name]["metadata"]["resourceVersion"]
    bench.site.finish(job)
    for name in waiting:
        assert "line" not in bench.converged(name)["status"]


def job_reads(bench: Workbench) -> int:
    return len(bench.site.journal(bench.since, kind="request", operation="job"))
