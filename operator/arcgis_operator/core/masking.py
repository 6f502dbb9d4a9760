"""Values that must not be shown, found by the name they stand under.

Assumed: secrets of a service (a data store's connection text, a token in a URL) stand under such names.
"""

import functools
import re
from collections.abc import Mapping

from arcgis_operator.core.jsondoc import Json

MASK = "***"
_SECRET = re.compile(
    r"pass(word|wd|phrase)|pass$|pwd|secret|token|credential|api_?key|private_?key|connection_?string|outputstore",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=4096)  # most names are those of the documents of one release
def is_secret(name: str) -> bool:
    """Whether a value under this name is masked wherever it would be shown."""
    return bool(_SECRET.search(name))


def masked(value: Json, name: str = "") -> Json:
    """The value with everything under a secret name replaced by `***`."""
    if is_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(item, key) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value
