"""The fields that specs are made of: strict types with bounds, and refusals that say what to do.

They agree with the schemas in `crds/`; `tests/samples` holds one table that goes through both.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from arcgis_operator.core.guarded import FRAMEWORK, OWN_FOLDERS, kept_by_site, keys_of, objects_of
from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.model import SpecInvalid
from arcgis_operator.core.names import bare, folded, same_name, skeleton, unseen

EXACT_INTEGER = 2**53
MAX_DEPTH = 32
MAX_VALUES = 4096
"""Depth and size of one open object: more than any document of a site holds."""
NO_NULL = "null is not allowed here: leave the line out, or write an empty text"


def _single(value: Json) -> Json:
    """A value directly below an open object: a number is a text on the site, so quotes keep its digits."""
    if isinstance(value, (Mapping, list)):
        return _real(value)
    if value is None:
        raise ValueError(NO_NULL)
    if _is_number(value) and (abs(value) > EXACT_INTEGER or not _plainly_written(value)):
        raise ValueError("this number would lose digits: put it in quotes")
    return value


def _real(value: Json, depth: int = 0) -> Json:
    """Real JSON, where quotes would make a text of a number."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep: flatten it")
    if isinstance(value, Mapping):
        return {key: _real(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_real(item, depth + 1) for item in value]
    if value is None:
        raise ValueError(NO_NULL)
    if _is_number(value) and (not math.isfinite(value) or _too_long(value)):
        raise ValueError("this number has more digits than can be kept: set it on the site itself")
    return value


def _too_long(value: float) -> bool:
    return isinstance(value, int) and abs(value) > EXACT_INTEGER


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _plainly_written(value: Json) -> bool:
    return not {"e", "n"} & set(repr(value))


def _bounded(value: dict[str, Json]) -> dict[str, Json]:
    count = 0
    level: list[Any] = [value]
    while level:
        inner = [item for node in level for item in (node.values() if isinstance(node, dict) else node)]
        count += len(inner)
        level = [item for item in inner if isinstance(item, (dict, list))]
    if count > MAX_VALUES:
        raise ValueError(f"has {count} values, but at most {MAX_VALUES} may be declared")
    return value


def _no_twins(value: dict[str, Json]) -> dict[str, Json]:
    for node in objects_of(value):
        spelled: dict[str, str] = {}
        for key in node:
            other = spelled.setdefault(folded(key), key)
            if other != key:
                raise ValueError(f"{other} and {key} are two spellings of one key: write it once")
    return value


def _no_server_keys(value: dict[str, Json]) -> dict[str, Json]:
    kept = sorted({key for key in keys_of(value) if kept_by_site(key)})
    if kept:
        raise ValueError(f"{', '.join(kept)}: managed by the site and cannot be declared")
    return value


def _no_framework_keys(value: dict[str, Json]) -> dict[str, Json]:
    found = [FRAMEWORK[bare(key)] for key in value if bare(key) in FRAMEWORK]
    if found:
        raise ValueError(f"{found[0]} is a setting of its own: write it directly below settings")
    return value


def _seen(value: str) -> str:
    """No address is made of such a sign, and nobody could tell the name from another one."""
    if unseen(value):
        raise ValueError("contains a space or an invisible character")
    return value


def _plainly_spelled(value: str) -> str:
    if not _PLAIN.fullmatch(unicodedata.normalize("NFKC", value)):
        raise ValueError("contains a character that a site may read as another one: use the plain one")
    return value


def _not_disguised(value: str) -> str:
    """A guarded folder in letters that a site may read as its own."""
    name = next((own for own in OWN_FOLDERS if skeleton(value) == own and not same_name(value, own)), None)
    if name:
        raise ValueError(f"may be read as {name.capitalize()}: write exactly that if you mean it")
    return value


_FORBIDDEN = r"\x00-\x20/\\?#%&.:;\"<>|*\x7f"
_PLAIN = re.compile(rf"[^{_FORBIDDEN}]+")
OpenValue = Annotated[Any, BeforeValidator(_single)]
JsonValue = Annotated[Any, BeforeValidator(lambda value: _real(value))]
Int32 = Annotated[int, Field(ge=0, le=2**31 - 1)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
Words = Annotated[list[Word], Field(max_length=32)]
FileType = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^,\s]+$")]
FileTypes = Annotated[list[FileType], Field(max_length=64)]
Open = Annotated[
    dict[str, OpenValue],
    Field(max_length=256),
    AfterValidator(_bounded),
    AfterValidator(_no_twins),
    AfterValidator(_no_server_keys),
    AfterValidator(_no_framework_keys),
]
OpenJson = Annotated[
    dict[str, JsonValue],
    Field(max_length=256),
    AfterValidator(_bounded),
    AfterValidator(_no_twins),
    AfterValidator(_no_server_keys),
]
PathWord = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=rf"^[^{_FORBIDDEN}]+$"),
    AfterValidator(_seen),
    AfterValidator(_plainly_spelled),
]
FolderWord = Annotated[PathWord, AfterValidator(_not_disguised)]
FolderRule = Annotated[
    str,
    Field(pattern=r"^(/|[^\x00-\x20/\\?#%&.]+)$"),
    AfterValidator(_seen),
    AfterValidator(_not_disguised),
]
DnsName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
Place = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=r"^(configuredState|provider|settings(\.[^.\[\]]+|\[[^\[\]]+\])*)$",
    ),
]
"""A setting, or all below it, as messages and plans write it: `settings.extensions[WMSServer].enabled`."""

DnsLabel = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class Part(BaseModel):
    """One object of a spec: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, value: Json) -> Json:
        """What is null was meant to say something: taken for absent, it could allow more, or name another."""
        empty = [str(key) for key, item in value.items() if item is None] if isinstance(value, dict) else []
        if empty:
            raise ValueError(f"{', '.join(empty)}: {NO_NULL}")
        return value


def invalid(error: ValidationError) -> SpecInvalid:
    """What is wrong, a line for each problem with its path."""
    return SpecInvalid(
        tuple(
            _problem(item["loc"], _plainer(item["type"], item["msg"], item.get("ctx", {})))
            for item in error.errors()[:10]
        )
    )


def _plainer(kind: str, message: str, facts: Mapping[str, Any]) -> str:
    """Plainer words than those of the library, where there are some."""
    return _PLAINER[kind].format(**facts) if kind in _PLAINER else message


_PLAINER = {
    "extra_forbidden": "there is no such field: check its spelling with kubectl explain",
    "missing": "is required",
    "string_type": "must be a text: put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "has a form that is not allowed here: see its description in kubectl explain",
    "too_long": "must have at most {max_length} entries",
}


def _problem(location: tuple[int | str, ...], message: str) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return printable(f"spec{path}: {message.removeprefix('Value error, ')}", 256)
