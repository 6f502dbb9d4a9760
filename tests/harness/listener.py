"""The search for secrets where operators run without a bench: canaries, planted and looked for."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from arcgis_devcluster import ChildProcess, Cluster
from harness import outputs
from harness.bench import PLANTED, plant
from harness.canaries import Search
from harness.site import SiteControl

TOLD = ("arcgisservices", "arcgissites", "events", "leases")


@dataclass(frozen=True)
class Listener:
    """`directory` holds logs and kubeconfigs of the operators; `password` is that of the site's account."""

    cluster: Cluster
    directory: Path
    control: SiteControl
    password: str

    def __post_init__(self) -> None:
        plant(self.control)

    def hits(self, operators: Iterable[ChildProcess]) -> set[tuple[str, str, str]]:
        """Each (channel, secret's name, form) in what they have written, and tell while they are up."""
        used = {"password": self.password, "what the site says": PLANTED}
        tokens = outputs.tokens_of_sites([self.control]) | outputs.tokens_of_operators(self.directory)
        return Search(used | tokens).all_hits(self._outputs(operators))

    def _outputs(self, operators: Iterable[ChildProcess]) -> Iterator[outputs.Output]:
        for kind in TOLD:
            found = self.cluster.kubectl.get_json(kind, "-A", "--show-managed-fields")
            yield kind, json.dumps(found, ensure_ascii=False).encode()
        for operator in operators:
            yield from outputs.pages(operator)
            yield "log", (self.directory / f"{operator.name}.log").read_bytes()
