"""The fields that specs are made of: strict types with bounds, and refusals that say what to do.

They agree with the schemas in `crds/`; `tests/samples` holds one table that goes through both.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from arcgis_operator.core.jsondoc import Json, printable
from arcgis_operator.core.model import SpecInvalid

EXACT_INTEGER = 2**53
MAX_DEPTH = 32


def _single(value: Json) -> Json:
    if value is None:
        raise ValueError("null has no meaning here: leave the line out, or write an empty text")
    if isinstance(value, (Mapping, list)):
        raise ValueError("takes a single value: a text, a number, true or false")
    return _exact(value)


def _exact(value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if abs(value) > EXACT_INTEGER or "e" in repr(value) or "n" in repr(value):
        raise ValueError("this number loses digits on its way: put it in quotes")
    return value


def _exact_everywhere(value: Json, depth: int = 0) -> Json:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} deep: write it flatter")
    if isinstance(value, Mapping):
        return {key: _exact_everywhere(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact_everywhere(item, depth + 1) for item in value]
    if value is None:
        raise ValueError("null has no meaning here: leave the line out, or write an empty text")
    return _exact(value)


KEPT_BY_SITE = frozenset(
    (
        "cacheDir",
        "filePath",
        "outputDir",
        "outputStore",
        "path",
        "serviceId",
        "virtualCacheDir",
        "virtualOutputDir",
    )
)


def _no_server_keys(value: dict[str, Json]) -> dict[str, Json]:
    kept = sorted(KEPT_BY_SITE & value.keys())
    if kept:
        raise ValueError(f"{', '.join(kept)}: kept by the site and cannot be declared")
    return value


def _seen(value: str) -> str:
    """No address is made of such a sign, and nobody could tell the name from another one."""
    if not value.isprintable():
        raise ValueError("holds a space or a sign that is not seen")
    return value


Scalar = Annotated[Any, BeforeValidator(_single)]
JsonValue = Annotated[Any, BeforeValidator(lambda value: _exact_everywhere(value))]
Int32 = Annotated[int, Field(ge=0, le=2**31 - 1)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
Words = Annotated[list[Word], Field(max_length=32)]
FileType = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^,\s]+$")]
FileTypes = Annotated[list[FileType], Field(max_length=64)]
Scalars = Annotated[dict[str, Scalar], Field(max_length=256)]
OwnScalars = Annotated[Scalars, AfterValidator(_no_server_keys)]
PathWord = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x20/\\?#%&.:;\"<>|*\x7f]+$"),
    AfterValidator(_seen),
]
DnsName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
DnsLabel = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class Part(BaseModel):
    """One object of a spec: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def invalid(error: ValidationError) -> SpecInvalid:
    """What is wrong, a line for each problem with its path."""
    return SpecInvalid(
        tuple(_problem(item["loc"], _PLAINER.get(item["type"], item["msg"])) for item in error.errors()[:10])
    )


_PLAINER = {
    "extra_forbidden": "there is no such field: check its spelling with kubectl explain",
    "missing": "is required: write it",
}


def _problem(location: tuple[int | str, ...], message: str) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return printable(f"spec{path}: {message.removeprefix('Value error, ')}", 256)
