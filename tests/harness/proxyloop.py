"""The loop of all proxies, in a thread: nothing there blocks a test, and a test blocks nothing there."""

import asyncio
import functools
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 15.0
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
"""Headers of one connection, which a proxy does not pass on."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""


@functools.cache
def background() -> asyncio.AbstractEventLoop:
    """It is never stopped, so that every connection is closed in peace."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="proxies", daemon=True).start()
    return loop


def there(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine answers, run in that loop."""
    return asyncio.run_coroutine_threadsafe(work, background()).result(PATIENCE)


def called(deed: Callable[[], T]) -> T:
    """What the function answers, called in that loop."""

    async def work() -> T:
        return deed()

    return there(work())
