"""The table of jobs and the table of reasons are whole."""

import pytest

from arcgis_operator.core.jobs import MACHINE, Signal
from arcgis_operator.core.record import Phase
from arcgis_operator.core.verdict import ROWS, Look, Progress, Ready, Reason


def test_every_reason_has_its_row() -> None:
    assert set(ROWS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_row_is_true_only_when_nothing_else_is_said(reason: Reason) -> None:
    row = ROWS[reason]
    assert row.ready is not Ready.TRUE or row.progress is Progress.NONE


@pytest.mark.parametrize("reason", Reason)
def test_what_is_stalled_does_not_poll(reason: Reason) -> None:
    row = ROWS[reason]
    assert row.progress not in (Progress.STALLED, Progress.WAITING) or row.look is not Look.POLL


@pytest.mark.parametrize("cell", MACHINE, ids=lambda cell: "-".join(cell))
def test_a_cell_opens_an_operation_only_for_a_difference(cell: tuple[Phase, Signal]) -> None:
    phase, signal = cell
    if phase is Phase.IDLE:
        assert (MACHINE[cell].phase is Phase.IDLE) is (signal is not Signal.DIFFERS)


def test_only_an_idle_cell_asks_to_decide_anew() -> None:
    assert all(cell.phase is Phase.IDLE and cell.reason is None for cell in MACHINE.values() if cell.again)


def test_every_signal_has_a_cell() -> None:
    assert {signal for _, signal in MACHINE} == set(Signal)
