"""What one tenant writes to get at the service of another one, with all they may write in their namespace.

An attack is a way × a spelling of the victim's service × a time: before the victim declares the service (the
attacker's resource is the older one then), or after. `reason` is what the attacker's resource has to show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.apiserver import GROUP
from harness.bench import GROUP_NAME

Json = Any
NOT_ALLOWED = "SiteNotAllowed"
PRIVATE, SHARED = "Private", "Shared"


@dataclass(frozen=True)
class Scene:
    """Where an attack takes place. `folder` and `name` are the victim's service as the attacker spells it."""

    victim: str
    attacker: str
    other: str
    resource: str
    folder: str
    name: str
    url: str

    def service(self, site: str, namespace: str, metadata: Json = None, **spec: Json) -> Json:
        """An ArcGISService of the attacker."""
        reference = {"name": site, **({"namespace": namespace} if namespace else {})}
        return {
            "apiVersion": GROUP,
            "kind": "ArcGISService",
            "metadata": {"name": f"attack-{self.resource}", **(metadata or {})},
            "spec": {
                "siteRef": reference,
                "service": {"folder": self.folder, "name": self.name, "type": "MapServer"},
                "settings": {"description": "stolen"},
                **spec,
            },
        }

    def site(self, name: str, secret: str, url: str = "") -> Json:
        """An ArcGISSite of the attacker."""
        spec = {
            "url": url or self.url,
            "credentials": {"secretRef": {"name": secret}},
            "access": [{"namespaces": {"from": "All"}}],
        }
        return {"apiVersion": GROUP, "kind": "ArcGISSite", "metadata": {"name": name}, "spec": spec}


Way = Callable[[Scene], list[Json]]


def _owned(scene: Scene) -> Json:
    return {
        "apiVersion": GROUP,
        "kind": "ArcGISService",
        "name": scene.resource,
        "uid": "00000000-0000-0000-0000-000000000000",
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _status() -> Json:
    return {
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Converged",
                "message": "forged",
                "lastTransitionTime": "2001-01-01T00:00:00Z",
            }
        ],
        "journal": {"phase": "Running", "id": "forged", "jobId": "forged"},
    }


def _labelled(scene: Scene) -> Json:
    return {"labels": {"kubernetes.io/metadata.name": scene.victim, "team": "gold"}}


def _asked() -> Json:
    names = ("requestedAt", "abandon")
    return {"annotations": {f"{GROUP_NAME}/{name}": "*" for name in names}}


OLD = {"creationTimestamp": "2001-01-01T00:00:00Z", "uid": "0", "generation": 99}
REFUSED: dict[str, Way] = {
    "through the private site": lambda at: [at.service("prod", at.victim)],
    "with the labels of the victim's namespace": lambda at: [at.service("prod", at.victim, _labelled(at))],
    "with annotations that ask and abandon": lambda at: [at.service("prod", at.victim, _asked())],
    "as a child of the victim's resource": lambda at: [
        at.service("prod", at.victim, {"ownerReferences": [_owned(at)]})
    ],
    "with a finalizer": lambda at: [at.service("prod", at.victim, {"finalizers": ["evil.invalid/stay"]})],
    "under the name of the victim's resource": lambda at: [
        at.service("prod", at.victim, {"name": at.resource})
    ],
    "with a forged age and uid": lambda at: [at.service("prod", at.victim, OLD)],
    "with a forged status": lambda at: [{**at.service("prod", at.victim), "status": _status()}],
    "suspended": lambda at: [at.service("prod", at.victim, suspend=True)],
    "with nothing to set": lambda at: [at.service("prod", at.victim, settings={})],
    "with what is live already": lambda at: [
        at.service("prod", at.victim, settings={"description": "victim"})
    ],
    "through a site for namespaces with a label": lambda at: [at.service("gold", at.victim, _labelled(at))],
    "through a site for another namespace": lambda at: [at.service("named", at.victim, _labelled(at))],
    "through a site that allows nobody": lambda at: [at.service("nobody", at.victim)],
    "through the shared site, beside its folders": lambda at: [at.service("shared", at.victim)],
    "behind a Secret of the same name": lambda at: [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "prod-admin"},
            "stringData": {"username": "x", "password": "y"},
        },
        at.service("prod", at.victim),
    ],
}
"""Through a site that does not allow it: also a resource that is older must not stand in the victim's way."""

YOUNGER: dict[str, tuple[str, str, Way]] = {
    "for a shared service": (SHARED, "Conflict", lambda at: [at.service("shared", at.victim)]),
    "for a shared service, with a forged age": (
        SHARED,
        "Conflict",
        lambda at: [at.service("shared", at.victim, OLD)],
    ),
    "for a shared service, with a forged status": (
        SHARED,
        "Conflict",
        lambda at: [{**at.service("shared", at.victim), "status": _status()}],
    ),
    "for a shared service, asking and abandoning": (
        SHARED,
        "Conflict",
        lambda at: [at.service("shared", at.victim, _asked())],
    ),
    "through a site of one's own at the same address": (
        PRIVATE,
        "Conflict",
        lambda at: [at.site(f"own-{at.resource}", "not-there"), at.service(f"own-{at.resource}", "")],
    ),
    "through a site of one's own, with the victim's Secret by its name": (
        PRIVATE,
        "Conflict",
        lambda at: [at.site(f"own-{at.resource}", "only-the-victims"), at.service(f"own-{at.resource}", "")],
    ),
    "through a site of one's own at another name of the host": (
        PRIVATE,
        "CredentialsUnreadable",
        lambda at: [
            at.site(f"own-{at.resource}", "not-there", at.url.replace("127.0.0.1", "localhost")),
            at.service(f"own-{at.resource}", at.attacker),
        ],
    ),
    "through a site of one's own with the victim's name": (
        PRIVATE,
        "CredentialsUnreadable",
        lambda at: [at.site("shadow", "prod-own", "https://gis.invalid/arcgis"), at.service("shadow", "")],
    ),
    "through the victim's site without its namespace": (
        PRIVATE,
        "SiteNotFound",
        lambda at: [at.service("gold", "")],
    ),
    "through the operator's namespace": (
        PRIVATE,
        "SiteNotFound",
        lambda at: [at.service("prod", "arcgis-operator-system")],
    ),
    "with a spec that cannot be read": (
        PRIVATE,
        "SiteNotAllowed",
        lambda at: [at.service("prod", at.victim, settings={"properties": {"a": None}})],
    ),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in upper case": str.upper,
    "in lower case": str.lower,
}


@dataclass(frozen=True)
class Attack:
    """One entry of the table."""

    way: Way
    folder: str
    spelling: Callable[[str], str]
    sooner: bool
    reason: str


ATTACKS: dict[str, Attack] = {
    **{
        f"{way}, {spelled}, {'sooner' if sooner else 'later'}": Attack(
            make, PRIVATE, spelling, sooner, NOT_ALLOWED
        )
        for way, make in REFUSED.items()
        for spelled, spelling in SPELLINGS.items()
        for sooner in (True, False)
    },
    **{
        f"{way}, {spelled}": Attack(make, folder, spelling, False, reason)
        for way, (folder, reason, make) in YOUNGER.items()
        for spelled, spelling in SPELLINGS.items()
    },
}
