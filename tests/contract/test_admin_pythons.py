"""The wire tests on the other Pythons of the machine: no release of Python changes what the border does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from test_admin_trust import PYTHONS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = ("wire", "guard", "dialling", "network")
OTHERS = {name: path for name, path in PYTHONS.items() if path != sys.executable}
PLUGINS = ("-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")
KEPT = {"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # some are built for one Python
NAMES = ("localhost", "elsewhere.test")
AUTHORITIES = 3  # that one run asks for, at most
SECONDS = 600


@pytest.fixture
def authorities(tmp_path: Path) -> Path:
    """Made here, for the library that makes them is built for this Python only."""
    for number in range(AUTHORITIES):
        folder, authority = tmp_path / str(number), trustme.CA()
        folder.mkdir()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        for name in NAMES:
            authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return tmp_path


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("python", OTHERS.values(), ids=OTHERS)
def test_the_border_is_the_same_on_this_python(python: str, authorities: Path) -> None:
    libraries = Path(pytest.__file__).parents[1]
    path = os.pathsep.join(map(str, (HERE / "elsewhere", ROOT / "operator", libraries)))
    files = [str(HERE / f"test_admin_{name}.py") for name in FILES]
    done = subprocess.run(
        [python, "-B", "-m", "pytest", "-q", *PLUGINS, f"--confcutdir={HERE}", *files],
        cwd=ROOT,
        env={**KEPT, "PYTHONPATH": path, "AUTHORITIES": str(authorities)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    ran = subprocess.check_output([python, "--version"], text=True).strip()
    sys.stdout.write(f"wire tests on {ran}: {done.stdout.splitlines()[-1]}\n")


def test_it_is_said_which_pythons_the_machine_has() -> None:
    sys.stdout.write(f"Pythons from 3.11 on: {', '.join(sorted(PYTHONS))}\n")
    assert PYTHONS
