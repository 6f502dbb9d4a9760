"""Takes jobs in, moves them along on the site's clock, ends and forgets them.

What a job changes on a service is not known here: ``apply`` is called for it.
Source: Job page (states and their order). Assumed: every duration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arcgis_simulator import jobs as job_form
from arcgis_simulator.jobs import Job, Plan, Work
from arcgis_simulator.schedule import Schedule
from arcgis_simulator.switches import Switches

Emit = Callable[..., None]


class JobBook:
    """All jobs of the site. ``apply(job, outcome)`` does the work and answers the result of a success."""

    def __init__(
        self,
        schedule: Schedule,
        switches: Callable[[], Switches],
        apply: Callable[[Job, str], Any],
        emit: Emit,
    ) -> None:
        self._schedule = schedule
        self._switches = switches
        self._apply = apply
        self._emit = emit
        self.jobs: dict[str, Job] = {}
        self._arranged: list[tuple[str | None, Plan]] = []

    def arrange(self, plan: Plan, service: str | None = None, times: int = 1) -> None:
        """Says how the next jobs will go, of one service or of any."""
        self._arranged += [(service, plan)] * times

    def plan_for(self, service: str) -> Plan:
        """The plan of the next job of a service: the first one arranged, else what the switches say."""
        for index, (wanted, plan) in enumerate(self._arranged):
            if wanted in (None, service):
                del self._arranged[index]
                return plan
        return Plan(outcome=self._switches().job_outcome or None)

    def running(self, service: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.service == service and not job.ended]

    def submit(self, job: Job) -> None:
        """Takes a job in; under the switch ``busy = queue`` it starts after those already running."""
        switches, plan = self._switches(), job.plan
        lead = self.running(job.service)[-1:] if switches.busy == "queue" else []
        job.listed_from_ms = job.start_ms + round(switches.jobs_lag_seconds * 1000)
        job.unavailable = _or(plan.unavailable_reads, switches.job_unavailable_reads)
        self.jobs[job.jobid] = job
        self._moved(job)
        if lead:
            lead[0].followers.append(job)
        else:
            self._start_after_submission(job)

    def finish(self, job: Job, outcome: str, result: Any = None, messages: list[Any] | None = None) -> None:
        """Ends a job now. ``result`` and ``messages`` replace what the site would say."""
        switches = self._switches()
        done = self._apply(job, outcome)
        said = messages
        if outcome == "COMPLETED" and switches.completed_with_error != "no":
            done = job_form.error_result("service failed to start", switches.completed_with_error)
        elif outcome != "COMPLETED":
            done, said = job_form.failure(job, outcome, switches)
        job.result = done if result is None else result
        job.messages = said if messages is None else messages
        self._end(job, outcome)

    def show(self, job: Job, status: str) -> None:
        """Lets a job show any word without ending it, also one that is over."""
        job.status = status
        self._moved(job)

    def forget(self, job: Job) -> None:
        """Loses a job: it is in no list and cannot be read; its work goes on (Assumed)."""
        if self.jobs.pop(job.jobid, None) is not None:
            self._emit("job", job=job.jobid, service=job.title, status="FORGOTTEN", username=job.username)

    def read(self, job: Job) -> dict[str, Any]:
        """The job's resource; counts down the reads that are answered UNAVAILABLE."""
        if job.unavailable > 0:
            job.unavailable -= 1
            return job_form.resource(job, self._switches(), "UNAVAILABLE")
        return job_form.resource(job, self._switches())

    def listed(self, username: str) -> list[str]:
        """The ids that a user sees. Source: Jobs page: bare ids. Assumed: oldest first."""
        own = self._switches().jobs_visible == "own"
        now = self._schedule.now_ms
        return [
            job.jobid
            for job in self.jobs.values()
            if job.listed_from_ms <= now and (not own or job.username == username)
        ]

    def _start_after_submission(self, job: Job) -> None:
        wait = _or(job.plan.submitted_seconds, self._switches().submitted_seconds)
        self._schedule.after(wait, lambda _: self._execute(job))

    def _execute(self, job: Job) -> None:
        if job.ended:
            return
        self.show(job, "EXECUTING")
        outcome = job.plan.outcome
        if outcome is None:
            return
        seconds = _or(job.plan.seconds, self._switches().job_seconds)
        if outcome == "CANCELLED":
            self._schedule.after(seconds / 2, lambda _: None if job.ended else self.show(job, "CANCELLING"))
        self._schedule.after(seconds, lambda _: self._finish_as_planned(job, outcome))

    def _finish_as_planned(self, job: Job, outcome: str) -> None:
        if not job.ended:
            self.finish(job, outcome, job.plan.result, job.plan.messages)

    def _end(self, job: Job, outcome: str) -> None:
        job.end_ms = self._schedule.now_ms
        job.work = Work(job.work.operation)  # thousands of jobs need not keep what they were given
        self.show(job, outcome)
        # Source: Job page (sample): the last update is 5 ms older than the end.
        job.updated_ms = max(job.start_ms, job.end_ms - 5)
        kept = self._switches().jobs_kept_seconds
        if kept:
            self._schedule.after(kept, lambda _: self.forget(job))
        followers, job.followers = job.followers, []
        for follower in followers:
            self._start_after_submission(follower)

    def _moved(self, job: Job) -> None:
        job.updated_ms = self._schedule.now_ms
        self._emit("job", job=job.jobid, service=job.title, status=job.status, username=job.username)


def _or(value: Any, other: Any) -> Any:
    return other if value is None else value
