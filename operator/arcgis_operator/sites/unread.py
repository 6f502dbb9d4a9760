"""The jobs that a site lists and does not let us read: each may be anybody's, on any service."""

from collections.abc import Iterable, Set

from arcgis_operator.core.failures import Failure


class Unread:
    """Since when each could not be read, and what the newest failure was. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self.answer: Failure | None = None

    def tried(self, job_id: str, answer: Failure, now: float) -> None:
        """It was asked for once more, in vain."""
        self.answer = answer
        self._since.setdefault(job_id, now)

    def drop(self, job_ids: Iterable[str]) -> None:
        """These were read, or need not be."""
        for job_id in job_ids:
            self._since.pop(job_id, None)

    def ids(self) -> Set[str]:
        """All of them."""
        return self._since.keys()

    def newer(self, since: float) -> str | None:
        """One that could be read no earlier than `since`, None when there is none."""
        return next((job_id for job_id, at in self._since.items() if at >= since), None)

    def put_off(self, since: float, most: int) -> set[str]:
        """Of those tried for longer all but `most`, which take turns."""
        long_tried = [job_id for job_id, at in self._since.items() if at < since]
        for job_id in long_tried[:most]:
            self._since[job_id] = self._since.pop(job_id)
        return set(long_tried[most:])
