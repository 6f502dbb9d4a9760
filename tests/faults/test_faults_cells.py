"""Each kind of fault at each request, in process and in virtual time."""

import pytest
from cell_runs import Cell, cells, run
from fault_kinds import KUBERNETES, SITE

from harness.flows import CREATE

KINDS = [*(("site", kind) for kind in SITE), *(("kube", kind) for kind in KUBERNETES)]


@pytest.mark.plans
@pytest.mark.parametrize(("peer", "kind"), KINDS, ids=[" ".join(one) for one in KINDS])
def test_after_any_fault_at_any_request_the_end_is_that_of_a_clean_run(peer, kind, record_property):
    planned = list(cells(peer, kind))
    met: dict[Cell, list[str]] = {}
    for cell in planned:
        broken = run(cell)
        if broken is not None:
            met[cell] = broken
    never = [str(cell) for cell in planned if cell not in met and cell.flow == CREATE]
    assert not never, f"faults that never occurred, at requests that every new resource makes: {never}"
    bad = {str(cell): broken for cell, broken in met.items() if broken}
    record_property("cells", len(met))
    record_property("violations", len(bad))
    assert not bad, "\n".join(f"{cell}: {broken}" for cell, broken in bad.items())
