"""The border to one site's Administrator API: requests out, values in.

What goes wrong comes back as a `Failure`, classified here once; nobody above sees an exception of the HTTP
library, an address or a token. Must not know Kubernetes, metrics or configuration, and decides nothing.
Read on in `client.py`; `answers.py` has the table of what each answer means.
"""

from arcgis_operator.adapters.admin.accounts import WINDOW_SECONDS, Accounts, Credentials
from arcgis_operator.adapters.admin.client import AdminClient, Exchange, Hooks
from arcgis_operator.adapters.admin.logins import Logins
from arcgis_operator.adapters.admin.redaction import Redactor, silence
from arcgis_operator.adapters.admin.resources import FolderAnswer, SiteInfo, SiteMode
from arcgis_operator.adapters.admin.tokens import CredentialSource, Remember
from arcgis_operator.adapters.admin.transport import ENDED, Guard, Timeouts
from arcgis_operator.adapters.admin.trust import Trust, system_roots, trust_in

__all__ = [
    "ENDED",
    "WINDOW_SECONDS",
    "Accounts",
    "AdminClient",
    "CredentialSource",
    "Credentials",
    "Exchange",
    "FolderAnswer",
    "Guard",
    "Hooks",
    "Logins",
    "Redactor",
    "Remember",
    "SiteInfo",
    "SiteMode",
    "Timeouts",
    "Trust",
    "silence",
    "system_roots",
    "trust_in",
]
