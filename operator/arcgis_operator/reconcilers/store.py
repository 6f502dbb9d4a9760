"""Reading a resource and writing its status: compare-and-swap, and nothing when nothing changed.

A 200 is not what was stored: an older CustomResourceDefinition drops what it does not know, and a policy or a
webhook may change it. What the operator relies on is compared with what came back; the rest is not written
again and again.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from arcgis_operator.adapters.kube.api import KubeApi, Object, is_leaving
from arcgis_operator.adapters.kube.events import Announcement, EventPoster
from arcgis_operator.adapters.kube.failures import KubeFailure, KubeFailureKind
from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.core import status
from arcgis_operator.core.conditions import PATIENCE_SECONDS
from arcgis_operator.core.identity import Name
from arcgis_operator.core.jsondoc import Json, merge_patch, printable
from arcgis_operator.core.verdict import ROWS, EventType, Note, Reason, Verdict
from arcgis_operator.core.wake import BACKOFF
from arcgis_operator.reconcilers.clock import Clock
from arcgis_operator.reconcilers.dropped import Dropped
from arcgis_operator.reconcilers.refusals import Refusals
from arcgis_operator.reconcilers.story import Story
from arcgis_operator.telemetry.happenings import StatusWritten, Tell

Rendered = Callable[[Object, Verdict], Object]


class StatusStore:
    """The status subresources of one kind. Each write is told of once."""

    def __init__(
        self,
        api: KubeApi,
        kind: Kind,
        events: EventPoster,
        clock: Clock,
        tell: Tell,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._api, self._kind, self._events = api, kind, events
        self._clock, self._tell, self._patience = clock, tell, patience_seconds
        self._refusals, self._story = Refusals(kind, clock.monotonic), Story(kind)
        self._dropped = Dropped()

    async def read(self, name: Name) -> Object | KubeFailure:
        """The object, fresh from the API server; missing once it is being deleted."""
        body = await self._api.get(self._kind, name.namespace, name.name)
        if isinstance(body, dict) and is_leaving(body):
            body = KubeFailure(KubeFailureKind.MISSING, "the object is being deleted")
        if isinstance(body, KubeFailure) and body.kind is KubeFailureKind.MISSING:
            for one in (self._refusals, self._story, self._dropped):
                one.over(name)
        return body

    async def store(self, body: Object, verdict: Verdict) -> Object | KubeFailure:
        """The object with the verdict on its status, as it is now; a conflict when `body` is not the newest.

        A change of reason is announced as an event, and so is every note.
        """
        return await self._stored(
            body, verdict, lambda on, what: status.render(on, what, self._clock.now(), self._patience)
        )

    async def store_site(
        self, body: Object, verdict: Verdict, facts: Mapping[str, Json]
    ) -> Object | KubeFailure:
        """The same for an ArcGISSite."""
        return await self._stored(
            body,
            verdict,
            lambda on, what: status.render_site(on, what, facts, self._clock.now(), self._patience),
        )

    async def _stored(self, body: Object, verdict: Verdict, rendered: Rendered) -> Object | KubeFailure:
        """Where the last status was not kept, the same is tried under the words that say so.

        While nothing has changed that writes nothing, and the resource never claims what is not so.
        """
        name, on = _name(body), body
        if waiting := self._refusals.waiting(name):
            return waiting
        if text := self._refusals.unkept(name):
            warned = await self._patch(body, rendered(body, _not_kept(verdict, text)))
            if isinstance(warned, KubeFailure):
                return self._refused(body, warned)
            on = warned
        stored = await self._patch(on, rendered(on, verdict))
        if isinstance(stored, KubeFailure):
            failure = self._refused(body, stored)
            if failure.kind is KubeFailureKind.NOT_KEPT:
                await self._warn(name, rendered)
            return failure
        self._refusals.over(name)
        self._announce(body, stored, verdict)
        return stored

    async def _patch(self, body: Object, wanted: Object) -> Object | KubeFailure:
        name, before = _name(body), body.get("status") or {}
        if self._dropped.are_all(name, wanted, before) and not _lost(wanted, body):
            return body
        answer = await self._kept(body["metadata"], wanted, merge_patch(before, wanted))
        if isinstance(answer, KubeFailure):
            self._tell(StatusWritten(answer.kind.value))
            return answer
        self._tell(StatusWritten("Written"))
        self._dropped.wrote(name, wanted, answer.get("status") or {})
        return answer

    async def _kept(self, metadata: Object, wanted: Object, patch: Object) -> Object | KubeFailure:
        """What is stored now: an answer that says something else may be old, so then the object is read."""
        namespace, name = metadata["namespace"], metadata["name"]
        answer = await self._api.patch_status(
            self._kind, namespace, name, metadata["resourceVersion"], {"status": patch}
        )
        if isinstance(answer, KubeFailure) or not _lost(wanted, answer):
            return answer
        fresh = await self._api.get(self._kind, namespace, name)
        if isinstance(fresh, KubeFailure) or not (lost := _lost(wanted, fresh)):
            return fresh
        return KubeFailure(KubeFailureKind.NOT_KEPT, f"changed or missing: {', '.join(lost)}", 200)

    def _refused(self, body: Object, failure: KubeFailure) -> KubeFailure:
        paced, announcement = self._refusals.refused(_name(body), failure)
        if announcement:
            self._events.post(body, announcement)
        return paced

    async def _warn(self, name: Name, rendered: Rendered) -> None:
        """Say on the resource, as far as it keeps that, that it does not keep its status."""
        body = await self.read(name)
        if isinstance(body, dict):
            kept = Verdict(Reason.STATUS_NOT_KEPT, "", status.parse(body), wake=BACKOFF)
            await self._patch(body, rendered(body, _not_kept(kept, self._refusals.unkept(name))))

    def _announce(self, before: Object, after: Object, verdict: Verdict) -> None:
        for note in verdict.notes:
            self._post(after, note)
        self._story.stored(_name(after), before, after, verdict)
        row, (_, reason) = ROWS[verdict.reason], status.ready(after)
        if reason != status.ready(before)[1] and row.event is not EventType.SILENT:
            self._post(after, Note(reason, f"{verdict.message} {verdict.aside}".rstrip(), row.event))

    def _post(self, body: Object, note: Note) -> None:
        announcement = Announcement(
            note.reason,
            "Reconcile",
            printable(note.message, 1000),
            "Warning" if note.type is EventType.WARNING else "Normal",
        )
        self._events.post(body, announcement)


def _not_kept(verdict: Verdict, text: str) -> Verdict:
    return replace(verdict, reason=Reason.STATUS_NOT_KEPT, message=text, keep_ready=False)


def _lost(wanted: Object, stored: Object) -> tuple[str, ...]:
    return status.lost(wanted, stored.get("status") or {})


def _name(body: Object) -> Name:
    return Name(body["metadata"]["namespace"], body["metadata"]["name"])
