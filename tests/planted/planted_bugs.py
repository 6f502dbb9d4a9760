"""Bugs that an operator like this one could have, each as a change of one line of the product.

`old` stands exactly once in `file`. `caught_by` are the tests that must fail with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SCHEDULES = "tests/model/test_model_schedules.py::test_no_schedule_breaks_a_promise[0]"
DECIDE = "tests/unit/core/test_core_decide.py"
CONTROL = "tests/unit/core/test_core_control.py"
REGISTRY = "tests/unit/reconcilers/test_registry.py"
WIRE = "tests/contract/test_admin_wire.py"
CELLS = (
    "tests/faults/test_faults_cells.py"
    "::test_after_any_fault_at_any_request_the_end_is_that_of_a_clean_run[site envelope 500]"
)
SERVICE = "reconcilers/service.py"


@dataclass(frozen=True, slots=True)
class Bug:
    file: str
    old: str
    new: str
    caught_by: str


BUGS: Mapping[str, Bug] = {
    "the intent is not stored": Bug(
        SERVICE,
        "stored = await self._stored(body, verdict, term)",
        "stored = body if verdict.effect else await self._stored(body, verdict, term)",
        SCHEDULES,
    ),
    "the intent is stored after the edit was sent": Bug(
        SERVICE,
        "        stored = await self._stored(body, verdict, term)",
        "        if verdict.effect and not isinstance(site, Hold):\n"
        "            await site.submit(verdict.effect, lambda: None)\n"
        "        stored = await self._stored(body, verdict, term)",
        SCHEDULES,
    ),
    "the windows are not asked again when the edit leaves": Bug(
        "reconcilers/sending.py",
        "if why is None and not are_open(effect.within, self._clock.now()):",
        "if why is None and False:",
        "tests/model/test_model_sends.py",
    ),
    "a window is meant in no time zone": Bug(
        "core/windows.py",
        "return at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0)",
        "return at.replace(tzinfo=None, fold=0)",
        CONTROL,
    ),
    "any approved plan will do": Bug(
        "core/rest.py", "approved in (name, whole_of(case, name))", "approved != name + name", CONTROL
    ),
    "a resource opens the windows of its site": Bug(
        "core/control.py",
        "case.site_windows, case.site_override",
        "case.site_windows, case.override",
        CONTROL,
    ),
    "status writes carry no version": Bug(
        "adapters/kube/api.py",
        '"resourceVersion": resource_version}',
        "}",
        "tests/kube/test_kube_real.py",
    ),
    "status writes are fenced by uid": Bug(
        "adapters/kube/api.py",
        '"resourceVersion": resource_version}',
        '"uid": "00000000-0000-0000-0000-000000000000"}',
        "tests/kube/test_kube_real.py",
    ),
    "a gateway's 504 counts as not applied": Bug(
        "adapters/admin/answers.py",
        'Row("the site failed", lambda c: c.code >= 500, Kind.UNSURE, Kind.UNSURE)',
        'Row("the site failed", lambda c: c.code >= 500, Kind.UNSURE, Kind.BUSY)',
        "tests/contract/test_admin_answers.py",
    ),
    "an unanswered edit is sent again without waiting": Bug(
        "core/memory.py",
        "        return max((at + settle_seconds - now for at in since), default=0.0)",
        "        return 0.0",
        SCHEDULES,
    ),
    "a turn trusts an older reading of the object": Bug(
        "reconcilers/store.py",
        "        body = await self._api.get(self._kind, name.namespace, name.name)",
        "        old = self.__dict__.setdefault('old', {})\n"
        "        body = old.setdefault(name, await self._api.get(self._kind, name.namespace, name.name))",
        SCHEDULES,
    ),
    "any term of the lease will do": Bug(
        "app/lease.py",
        "if current is None or current.number != term.number:",
        "if current is None:",
        "tests/unit/test_lease.py",
    ),
    "the deadline of the lease is not looked at": Bug(
        "app/lease.py",
        "        if self._clock() >= deadline:\n            return",
        "        if False:\n            return",
        "tests/unit/test_lease.py",
    ),
    "resources are told apart by name, not by service": Bug(
        "reconcilers/registry.py",
        'return f"{wanted.url}|{known.aim.service.key}"',
        'return f"{wanted.url}|{name}"',
        REGISTRY,
    ),
    "a new generation is no news": Bug(
        "reconcilers/registry.py",
        "return now != (known.uid, known.generation, known.asked)",
        "return now[0] != known.uid or now[2] != known.asked",
        REGISTRY,
    ),
    "a job is over before it ends": Bug(
        "core/look.py",
        "return _ended(case, ours) if ours.ended else _unfinished(case, ours)",
        "return _ended(case, ours)",
        DECIDE,
    ),
    "a name becomes more than one path segment": Bug(
        "adapters/admin/addresses.py",
        'quote(name, safe="")',
        "name",
        "tests/contract/test_admin_addresses.py",
    ),
    "an error text of the site is shown as it came": Bug(
        "adapters/admin/client.py",
        "detail=self._redactor.line(outcome.detail, _DETAIL_LENGTH)",
        "detail=outcome.detail[:_DETAIL_LENGTH]",
        CELLS,
    ),
    "the messages of a job are shown as they came": Bug(
        "adapters/admin/resources.py",
        "redactor.line(_message(item), _MESSAGE_LENGTH)",
        "_message(item)[:_MESSAGE_LENGTH]",
        CELLS,
    ),
    "the token is in the query": Bug(
        "adapters/admin/tokens.py",
        "request.method, request.url, headers=headers",
        'request.method, request.url.copy_merge_params({"token": token.value}), headers=headers',
        WIRE,
    ),
    "an answer that comes twice is taken for that to the next request": Bug(
        "adapters/admin/network.py",
        "return not self._read_since_write",
        "return False",
        WIRE,
    ),
    "bytes that nobody asked for do not spoil a connection": Bug(
        "adapters/admin/network.py",
        " or self._reader.unread > 0",
        "",
        WIRE,
    ),
    "the text of an exception is shown": Bug(
        "adapters/admin/transport.py",
        'detail = f"{says}: {reason}" if reason else says',
        'detail = f"{says}: {error}"',
        WIRE,
    ),
    "failed jobs are tried again for ever": Bug(
        "core/bounds.py", "if tried.ended >= case.policy.jobs_per_digest:", "if False:", DECIDE
    ),
    "the resync is forgotten": Bug(
        "controller/dispatch.py",
        "for key in (key for row in self.rows.values() for key in row.feed.everything()):",
        "for key in ():",
        "tests/integration/test_drift.py",
    ),
    "an error with HTTP 200 is a success": Bug(
        "adapters/admin/answers.py",
        "        return None\n    return envelope_of(body)",
        "        return None\n    return None",
        "tests/contract/test_admin_answers.py",
    ),
    "another job's answer is taken for ours": Bug(
        "adapters/admin/resources.py",
        'if "jobid" in fields and str(fields["jobid"]).casefold() != job_id.casefold():',
        "if False:",
        "tests/contract/test_admin_resources.py",
    ),
    "what an edit leaves out is not sent": Bug(
        "core/operations.py",
        "dumps(plan.overlay(leaves, documents[SERVICE]))",
        "dumps(plan.overlay(leaves, {}))",
        SCHEDULES,
    ),
    "COMPLETED is taken for success": Bug(
        "core/look.py",
        "    if _proved(case):\n        return Sight(Signal.MATCHES)\n    if _done(case):\n"
        "        return Sight(Signal.DONE)\n    if _may_still_show(case, job):",
        "    if _proved(case) or job.state is JobState.COMPLETED:\n        return Sight(Signal.MATCHES)\n"
        "    if _may_still_show(case, job):",
        DECIDE,
    ),
    "a job that is not found is over": Bug(
        "core/look.py",
        "    if case.lost_for <= case.policy.job_timeout_seconds:\n        return Sight(Signal.JOB_UNSEEN)\n",
        "",
        DECIDE,
    ),
    "a token that was turned away is sent once more": Bug(
        "adapters/admin/client.py",
        "signed(request, await self._token(refused=token))",
        "signed(request, token)",
        WIRE,
    ),
    "a missing CA bundle means the system's roots": Bug(
        "sites/sessions.py",
        "        if bundle is None:\n            keys",
        "        if bundle is None:\n            return system_roots()\n            keys",
        "tests/unit/sites/test_sessions.py"
        "::test_a_ca_bundle_under_a_key_that_is_not_there_is_no_reason_to_trust_the_systems_roots",
    ),
    "who is refused keeps others out": Bug(
        "reconcilers/hearing.py",
        "first = next((voice for voice in voices if not voice.steps_back), voices[0] if voices else None)",
        "first = voices[0] if voices else None",
        "tests/integration/test_two_resources.py"
        "::test_an_older_resource_that_the_site_refuses_keeps_nobody_out_and_waits_for_the_job_when_it_is_let_in",
    ),
    "a name with a sign that is not seen is taken": Bug(
        "core/names.py",
        "    return not text.isprintable() or UNSEEN.search(text) is not None",
        "    return False",
        "tests/security/test_security_admission.py",
    ),
}
