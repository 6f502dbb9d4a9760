"""The files of an image, run as a pod would run them, without an engine. Needs root."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arcgis_image.layout import Image

_SCRIPT = Path(__file__).with_name("as-pod")
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private")
GIVEN = "/tmp/given"  # noqa: S108 - a path in the pod


@dataclass(frozen=True)
class Pod:
    """`user` is `uid:gid`, the image's own when empty; `volumes`: folder or file here → path in the pod.

    The environment is that of the image and what is given here, as the kubelet does it; nothing is inherited.
    """

    image: Image
    user: str = ""
    volumes: Mapping[Path, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str, program: Sequence[str] = ()) -> list[str]:
        """What to run: the image's entry point with `arguments`, or another program."""
        config = self.image.about["config"]
        uid, _, gid = (self.user or config["User"]).partition(":")
        volumes = [f"{source}:{target}" for source, target in self.volumes.items()]
        environment = {**self.image.environment, **self.environment}
        return [
            *_NAMESPACES,
            *map(os.fspath, (_SCRIPT, self.image.files)),
            *(uid, gid, *volumes, "--"),
            *(f"{name}={value}" for name, value in environment.items()),
            *(program or config["Entrypoint"]),
            *(arguments or ([] if program else config.get("Cmd") or [])),
        ]


def with_files(arguments: Sequence[str]) -> tuple[list[str], dict[Path, str]]:
    """Arguments `--name=PATH` with the path that a file here gets in a pod, and the volumes for that."""
    volumes: dict[Path, str] = {}
    changed = []
    for argument in arguments:
        name, _, value = argument.partition("=")
        if value.startswith("/") and Path(value).is_file():
            volumes[Path(value)] = f"{GIVEN}{value}"
            changed.append(f"{name}={GIVEN}{value}")
        else:
            changed.append(argument)
    return changed, volumes
