"""Where a person watches: a live view on a terminal, plain lines elsewhere."""

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.live import Live
from rich.syntax import Syntax
from rich.text import Text

from arcgis_demo.story import Entry, Story
from arcgis_demo.view import scene
from arcgis_devcluster.progress import Progress

Done = Callable[[str], None]


class Screen(ABC):
    """Says things on stdout. `progress` tells of a build of the control plane in the same place."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.progress = Progress(console)

    def say(self, text: str = "", style: str = "") -> None:
        """A text; where nobody looks at a terminal one line, however long."""
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def shown(self, text: str) -> None:
        """What a command answers, line by line as it is; on a terminal what is too wide is cut."""
        self.say(text)

    def command(self, line: str) -> None:
        """A command, as a heading of what it answers."""
        self.say()
        self.say(f"$ {line}", "bold")

    def yaml(self, text: str) -> None:
        self.say(text.rstrip())

    def lines(self, story: Story, said: int = 0) -> Callable[[], None]:
        """Call what it answers after each change of the story: it says the transitions not said yet."""

        def show() -> None:
            nonlocal said
            for entry in story.entries[said:]:
                self.say(line_of(entry))
            said = len(story.entries)

        return show

    @contextmanager
    def step(self, title: str) -> Iterator[Done]:
        """Shows a step of the set-up; what is given to the yielded function is said when it is done."""
        said: list[str] = []
        began = time.monotonic()
        with self._busy(title):
            yield said.append
        self._finished(title, ", ".join(said), time.monotonic() - began)

    @abstractmethod
    def watching(self, story: Story) -> AbstractContextManager[Callable[[], None]]:
        """Call what it yields after each change of the story."""

    @abstractmethod
    def _busy(self, title: str) -> AbstractContextManager[object]: ...

    @abstractmethod
    def _finished(self, title: str, detail: str, seconds: float) -> None: ...


class Terminal(Screen):
    """Colours, a spinner, and a picture that moves. No line is wider than the terminal."""

    def say(self, text: str = "", style: str = "") -> None:
        self.console.print(text, style=style, markup=False, highlight=False)

    def shown(self, text: str) -> None:
        for line in text.splitlines():
            self.console.print(Text(line), no_wrap=True, overflow="ellipsis", crop=True)

    def yaml(self, text: str) -> None:
        self.console.print(
            Syntax(text.rstrip(), "yaml", theme="ansi_dark", background_color="default", word_wrap=True)
        )

    @contextmanager
    def watching(self, story: Story) -> Iterator[Callable[[], None]]:
        self.say()
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            yield lambda: live.update(scene(story), refresh=True)
        self.console.print(scene(story, rows=len(story.entries)))

    def _busy(self, title: str) -> AbstractContextManager[object]:
        return self.console.status(title)

    def _finished(self, title: str, detail: str, seconds: float) -> None:
        line = Text.from_markup(f"[green]✓[/] {title} [dim]{seconds:.1f} s · {detail}[/]")
        self.console.print(line, no_wrap=True, overflow="ellipsis")


class Plain(Screen):
    """A line for each step and each transition."""

    @contextmanager
    def watching(self, story: Story) -> Iterator[Callable[[], None]]:
        yield self.lines(story)

    @contextmanager
    def _busy(self, title: str) -> Iterator[None]:
        yield

    def _finished(self, title: str, detail: str, seconds: float) -> None:
        self.say(f"ready  {title}: {detail} ({seconds:.1f} s)")


def line_of(entry: Entry) -> str:
    """A transition as one line of text."""
    return f"{entry.seconds:5.1f}s  {entry.voice:<10}  {entry.word:<10}  {entry.text}".rstrip()


def open_screen() -> Screen:
    """For stdout, whatever it is."""
    terminal = sys.stdout.isatty()
    console = Console(force_terminal=terminal)
    return Terminal(console) if terminal and not console.is_dumb_terminal else Plain(console)
