"""Which calls go up a floor while one change goes live: `.venv/bin/python tests/faults/climb.py`.

The operator's real wiring in virtual time; counted from the declaration until Ready. The floors are those of
the contract in `pyproject.toml`.
"""

import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cell_house import house

from harness import virtual_time

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "operator" / "arcgis_operator"


def floors() -> dict[str, int]:
    """Each room's floor, 0 at the ground."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("containers") == ["arcgis_operator"])
    return {room: floor for floor, layer in enumerate(reversed(layers)) for room in layer.split(" | ")}


class Climbs:
    """Counts calls between rooms of the operator."""

    def __init__(self) -> None:
        self.floors, self.up, self.all = floors(), Counter[str](), 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        before = frame.f_back
        if event != "call" or before is None:
            return
        caller, called = _room(before), _room(frame)
        if not caller or not called or _file(before) == _file(frame):
            return
        self.all += 1
        if self.floors[called] > self.floors[caller]:
            self.up[f"{caller} → {called}: {_file(frame).stem}.{frame.f_code.co_name}"] += 1


def _file(frame: FrameType) -> Path:
    return Path(frame.f_code.co_filename)


def _room(frame: FrameType) -> str:
    file = _file(frame)
    return file.relative_to(CODE).parts[0].removesuffix(".py") if file.is_relative_to(CODE) else ""


async def one_change(climbs: Climbs) -> None:
    with house() as place:
        async with place.running():
            place.declare("one")
            assert await place.until(place.converged, 60)
            place.declare("two")
            sys.setprofile(climbs)
            try:
                assert await place.until(place.ready, 60)
            finally:
                sys.setprofile(None)


def main() -> None:
    climbs = Climbs()
    virtual_time.run(one_change(climbs))
    print(f"calls between files of the operator: {climbs.all}; up a floor: {climbs.up.total()}")  # noqa: T201
    for what, many in climbs.up.most_common():
        print(f"{many:5} {what}")  # noqa: T201


if __name__ == "__main__":
    main()
