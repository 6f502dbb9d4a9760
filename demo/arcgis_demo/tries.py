"""Things to try in the playground, in an order that works. A test runs each as it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 80
READY = "kubectl wait agsvc/fire-weather --for=condition=Ready --timeout=90s"


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
                "kubectl apply -f - <<END",
                "apiVersion: arcgis-operator.dev/v1alpha1",
                "kind: ArcGISService",
                "metadata: {name: mine}",
                "spec:",
                "  siteRef: {name: prod}",
                "  service: {folder: Transport, name: Addresses, type: GeocodeServer}",
                "  settings: {maxIdleTime: 900}",
                "END",
                "kubectl wait agsvc/mine --for=condition=Ready --timeout=90s",
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
    ]


def _patch(settings: str) -> str:
    body = f"""'{{"spec": {{"settings": {settings}}}}}'"""
    return f"kubectl patch agsvc fire-weather --type=merge \\\n  -p {body}"


def _suspend(value: str) -> str:
    return f"""kubectl patch agsvc fire-weather --type=merge \\\n  -p '{{"spec": {{"suspend": {value}}}}}'"""


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
    return f"kubectl wait agsvc/fire-weather --timeout=60s \\\n  --for=jsonpath={place}={reason}"
