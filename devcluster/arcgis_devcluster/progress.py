"""Tells a person what takes long. Written to stderr: stdout belongs to the answer of the command."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

_PLAIN_EVERY_SECONDS = 30.0


class Progress:
    """A live line on a terminal; plain lines, one at each start and every half minute, elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[], None]]:
        """Names a long step; call what it yields now and then to show that it goes on."""
        started = time.monotonic()
        with self._live(title) if self._console.is_terminal else self._plain(title) as show:
            yield lambda: show(time.monotonic() - started)
        self.say(f"{title}: done in {_clock(time.monotonic() - started)}")

    @contextmanager
    def _live(self, title: str) -> Iterator[Callable[[float], None]]:
        with self._console.status(title) as status:
            yield lambda elapsed: status.update(f"{_clock(elapsed)} {title}")

    @contextmanager
    def _plain(self, title: str) -> Iterator[Callable[[float], None]]:
        self.say(title)
        said = 0.0

        def show(elapsed: float) -> None:
            nonlocal said
            if elapsed - said >= _PLAIN_EVERY_SECONDS:
                said = elapsed
                self.say(f"{title} … {_clock(elapsed)}")

        yield show


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
