"""`python tests/pairs run --seeds 0:500`, `python tests/pairs play '<scene>'`.

`--product CHECKOUT` plays the operator of another checkout.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/pairs", description=__doc__)
    parser.add_argument("--product", type=Path, help="another checkout, whose operator is played")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="play many scenes, and shrink what breaks a rule")
    run.add_argument("--seeds", default="0:500", help="first and last, the last one not included")
    run.add_argument("--only", default="", help="scenes with this feature alone")
    run.add_argument("--most", type=int, default=3, help="so many violations of a rule are shrunk")
    find = commands.add_parser("find", help="the first seed with which these features break a rule")
    find.add_argument("features", help="joined by +")
    find.add_argument("--rule", default="", help="of the judge; any when none is named")
    find.add_argument("--seeds", default="0:300")
    commands.add_parser("cases", help="play what readers had found at f03c483, and say what is wrong here")
    play = commands.add_parser("play", help="play one scene and tell it")
    play.add_argument("scene")
    return parser.parse_args()


def _on_the_way(product: Path | None) -> None:
    """The product, and with it the wiring of its own house."""
    tests = HERE.parent
    house = (product or HERE.parents[1]) / "tests" / "faults"
    front = [str(product / "operator")] if product else []
    sys.path[:0] = [*front, str(HERE), str(house), str(tests / "faults"), str(tests)]


def main() -> int:
    asked = _parsed()
    _on_the_way(asked.product)
    import pairs_story

    if asked.command == "play":
        return pairs_story.tell(asked.scene)
    if asked.command == "cases":
        return bool(pairs_story.cases())
    first, _, last = asked.seeds.partition(":")
    if asked.command == "find":
        return pairs_story.find(asked.features, asked.rule, range(int(first), int(last)))
    began = time.monotonic()
    found = pairs_story.run(range(int(first), int(last)), asked.only, asked.most)
    print(f"{time.monotonic() - began:.0f} s")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
