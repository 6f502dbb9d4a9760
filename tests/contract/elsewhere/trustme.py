"""In the place of trustme on a Python for which its libraries are not built.

Its authorities were made before: in numbered folders below `AUTHORITIES`, `ca.pem` and `NAME.pem` each.
"""

import itertools
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

_NUMBERS = itertools.count()


@dataclass
class Certificate:
    file: Path

    def configure_cert(self, context: ssl.SSLContext) -> None:
        context.load_cert_chain(self.file)


class CA:
    def __init__(self) -> None:
        self._folder = Path(os.environ["AUTHORITIES"]) / str(next(_NUMBERS))

    def issue_cert(self, name: str) -> Certificate:
        return Certificate(self._folder / f"{name}.pem")

    def configure_trust(self, context: ssl.SSLContext) -> None:
        context.load_verify_locations(self._folder / "ca.pem")
