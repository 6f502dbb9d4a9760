"""What the site said decides; what people see of it never does."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from situations import case, job, live, seen
from test_core_decide import SITUATIONS

from arcgis_operator.core import decide as decide_module
from arcgis_operator.core.case import Case
from arcgis_operator.core.decide import decide
from arcgis_operator.core.job import Job
from arcgis_operator.core.said import Raw, Shown, cut, kept, plainly
from arcgis_operator.core.verdict import Verdict

CORE = Path(decide_module.__file__).parent
RAW = ("id", "status", "username", "operation_uri")


def hidden(text: Raw, least: int = 1) -> Shown:
    """Masks everything that a secret could be in."""
    return Shown("***") if len(text) >= least else Shown(text)


def masked(before: Case) -> Case:
    """The same case at a session whose secrets are in every word."""
    jobs = {}
    if before.seen:
        for name in ("ours", "candidate"):
            found = getattr(before.seen, name)
            jobs[name] = replace(found, show=hidden) if isinstance(found, Job) else found
        for name in ("others", "strays"):
            jobs[name] = tuple(replace(one, show=hidden) for one in getattr(before.seen, name))
        before = replace(before, seen=replace(before.seen, **jobs))
    return replace(before, show=hidden)


def decided(verdict: Verdict) -> object:
    kept = replace(verdict.record.journal, username=Raw(""), service_id=Raw(""), job_id=Raw(""))
    journal = kept.counting(replace(kept.tried, text=""))
    # a hash that people see may not depend on what they may not see: it names the shown values
    planned = verdict.record.plan and replace(verdict.record.plan, changes=(), hash="")
    effect = verdict.effect
    notes = [note.reason for note in verdict.notes]
    return (
        verdict.reason,
        verdict.wake,
        verdict.progress,
        journal,
        planned,
        effect,
        notes,
        verdict.keep_ready,
    )


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_same_is_decided_where_everything_is_masked(name: str) -> None:
    before = SITUATIONS[name][0]
    assert repr(decided(decide(masked(before)))) == repr(decided(decide(before)))


def test_no_word_of_the_site_is_shown_where_everything_is_masked() -> None:
    others = (job(job_id="jobs-own-id", username="anna-word"),)
    verdict = decide(masked(case(username="our-name", seen=seen(document=live(id="id-word"), others=others))))
    assert "anna-word" not in verdict.message
    assert "jobs-own-id" not in verdict.message
    sent = decide(
        masked(case(username="our-name", seen=seen(document=live("value-word", id="service-id-word"))))
    )
    assert sent.effect is not None
    told = repr((sent.message, sent.notes, sent.record))
    assert [word for word in ("our-name", "value-word", "service-id-word") if word in told] == []


def test_a_word_is_stored_as_it_is_or_not_at_all() -> None:
    assert kept(Raw("gitops"), plainly) == "gitops"
    assert kept(Raw("gitops"), hidden) == ""
    assert kept(Raw("a\x1b"), plainly) == ""
    assert kept(Raw("short"), hidden, 8) == "short"


def test_what_is_shown_may_be_cut() -> None:
    assert cut(Shown("x" * 9), 5) == "xxxx…"


def test_a_status_word_of_the_api_is_shown_whatever_the_secrets_are() -> None:
    words = ("COMPLETED", "UNAVAILABLE", "Rolling back")
    assert [job(word, show=hidden).shown_status for word in words] == [*words[:2], "***"]


STORED = {("decide", "_converged", "job"), ("texts", "converged_text", "job")}
"""Texts made of a JobShown, which is fit for people already."""


def texts_of_raw_words(path: Path) -> list[tuple[str, str, str]]:
    """(file, function, what) of each word that stands raw in a text. A journal's own id is ours."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return [
        (path.stem, function.name, ast.unparse(inner.value))
        for function in functions
        for text in ast.walk(function)
        if isinstance(text, ast.FormattedValue)
        for inner in ast.walk(text.value)
        if isinstance(inner, ast.Attribute)
        and inner.attr in RAW
        and "journal" not in ast.unparse(inner.value)
    ]


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.stem)
def test_no_text_is_made_of_a_raw_word(path: Path) -> None:
    """mypy refuses a raw word where a shown one belongs, but into an f-string it cannot look."""
    assert set(texts_of_raw_words(path)) <= STORED


def test_a_text_that_is_made_of_a_raw_word_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text('def say(job):\n    return f"Job {job.id} of {job.username} for {journal.id}"\n')
    assert texts_of_raw_words(page) == [("page", "say", "job")] * 2
