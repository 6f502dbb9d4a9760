"""Last step of an environment in the Dockerfile: leaves what its command needs, compiles what it loads.

    python finish.py DISTRIBUTION REPORT

Taken away: what nothing loads of the generated Kubernetes clients (a module for each group and each kind,
found by name when asked for, and we ask for none), the commands of dependencies, and what is written for
installers. Licences and metadata stay. Byte code lies in one folder (PYTHONPYCACHEPREFIX), that of the
standard library too, which the usual base has without; it is not compared with the age of its source, so
that two builds give the same.
"""

import importlib
import json
import os
import pkgutil
import py_compile
import subprocess
import sys
from importlib.metadata import distribution
from importlib.util import cache_from_source
from pathlib import Path

ENVIRONMENT = Path(sys.prefix)
PACKAGES = next(ENVIRONMENT.glob("lib/python*/site-packages"))
GENERATED = [
    PACKAGES / "kubernetes" / client / kind
    for client in ("client", "aio/client")
    for kind in ("api", "models")
]
FOR_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
LATER = (
    "encodings.idna",
    "stringprep",
    "concurrent.futures.thread",
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "anyio.streams.memory",
)
"""Loaded when the first name is looked up, or with the first connection."""


def loaded(package: str) -> list[Path]:
    """The sources of all that is loaded with every module of `package`, or is begun to be and given up."""
    begun = set()

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "compile":
            begun.add(str(arguments[1]))

    sys.addaudithook(note)
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LATER:
        importlib.import_module(name)
    begun |= {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    sources = {Path(name) for name in begun if name.endswith(".py")} - {Path(__file__)}
    return sorted(path for path in sources if path.is_file())


def superfluous(command: str, needed: list[Path]) -> list[Path]:
    """What the environment can do without."""
    generated = [path for folder in GENERATED for path in folder.glob("*.py")]
    commands = (ENVIRONMENT / "bin").iterdir()
    return [
        *set(generated).difference(needed),
        *(path for path in commands if path.name != command and not path.name.startswith("python")),
        *(path for name in FOR_INSTALLERS for path in PACKAGES.glob(f"*.dist-info/{name}")),
        *PACKAGES.rglob("_test*.so"),
    ]


def compile_each(sources: list[str]) -> None:
    """Writes byte code that is taken as it is. In a process of its own: what is loaded shows in byte code."""
    for source in sources:
        py_compile.compile(
            source,
            cache_from_source(source),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


def write_hashes(report: Path) -> None:
    """Notes which wheels these are, for the bill of materials: `wheels.json`, name → sha256."""
    wheels = {
        one["metadata"]["name"].lower(): one["download_info"]["archive_info"]["hashes"]["sha256"]
        for one in json.loads(report.read_text())["install"]
    }
    (ENVIRONMENT / "wheels.json").write_text(json.dumps(wheels, indent=1, sort_keys=True) + "\n")


def finish(name: str, report: Path) -> None:
    write_hashes(report)
    [command] = [one for one in distribution(name).entry_points if one.group == "console_scripts"]
    needed = loaded(command.module.partition(".")[0])
    for path in superfluous(command.name, needed):
        path.unlink()
    subprocess.run(
        [sys.executable, __file__, "--compile"],
        input="\n".join(map(os.fspath, needed)),
        text=True,
        check=True,
    )


if __name__ == "__main__":
    if sys.argv[1] == "--compile":
        compile_each(sys.stdin.read().splitlines())
    else:
        finish(sys.argv[1], Path(sys.argv[2]))
