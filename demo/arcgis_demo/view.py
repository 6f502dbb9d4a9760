"""How a story looks on a terminal. Pure: from a story to something that rich can print."""

from collections.abc import Iterator, Sequence

from rich.align import Align
from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from arcgis_demo.story import FAILURES, Entry, Story, Voice, values

WIDTH = 80
_ROWS = 8  # of the timeline: the picture keeps its height while it fills
_REASONS = ("Submitting", "JobRunning", "Converged")
_STATUSES = ("SUBMITTED", "EXECUTING", "COMPLETED")
_GOOD, _GOING, _BAD, _SITE, _FAINT = "bold green", "bold yellow", "bold red", "cyan", "bright_black"
_COLOURS = {"Converged": _GOOD, "COMPLETED": _GOOD, "JobFailed": _BAD} | dict.fromkeys(FAILURES, _BAD)


def scene(story: Story, rows: int = _ROWS) -> RenderableType:
    """The whole picture: the two sides, what the operator says, and the newest transitions."""
    sides = Table.grid(expand=True, padding=(0, 0))
    sides.add_column(ratio=41)  # its track is two signs longer
    sides.add_column(ratio=39)
    sides.add_row(_kubernetes(story), _site(story))
    return Constrain(Group(sides, _message(story), _timeline(story.entries, story.seconds, rows)), WIDTH)


def _kubernetes(story: Story) -> Panel:
    resource = story.resource
    facts = (
        ("Ready", Text(resource.ready or "…", _colour(story))),
        ("Reason", Text(resource.reason or "…", _colour(story))),
        ("Job", Text(resource.job_status or "–", _colour_of(resource.job_status))),
        ("Wanted", Text(_setting(story.wanted, story), "white")),
    )
    return _side("Kubernetes", f"agsvc/{story.resource_name}", _track(_REASONS, resource.reason), facts)


def _site(story: Story) -> Panel:
    site = story.site
    facts = (
        ("Job", Text(site.job or "–")),
        ("Edits", Text(f"{site.counts.edits} · restarts {site.counts.restarts}")),
        ("Live", Text(_setting(site.document, story), "white")),
        ("Kept", Text(_kept(story))),
    )
    return _side("ArcGIS Enterprise", story.service, _track(_STATUSES, site.status), facts, _SITE)


def _kept(story: Story) -> str:
    total = len(story.undeclared)
    return f"{total - len(story.lost)} of {total} undeclared values"


def _setting(document: object, story: Story) -> str:
    path = min(story.declared)
    return str(dict(values(document)).get(path, "…"))


def _side(
    name: str, thing: str, track: Text, facts: Sequence[tuple[str, Text]], colour: str = "blue"
) -> Panel:
    table = Table.grid(padding=(0, 1))
    table.add_column(style=_FAINT, width=7)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for label, value in facts:
        table.add_row(label, value)
    title = Text.assemble((name, f"bold {colour}"), "  ", (thing, "default"))
    return _framed(Group(track, Text(), table), title, colour, height=8)


def _framed(inside: RenderableType, title: Text, colour: str, height: int | None = None) -> Panel:
    return Panel(
        inside,
        box=ROUNDED,
        border_style=colour,
        height=height,
        padding=(0, 1),
        title=title,
        title_align="left",
    )


def _track(words: tuple[str, ...], now: str) -> Text:
    """The three stations; a failure takes the place of the last."""
    if now in _COLOURS:
        words = (*words[:-1], now)
    reached = words.index(now) if now in words else -1
    track = Text()
    for number, word in enumerate(words):
        track.append(" " if number else "")
        passed = "default" if number < reached else _FAINT
        colour = _colour_of(word, _GOING) if number == reached else passed
        track.append(f"{'●' if number <= reached else '○'} {word}", colour)
    return track


def _message(story: Story) -> Panel:
    text = Text(story.resource.message or "The operator has not seen it yet.")
    return _framed(Align(text, vertical="top", height=2), Text("Message", "bold blue"), "blue")


def _timeline(entries: Sequence[Entry], seconds: float, rows: int) -> Panel:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(justify="right", style=_FAINT, width=6)
    table.add_column(width=10)
    table.add_column(width=12)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis", style=_FAINT)
    for cells in _cells(entries[-rows:]):
        table.add_row(*cells)
    for _ in range(rows - len(entries)):
        table.add_row("")
    return _framed(table, Text(f"{seconds:.1f} s", "bold"), _FAINT)


def _cells(entries: Sequence[Entry]) -> Iterator[tuple[RenderableType, ...]]:
    voices = {Voice.YOU: "magenta", Voice.KUBERNETES: "blue", Voice.SITE: _SITE}
    for entry in entries:
        word = Text(entry.word, _colour_of(entry.word, "bold"))
        yield f"{entry.seconds:.1f} s", Text(entry.voice, voices[entry.voice]), word, Text(entry.text)


def _colour(story: Story) -> str:
    if story.resource.converged:
        return _GOOD
    return _BAD if story.resource.stalled else _colour_of(story.resource.reason, _GOING)


def _colour_of(word: str, otherwise: str = "default") -> str:
    return _COLOURS.get(word, otherwise)
