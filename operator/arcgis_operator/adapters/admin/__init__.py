"""The border to one site's Administrator API: requests out, values in.

What goes wrong comes back as a `Failure`, classified here once; nobody above sees an exception of the HTTP
library, an address or a token. Must not know Kubernetes, metrics or configuration, and decides nothing.
Read on in `client.py`; `answers.py` has the table of what each answer means.
"""

from arcgis_operator.adapters.admin.client import AdminClient, Hooks
from arcgis_operator.adapters.admin.redaction import Redactor, silence
from arcgis_operator.adapters.admin.resources import SiteInfo, SiteMode
from arcgis_operator.adapters.admin.tokens import Credentials, CredentialSource
from arcgis_operator.adapters.admin.transport import ENDED, Guard, Timeouts

__all__ = [
    "ENDED",
    "AdminClient",
    "CredentialSource",
    "Credentials",
    "Guard",
    "Hooks",
    "Redactor",
    "SiteInfo",
    "SiteMode",
    "Timeouts",
    "silence",
]
