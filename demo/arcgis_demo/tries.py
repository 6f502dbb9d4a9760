"""Things to try in the playground, in an order that works. A test runs each as it is printed.

Each leaves the sample as it was, so that any of them can be tried at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 80
READY = "kubectl wait agsvc/fire-weather --for=condition=Ready --timeout=90s"
READY_MINE = "kubectl wait agsvc/mine --for=condition=Ready --timeout=90s"
_MINE = "Transport/Addresses.GeocodeServer"
_PLAN = "kubectl get agsvc fire-weather -o jsonpath='{.status.plan.changes}'; echo"
_HASH = "kubectl get agsvc fire-weather -o jsonpath='{.status.plan.hash}'"
_HISTORY = (
    "kubectl get agsvc fire-weather -o jsonpath=\\\n"
    """'{range .status.history[*]}{.operation} {.cause} {.outcome}{"\\n"}{end}'"""
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
                *_mine(),
                "kubectl delete agsvc mine",
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
                _spec('"change": {"windows": [\n   {"schedule": "0 3 29 2 *", "duration": "1h"}]}'),
                _patch('{"description": "Sent on a leap day"}'),
                _until("OutsideWindow"),
                "kubectl get agsvc fire-weather -o jsonpath='{.status.nextWindowTime}'; echo",
                f"HASH=$({_HASH})",
                f'kubectl annotate agsvc fire-weather --overwrite \\\n  {_OVERRIDE}="$HASH $(date)"',
                READY,
                _spec('"change": null'),
                f"kubectl annotate agsvc fire-weather {_OVERRIDE}-",
            ),
        ),
        Try(
            "Report what a colleague changes, and who, instead of restoring it",
            (
                _spec('"drift": {"policy": "Report"}'),
                _control(
                    "jobs/foreign",
                    f"""{{"service": "{service}",
   "username": "eva", "seconds": 3,
   "document": {{"description": "by Eva"}}}}""",
                ),
                _until("DriftReported"),
                "kubectl get agsvc fire-weather -o wide",
                _spec('"drift": null'),
                READY,
            ),
        ),
        Try(
            "Change two services during a restore of the site: you are asked first",
            (
                _site('"drift": {"massRepair": {"count": 1}}'),
                *_mine(),
                _site('"suspend": true'),
                "kubectl wait agsvc/mine --for=condition=Ready=Unknown --timeout=60s",
                _drift(service, "an old copy"),
                _control("drift", f'{{"service": "{_MINE}",\n   "set": {{"maxIdleTime": 1800}}}}'),
                _site('"suspend": false'),
                _until("SiteDiverged"),
                "kubectl get agsite -o wide",
                "ID=$(kubectl get agsite prod -o jsonpath='{.status.divergence.id}')",
                f'kubectl annotate agsite prod --overwrite {_RESTORE}="$ID"',
                READY,
                READY_MINE,
                "kubectl delete agsvc mine",
                f"kubectl annotate agsite prod {_RESTORE}-",
                _site('"drift": null'),
            ),
        ),
        Try(
            "Stop the service, start it again, and read what was done until now",
            (
                _spec('"configuredState": "STOPPED"'),
                _until("JobRunning"),
                READY,
                _spec('"configuredState": "STARTED"'),
                _until("JobRunning"),
                READY,
                _spec('"configuredState": null'),
                _HISTORY,
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


def _mine() -> Sequence[str]:
    """Declares a service that nobody has declared, and waits for it."""
    return (
        "kubectl apply -f - <<END",
        "apiVersion: arcgis-operator.dev/v1alpha1",
        "kind: ArcGISService",
        "metadata: {name: mine}",
        "spec:",
        "  siteRef: {name: prod}",
        "  service: {folder: Transport, name: Addresses, type: GeocodeServer}",
        "  settings: {maxIdleTime: 900}",
        "END",
        READY_MINE,
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


def _until(reason: str) -> str:
    place = """'{.status.conditions[?(@.type=="Ready")].reason}'"""
    return f"kubectl wait agsvc/fire-weather --timeout=60s --for=jsonpath=\\\n{place}={reason}"
