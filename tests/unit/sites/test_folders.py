"""Whole folders in one answer: believed only after they were proved, and only where they pay."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arcgis_operator.adapters.admin import FolderAnswer
from arcgis_operator.core.failures import Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json
from arcgis_operator.sites.folders import PROOFS, SHARE, TRIES, WORTH_A_GLANCE, Folders

DIGEST = "that of the answer"
REFS = [ServiceRef(f"Layer{number}", "MapServer", "Roads") for number in range(WORTH_A_GLANCE)]


@dataclass
class FakeSite:
    """Answers both ways of reading, and counts."""

    failure: Failure | None = None
    summaries: bool = False
    more: int = 0
    folders: int = 0
    singles: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    async def folder(self, name: str, known: str) -> FolderAnswer | Failure:
        self.folders += 1
        self.known.append(known)
        whole = {ref.leaf.casefold(): self.document(ref) for ref in REFS}
        others = {f"other{number}.mapserver": {"serviceName": "x"} for number in range(self.more)}
        return self.failure or FolderAnswer(DIGEST, None if known == DIGEST else {**whole, **others})

    async def service(self, ref: ServiceRef) -> Mapping[str, Json] | Failure:
        self.singles.append(ref.leaf)
        return {**self.document(ref), **({"properties": {}} if self.summaries else {})}

    def document(self, ref: ServiceRef) -> dict[str, Json]:
        return {"serviceName": ref.name, "type": ref.type}

    def reads(self) -> Folders:
        return Folders(self.folder, self.service)


async def test_a_folder_is_proved_once_and_then_costs_one_request() -> None:
    site = FakeSite()
    reads = site.reads()
    for times in (1, 2, 3):
        found = await reads.documents("Roads", REFS)
        assert isinstance(found, FolderAnswer)
        assert found.documents is not None
        assert len(found.documents) == WORTH_A_GLANCE
        assert (site.folders, len(site.singles)) == (times, PROOFS)
    reads.forget()
    await reads.documents("Roads", REFS)
    assert len(site.singles) == 2 * PROOFS


async def test_a_folder_of_summaries_is_given_up_after_some_tries() -> None:
    site = FakeSite(summaries=True)
    reads = site.reads()
    for _ in range(TRIES + 2):
        assert await reads.documents("Roads", REFS) is None
    assert site.folders == TRIES


async def test_a_service_edited_between_the_two_reads_does_not_spoil_the_folder() -> None:
    site = FakeSite(summaries=True)
    reads = site.reads()
    assert await reads.documents("Roads", REFS) is None
    site.summaries = False
    assert await reads.documents("roads", REFS)


async def test_few_services_and_the_root_folder_are_read_one_by_one() -> None:
    """Unless the folder was proved before: then one request is less than two."""
    site = FakeSite()
    reads = site.reads()
    assert await reads.documents("Roads", REFS[1:]) is None
    assert await reads.documents("", REFS) is None
    assert site.folders == 0
    await reads.documents("Roads", REFS)
    assert await reads.documents("Roads", REFS[:2])
    assert site.folders == 2


async def test_a_folder_with_many_services_of_others_is_read_once_and_never_again() -> None:
    site = FakeSite(more=WORTH_A_GLANCE * SHARE)
    reads = site.reads()
    assert await reads.documents("Roads", REFS)
    assert await reads.documents("Roads", REFS) is None
    assert site.folders == 1


async def test_a_site_that_is_away_or_busy_is_asked_again_and_one_that_refuses_is_not() -> None:
    for kind, asked in ((Kind.NOT_SENT, TRIES + 2), (Kind.BUSY, TRIES + 2), (Kind.REFUSED, TRIES)):
        site = FakeSite(failure=Failure(kind, "no"))
        reads = site.reads()
        for _ in range(TRIES + 2):
            await reads.documents("Roads", REFS)
        assert site.folders == asked


async def test_only_what_was_proved_may_be_the_answer_that_is_known() -> None:
    site = FakeSite()
    reads = site.reads()
    await reads.documents("Roads", REFS, DIGEST)
    assert await reads.documents("Roads", REFS, DIGEST) == FolderAnswer(DIGEST, None)
    reads.forget()
    await reads.documents("Roads", REFS, DIGEST)
    assert site.known == ["", DIGEST, ""]
    assert len(site.singles) == 2 * PROOFS, "it is proved anew, for the site may be another"


async def test_a_folder_that_was_proved_is_asked_for_however_often_it_is_refused() -> None:
    site = FakeSite()
    reads = site.reads()
    await reads.documents("Roads", REFS)
    site.failure = Failure(Kind.REFUSED, "no")
    for _ in range(TRIES + 2):
        await reads.documents("Roads", REFS)
    site.failure = None
    assert await reads.documents("Roads", REFS)
