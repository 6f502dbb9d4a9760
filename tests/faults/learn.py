"""Learns the request sites of flows from clean runs: `.venv/bin/python tests/faults/learn.py [runs [flow]]`.

Without a name, of every flow; else those of the others stay as they are.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from fault_cases import Case
from fault_sites import FILE, keep

from arcgis_demo import parts
from arcgis_devcluster import open_cluster
from harness.bench import Workbench
from harness.flows import FLOWS
from harness.stage import Stage


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    shown: dict[str, list[list[str]]] = {flow: [] for flow in sys.argv[2:] or FLOWS}
    with open_cluster() as cluster, tempfile.TemporaryDirectory():
        parts.install(cluster)
        with Workbench(cluster) as bench:
            bench.start_site(f"--services={2 * runs * len(shown)}")
            bench.register()
            for _ in range(runs):
                for flow in shown:
                    with Stage(bench) as stage:
                        shown[flow].append(Case(stage, flow).clean())
                    print(f"{flow}: {len(shown[flow][-1])} sites")  # noqa: T201
    keep(shown)
    print(f"written: {FILE}")  # noqa: T201


if __name__ == "__main__":
    main()
