"""Mutation score of the core and of what reads the wire, by the fast tests: `make mutants`.

mutmut finds modules under `src/` only, so it works on a copy (`run/mutants`). It leaves code of modules and
decorated functions as they are. A seeded sample keeps the time bearable.
"""

import json
import os
import random
import re
import shutil
import sys
from collections import defaultdict
from math import sqrt
from pathlib import Path

from hypothesis import Phase, settings
from mutmut.__main__ import _run, create_mutants
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "run" / "mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
"""Mutants that no test can tell from the product, each with its reason."""
LEAST = 0.90
WORKERS = 2
KILLED = {"killed", "timeout", "segfault"}
OTHERS = ("crds", "docs", "manifests", "bench", "demo", "simulator", "devcluster", "pyproject.toml")


def main(size: int, seed: int) -> int:
    lay_out()
    os.chdir(COPY)
    sys.path.insert(0, str(COPY / "mutants" / "src"))
    few_examples()
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(WORKERS)
    chosen = choose(size, seed)
    _run((), WORKERS)
    return report(chosen, equivalents())


def lay_out() -> None:
    """A fresh copy, in the shape that mutmut knows."""
    shutil.rmtree(COPY, ignore_errors=True)
    keep_out = shutil.ignore_patterns("__pycache__", "mutants")
    shutil.copytree(ROOT / "operator" / "arcgis_operator", COPY / "src" / "arcgis_operator", ignore=keep_out)
    shutil.copytree(ROOT / "tests", COPY / "tests", ignore=keep_out)
    for name in OTHERS:
        (COPY / name).symlink_to(ROOT / name)
    for test in (COPY / "tests").rglob("test_*.py"):
        text = test.read_text()
        test.write_text(re.sub(r"max_examples=\d+", "max_examples=20", text))


def few_examples() -> None:
    """Few examples, always the same, and no time spent on making a failure small."""
    settings.register_profile(
        "mutants",
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=20,
        phases=(Phase.explicit, Phase.generate),
    )
    settings.load_profile("mutants")


def choose(size: int, seed: int) -> set[str]:
    """Marks all but the chosen as skipped, so that they are not run."""
    metas = {meta: json.loads(meta.read_text()) for meta in sorted(Path("mutants").rglob("*.meta"))}
    names = [name for data in metas.values() for name in sorted(data["exit_code_by_key"])]
    shares = [sorted(data["exit_code_by_key"]) for data in metas.values()]
    share = min(1.0, size / len(names))
    chosen: set[str] = set()
    for keys in shares:
        chosen.update(random.Random(seed).sample(keys, round(len(keys) * share)))
    for meta, data in metas.items():
        data["exit_code_by_key"] = {name: None if name in chosen else 34 for name in data["exit_code_by_key"]}
        meta.write_text(json.dumps(data))
    print(f"{len(chosen)} of {len(names)} mutants, seed {seed}")
    return chosen


def equivalents() -> set[str]:
    lines = EQUIVALENT.read_text().splitlines()
    return {line.split()[0] for line in lines if line and not line.startswith("#")}


def report(chosen: set[str], equivalent: set[str]) -> int:
    """Prints the score for each file and the whole; 1 if it is too low."""
    killed, counted, alive = defaultdict[str, int](int), defaultdict[str, int](int), list[str]()
    for meta in sorted(Path("mutants").rglob("*.meta")):
        file = str(meta.relative_to("mutants/src")).removesuffix(".meta")
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            if name not in chosen or name in equivalent or code is None:
                continue
            counted[file] += 1
            if status_by_exit_code[code] in KILLED:
                killed[file] += 1
            else:
                alive.append(f"{name}: {status_by_exit_code[code]}")
    print("\n".join(["", *alive, ""]))
    for file, count in counted.items():
        print(f"{killed[file]:5} of {count:5}  {killed[file] / count:6.1%}  {file}")
    low, high = interval(total := sum(killed.values()), count := sum(counted.values()))
    print(f"{total:5} of {count:5}  {total / count:6.1%}  in all (95 %: {low:.1%} to {high:.1%})")
    return int(total / count < LEAST)


def interval(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's."""
    share, spread = hits / count, z * z / count
    middle, half = share + spread / 2, z * sqrt(share * (1 - share) / count + spread / count / 4)
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
