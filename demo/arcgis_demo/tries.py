"""Things to try in the playground, in an order that works. A test runs each as it is printed.

Each leaves the sample as it was, so that any of them can be tried at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 80
READY = "kubectl wait agsvc/fire-weather --for=condition=Ready --timeout=90s"
MINE, YOURS = "agsvc/mine", "agsvc/yours"
SERVICES = {MINE: "Transport/Addresses.GeocodeServer", YOURS: "Transport/TrafficCounts.MapServer"}
"""Declared where needed: of one service twelve edits are sent in an hour, and all tries are more."""
_PLAN = "kubectl get agsvc fire-weather -o jsonpath='{.status.plan.changes}'; echo"
_HASH = "kubectl get agsvc fire-weather -o jsonpath='{.status.plan.hash}'"
_HISTORY = (
    "kubectl get agsvc/mine -o jsonpath=\\\n"
    """'{range .status.history[*]}{.operation} {.cause} {.outcome}{"\\n"}{end}'"""
)
_WHY = (
    "kubectl get agsvc/mine -o jsonpath=\\\n"
    """'{.status.conditions[?(@.type=="Ready")].message}'; echo"""
)
_OVERRIDE = "arcgis-operator.dev/overrideWindows"
_RESTORE = "arcgis-operator.dev/restoreDrift"


@dataclass(frozen=True, slots=True)
class Try:
    """Something to do, and the commands for it; each line fits a terminal of 80 columns."""

    title: str
    commands: Sequence[str]

    @property
    def text(self) -> str:
        return "\n".join((f"# {self.title}", *self.commands, ""))


def tries(service: str) -> list[Try]:
    """For the sample and its service, `folder/name.type`."""
    return [
        Try(
            "Change a setting, and see its job run on the site",
            (_patch('{"properties": {"maxRecordCount": 2000}}'), READY, "kubectl get agsvc -o wide"),
        ),
        Try(
            "Change it on the site, as a colleague would: it is put back",
            (
                _drift(service, "quick fix"),
                "kubectl wait agsvc/fire-weather --for=condition=Ready=False",
                READY,
                "kubectl events --for agsvc/fire-weather",
            ),
        ),
        Try(
            "Let the next job fail: the operator says why, and tries again",
            (
                _control(
                    "jobs/next",
                    '{"outcome": "FAILED",\n   "messages": ["insufficient memory on the node"]}',
                ),
                _patch('{"description": "Fire weather, updated hourly"}'),
                _until("JobFailed"),
                "kubectl get agsvc fire-weather",
                READY,
            ),
        ),
        Try(
            "Let two resources want the same service: the older one keeps it",
            (
                'sed "s/name: fire-weather/name: twin/" "$SAMPLES/fire-weather.yaml" |\n  kubectl apply -f -',
                "kubectl wait agsvc/twin --for=condition=Stalled --timeout=60s",
                "kubectl get agsvc",
                "kubectl delete agsvc twin",
            ),
        ),
        Try(
            "Read the manual, and ask for what the site would refuse",
            ("kubectl explain agsvc.spec.settings", _patch('{"clusterName": "other"}')),
        ),
        Try(
            "Kill the operator in the middle of a job: nothing is sent twice",
            (
                _patch('{"description": "Written while nobody led"}'),
                _until("JobRunning"),
                'kill -9 "$(cat "$PLAYGROUND/operator.pid")"',
                READY,
                'curl -fsS "$CONTROL/stats"; echo',
            ),
        ),
        Try(
            "Give the operator a wrong password, and the right one again",
            (
                _password("wrong"),
                _control("tokens/expire", "{}"),
                "kubectl wait agsite/prod --for=condition=Ready=Unknown --timeout=60s",
                "kubectl get agsite",
                _password("$SITE_PASSWORD"),
                "kubectl wait agsite/prod --for=condition=Ready --timeout=90s",
            ),
        ),
        Try(
            "Make the site read-only: what is declared waits for its end",
            (
                _control("mode", '{"isReadOnly": true, "message": "Back at noon"}'),
                _patch('{"description": "After the maintenance"}'),
                _until("SiteReadOnly"),
                "kubectl get agsvc fire-weather",
                _control("mode", '{"isReadOnly": false}'),
                READY,
            ),
        ),
        Try(
            "Declare a service of your own, out of those that the site has",
            (
                "services",
                *_declare(MINE),
                f"kubectl delete {MINE}",
            ),
        ),
        Try(
            "Suspend a resource: what others change stays, until it goes on",
            (
                _suspend("true"),
                _until("Suspended"),
                _drift(service, "changed by hand"),
                "kubectl get agsvc fire-weather",
                _suspend("false"),
                READY,
            ),
        ),
        Try(
            "Observe only: see what would change, then let it change",
            (
                _spec('"managementPolicy": "Observe"'),
                _patch('{"description": "Seen before it is sent"}'),
                _until("Observing"),
                _PLAN,
                _spec('"managementPolicy": "Manage"'),
                READY,
            ),
        ),
        Try(
            "Approve a plan: nothing new is sent before",
            (
                _spec('"change": {"approval": "Manual"}'),
                _patch('{"description": "Approved by a person"}'),
                _until("AwaitingApproval"),
                _PLAN,
                f"HASH=$({_HASH})",
                _spec('"change": {"approvedPlan": "\'$HASH\'"}'),
                READY,
                _spec('"change": null'),
            ),
        ),
        Try(
            "Wait for a window that opens on leap days, and send it now all the same",
            (
                *_declare(MINE),
                _spec('"change": {"windows": [\n   {"schedule": "0 3 29 2 *", "duration": "1h"}]}', MINE),
                _spec('"settings": {"maxIdleTime": 600}', MINE),
                _until("OutsideWindow", MINE),
                f"kubectl get {MINE} -o jsonpath='{{.status.nextWindowTime}}'; echo",
                f"HASH=$(kubectl get {MINE} -o jsonpath='{{.status.plan.hash}}')",
                f'kubectl annotate {MINE} --overwrite \\\n  {_OVERRIDE}="$HASH $(date)"',
                _ready(MINE),
                f"kubectl delete {MINE}",
            ),
        ),
        Try(
            "Report what a colleague changes, and who, instead of restoring it",
            (
                *_declare(MINE),
                _spec('"drift": {"policy": "Report"}', MINE),
                _control(
                    "jobs/foreign",
                    f"""{{"service": "{SERVICES[MINE]}",
   "username": "eva", "seconds": 3, "document": {{"maxIdleTime": 1800}}}}""",
                ),
                _until("DriftReported", MINE),
                f"kubectl get {MINE} -o wide",
                _spec('"drift": null', MINE),
                _ready(MINE),
                f"kubectl delete {MINE}",
            ),
        ),
        Try(
            "Change two services during a restore of the site: you are asked first",
            (
                _site('"drift": {"massRepair": {"count": 1}}'),
                *_declare(MINE),
                *_declare(YOURS),
                _site('"suspend": true'),
                *(f"kubectl wait {one} --for=condition=Ready=Unknown --timeout=60s" for one in (MINE, YOURS)),
                *(
                    _control("drift", f'{{"service": "{SERVICES[one]}",\n   "set": {{"maxIdleTime": 1800}}}}')
                    for one in (MINE, YOURS)
                ),
                _site('"suspend": false'),
                _until("SiteDiverged", MINE),
                "kubectl get agsite -o wide",
                "ID=$(kubectl get agsite prod -o jsonpath='{.status.divergence.id}')",
                f'kubectl annotate agsite prod --overwrite {_RESTORE}="$ID"',
                _ready(MINE),
                _ready(YOURS),
                f"kubectl delete {MINE} {YOURS}",
                f"kubectl annotate agsite prod {_RESTORE}-",
                _site('"drift": null'),
            ),
        ),
        Try(
            "Stop a service, start it again, and read what was done",
            (
                *_declare(MINE),
                _spec('"configuredState": "STOPPED"', MINE),
                _until("JobRunning", MINE),
                _ready(MINE),
                _spec('"configuredState": "STARTED"', MINE),
                _until("JobRunning", MINE),
                _ready(MINE),
                _HISTORY,
                f"kubectl delete {MINE}",
            ),
        ),
        Try(
            "Give a service pods of its own; the site refuses where none can be shared",
            (
                *_declare(YOURS),
                _spec('"provider": "ArcObjects11"', YOURS),
                _runs_on("ArcObjects11", YOURS),
                _spec('"provider": "DMaps"', YOURS),
                _runs_on("DMaps", YOURS),
                *_declare(MINE),
                _spec('"provider": "DMaps"', MINE),
                _until("EditRefused", MINE),
                _WHY,
                f"kubectl delete {MINE} {YOURS}",
            ),
        ),
    ]


def _patch(settings: str) -> str:
    return _spec(f'"settings": {settings}')


def _suspend(value: str) -> str:
    return _spec(f'"suspend": {value}')


def _spec(fields: str, of: str = "agsvc fire-weather") -> str:
    return f"""kubectl patch {of} --type=merge \\\n  -p '{{"spec": {{{fields}}}}}'"""


def _site(fields: str) -> str:
    return _spec(fields, "agsite prod")


def _declare(resource: str) -> Sequence[str]:
    """Declares a service that nobody has declared, and waits for it."""
    folder, _, rest = SERVICES[resource].partition("/")
    name, _, kind = rest.partition(".")
    return (
        "kubectl apply -f - <<END",
        "apiVersion: arcgis-operator.dev/v1alpha1",
        "kind: ArcGISService",
        f"metadata: {{name: {resource.partition('/')[2]}}}",
        "spec:",
        "  siteRef: {name: prod}",
        f"  service: {{folder: {folder}, name: {name}, type: {kind}}}",
        "  settings: {maxIdleTime: 900}",
        "END",
        _ready(resource),
    )


def _ready(resource: str) -> str:
    return f"kubectl wait {resource} --for=condition=Ready --timeout=90s"


def _runs_on(provider: str, resource: str) -> str:
    return (
        f"kubectl wait {resource} --timeout=90s --for=jsonpath=\\\n'{{.status.observed.provider}}'={provider}"
    )


def _password(text: str) -> str:
    return (
        f'kubectl patch secret prod-admin \\\n  -p "{{\\"stringData\\": {{\\"password\\": \\"{text}\\"}}}}"'
    )


def _drift(service: str, text: str) -> str:
    return _control("drift", f'{{"service": "{service}",\n   "set": {{"description": "{text}"}}}}')


def _control(path: str, body: str) -> str:
    command = f"""curl -fsS -o /dev/null "$CONTROL/{path}" -d"""
    line = f"{command} '{body}'"
    return line if len(line) <= WIDTH else f"{command} \\\n  '{body}'"


def _until(reason: str, resource: str = "agsvc/fire-weather") -> str:
    place = """'{.status.conditions[?(@.type=="Ready")].reason}'"""
    return f"kubectl wait {resource} --timeout=60s --for=jsonpath=\\\n{place}={reason}"
