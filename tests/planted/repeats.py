"""A case that fails, fails again: `.venv/bin/python tests/planted/repeats.py [times]`.

With a planted bug in a copy of the product one case of each kind is run until it fails; then the command that
the failure has printed is run so many times.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from planted_bugs import BUGS
from test_planted_bugs import ROOT, TESTS_FAILED, planted

PRINTED = re.compile(r"^-+ repeat it with -+\n(?P<command>.+)$", re.MULTILINE)
BUG = "the intent is not stored"
CASES: Mapping[str, str] = {
    "a kill": "tests/faults/test_faults_kills.py::test_a_kill_at_any_request_is_recovered_from"
    "[update then site edit 1: its answer is lost]",
    "faults in process": "tests/faults/test_faults_cells.py"
    "::test_after_any_fault_at_any_request_the_end_is_that_of_a_clean_run[site HTTP 504, applied]",
    "a schedule": BUGS[BUG].caught_by,
}


def failed(command: list[str], directory: Path) -> tuple[bool, str]:
    """Whether tests failed, over the product in this directory; what was printed."""
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return ended.returncode == TESTS_FAILED, ended.stdout


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as name:
        directory = planted(BUGS[BUG], Path(name))
        for case, node in CASES.items():
            _, said = failed([sys.executable, "-m", "pytest", "--plans=whole", node], directory)
            printed = PRINTED.search(said)
            assert printed, f"{case} did not fail, or did not say how to repeat it:\n{said[-3000:]}"
            again = sum(failed(shlex.split(printed["command"]), directory)[0] for _ in range(times))
            print(f"{case}: {again} of {times} times", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
