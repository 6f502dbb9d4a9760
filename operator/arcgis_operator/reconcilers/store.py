"""Reading a resource and writing its status: compare-and-swap, and nothing when nothing changed."""

from collections.abc import Callable, Mapping

from arcgis_operator.adapters.kube.api import KubeApi, Object
from arcgis_operator.adapters.kube.events import EventPoster, Happening
from arcgis_operator.adapters.kube.failures import KubeFailure
from arcgis_operator.adapters.kube.kinds import Kind
from arcgis_operator.core import status
from arcgis_operator.core.jsondoc import Json, merge_patch, printable
from arcgis_operator.core.verdict import ROWS, EventType, Note, Verdict
from arcgis_operator.reconcilers.ports import Clock, Name


class StatusStore:
    """The status subresources of one kind. `wrote(outcome)` is called once for each write."""

    def __init__(
        self, api: KubeApi, kind: Kind, events: EventPoster, clock: Clock, wrote: Callable[[str], None]
    ) -> None:
        self._api, self._kind, self._events = api, kind, events
        self._clock, self._wrote = clock, wrote

    async def read(self, name: Name) -> Object | KubeFailure:
        """The object, fresh from the API server."""
        return await self._api.get(self._kind, name.namespace, name.name)

    async def store(self, body: Object, verdict: Verdict) -> Object | KubeFailure:
        """The object with the verdict on its status, as it is now; a conflict when `body` is not the newest.

        A change of reason is announced as an event, and so is every note.
        """
        return await self._stored(body, verdict, status.render(body, verdict, self._clock.now()))

    async def store_site(
        self, body: Object, verdict: Verdict, facts: Mapping[str, Json]
    ) -> Object | KubeFailure:
        """The same for an ArcGISSite."""
        return await self._stored(body, verdict, status.render_site(body, verdict, facts, self._clock.now()))

    async def _stored(self, body: Object, verdict: Verdict, wanted: Object) -> Object | KubeFailure:
        stored = await self._patch(body, merge_patch(body.get("status") or {}, wanted))
        if isinstance(stored, dict):
            self._announce(body, stored, verdict)
        return stored

    async def _patch(self, body: Object, patch: Object) -> Object | KubeFailure:
        if not patch:
            return body
        metadata = body["metadata"]
        answer = await self._api.patch_status(
            self._kind,
            metadata["namespace"],
            metadata["name"],
            metadata["resourceVersion"],
            {"status": patch},
        )
        self._wrote(answer.kind.value if isinstance(answer, KubeFailure) else "Written")
        return answer

    def _announce(self, before: Object, after: Object, verdict: Verdict) -> None:
        for note in verdict.notes:
            self._post(after, note)
        row, (_, reason) = ROWS[verdict.reason], status.ready(after)
        if reason != status.ready(before)[1] and row.event is not EventType.SILENT:
            self._post(after, Note(reason, f"{verdict.message} {verdict.aside}".rstrip(), row.event))

    def _post(self, body: Object, note: Note) -> None:
        happening = Happening(
            note.reason,
            "Reconcile",
            printable(note.message, 1000),
            "Warning" if note.type is EventType.WARNING else "Normal",
        )
        self._events.post(body, happening)
