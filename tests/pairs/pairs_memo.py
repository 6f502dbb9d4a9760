"""Pure functions that scenes ask the same again and again: what they answer is kept, and is the same."""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx._urlparse
import httpx._urls
import pytest

from arcgis_operator.adapters.admin import redaction
from arcgis_operator.core import masking, status

PLACES: tuple[tuple[ModuleType, str], ...] = (
    (httpx._urls, "urlparse"),
    (httpx._urlparse, "urlparse"),
    (masking, "masked_text"),
    (redaction, "masked_text"),
    (status, "get_origin"),
)
MOST = 20_000


@functools.cache
def _remembered(asked: Callable[..., Any]) -> Callable[..., Any]:
    return functools.lru_cache(MOST)(asked)


def remember(patch: pytest.MonkeyPatch) -> None:
    """From now on; the operator of another checkout need not have all of them."""
    for module, name in PLACES:
        if asked := getattr(module, name, None):
            patch.setattr(module, name, _remembered(asked))
