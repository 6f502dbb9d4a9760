"""RFC 7386, as its page writes it: what a test holds the product, or a store of its own, against."""

from typing import Any

Json = Any


def merged(target: Json, patch: Json) -> Json:
    """The document after the patch; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
