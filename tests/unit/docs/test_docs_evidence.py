"""Each figure of the page of evidence has its day, and a command that can be given."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "explanation" / "evidence.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("| what | figure | last seen | command |")[1].split("\n\n")[0].splitlines()[2:]
]
OPTIONS = re.compile(r"addoption\(\s*\"(--[\w-]+)\"")


def test_a_figure_has_its_day_or_says_that_it_was_not_seen() -> None:
    assert len(ROWS) > 60
    assert [row for row in ROWS if len(row) != 4] == []
    assert [row for row in ROWS if not re.fullmatch(r"1[12]-[0-3]\d", row[2])] == [
        row for row in ROWS if row[2] == "–" and "not played" in row[1]
    ]


def test_a_command_names_what_is_there() -> None:
    """Files, tests, targets of make and options of pytest."""
    commands = [command for row in ROWS for command in re.findall(r"`([^`]+)`", row[3])]
    targets = re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = {
        option for one in (ROOT / "tests").rglob("conftest.py") for option in OPTIONS.findall(one.read_text())
    }
    assert len(commands) > 40
    for command in commands:
        for path in re.findall(r"tests/[\w./-]+", command):
            assert (ROOT / path).exists(), command
        for option in re.findall(r" (--[a-z-]+)", command) if "pytest" in command else []:
            assert option in known | {"--timeout"}, command
        if command.startswith("make "):
            assert {word for word in command.split()[1:] if "=" not in word} <= set(targets), command


def test_what_is_like_the_row_above_has_one_above() -> None:
    likes = [number for number, row in enumerate(ROWS) if row[3] == "as above"]
    assert likes
    assert 0 not in likes
