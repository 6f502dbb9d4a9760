"""What a tenant writes to get at a site that is not theirs. The operator serves their namespace alone here.

`next-door` is an ArcGISSite of the same namespace that allows nobody, `folders` one that allows the folder
Generated only, `own-folders` one that names System. That nothing of another namespace is touched is shown by
`test_security_tenants`.
"""

from malicious_specs import REFUSED, ROADS, Malice, service

NOT_ALLOWED = "SiteNotAllowed"
NOT_FOUND = "SiteNotFound"

_REFUSED: dict[str, object] = {
    "a site by its path": {"name": "gis/prod"},
    "a site above": {"name": "../prod"},
    "a site with a query": {"name": "prod?x"},
    "a site with an escape": {"name": "prod%2f"},
    "a site with a line end": {"name": "prod\n"},
    "a site of no name": {"name": ""},
    "a site of a name too long": {"name": "a" * 254},
    "a site in upper case": {"name": "PROD"},
    "a namespace with a slash": {"name": "prod", "namespace": "gis/x"},
    "a namespace above": {"name": "prod", "namespace": ".."},
    "a namespace with a star": {"name": "prod", "namespace": "*"},
    "an empty namespace": {"name": "prod", "namespace": ""},
    "a namespace with a dot": {"name": "prod", "namespace": "gis.x"},
    "a namespace with a line end": {"name": "prod", "namespace": "gis\n"},
    "an address of one's own": {"name": "prod", "url": "https://evil.invalid/arcgis"},
    "a kind of one's own": {"name": "prod", "kind": "Secret"},
    "a list of sites": ["prod"],
    "a number for a site": 1,
}
_FIELDS: dict[str, dict[str, object]] = {
    "an address beside the site": {"url": "https://evil.invalid/arcgis"},
    "credentials of one's own": {"credentials": {"secretRef": {"name": "x"}}},
    "rules of one's own": {"access": [{"namespaces": {"from": "All"}}]},
    "a path of one's own": {"service": {**ROADS, "path": "/arcgis/admin"}},
    "an id of one's own": {"service": {**ROADS, "id": "x"}},
    "a policy that deletes": {"deletionPolicy": "Delete"},
    "a word for a switch": {"suspend": "true"},
}
_NOWHERE: dict[str, object] = {
    "a namespace that is not served": {"name": "prod", "namespace": "kube-system"},
    "the operator's own namespace": {"name": "prod", "namespace": "arcgis-operator-system"},
    "a namespace that is not there": {"name": "prod", "namespace": "not-there"},
    "a site that is not there": {"name": "not-there"},
    "a site whose name has two dots": {"name": "prod..x"},
    "a site by its name in DNS": {"name": "prod.default.svc"},
}
_DISGUISED: dict[str, str] = {
    "a long s": "\u017fystem",
    "a dotless i": "Ut\u0131l\u0131t\u0131es",
    "full width": "\uff28osted",
}
_CLOSED: dict[str, tuple[str, dict[str, str]]] = {
    "a site that allows nobody": ("next-door", ROADS),
    "a folder that is not allowed": ("folders", {**ROADS, "folder": "Other"}),
    "the root folder, which is not allowed": ("folders", ROADS),
    "the folder System": ("prod", {**ROADS, "folder": "System"}),
    "the folder System in another case": ("prod", {**ROADS, "folder": "sYSTEM"}),
    "the folder Utilities": ("prod", {**ROADS, "folder": "Utilities"}),
    "the folder Hosted": ("prod", {**ROADS, "folder": "HOSTED"}),
    "Hosted where System is named": ("own-folders", {**ROADS, "folder": "Hosted"}),
    "the root where System is named": ("own-folders", ROADS),
}

TENANTS: tuple[Malice, ...] = (
    *(
        service(f"access: a guarded folder with {what}", "SpecInvalid", service={**ROADS, "folder": folder})
        for what, folder in _DISGUISED.items()
    ),
    *(service(f"site: {what}", REFUSED, siteRef=reference) for what, reference in _REFUSED.items()),
    *(service(f"field: {what}", REFUSED, **spec) for what, spec in _FIELDS.items()),
    *(service(f"site: {what}", NOT_FOUND, siteRef=reference) for what, reference in _NOWHERE.items()),
    *(
        service(f"access: {what}", NOT_ALLOWED, siteRef={"name": name}, service=named)
        for what, (name, named) in _CLOSED.items()
    ),
)
