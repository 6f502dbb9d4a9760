"""How a command of the demo ends, as its parent process sees it."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import signal
from arcgis_demo.endings import ends_well

@ends_well
def command():
    exec("signal.raise_signal(signal.{name})")

command()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_code_is_made_of_text_as_in_an_import_ends_it_with_130_too(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "command.py").write_text(COMMAND.format(name=name))
    ended = subprocess.run(
        [sys.executable, "-m", "command"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, f"demo: stopped by {name}; nothing is left running\n")
