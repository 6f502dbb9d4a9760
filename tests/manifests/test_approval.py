"""The sample policy for approval, with a user who may approve and one who only may edit."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from arcgis_devcluster import Cluster
from arcgis_devcluster.kubectl import Kubectl, KubectlFailed
from harness.apiserver import wait_until

POLICY = Path(__file__).resolve().parents[2] / "manifests" / "samples" / "approval" / "policy.yaml"
PLAN = f"sha256:{'1' * 64}"
OTHER = f"sha256:{'2' * 64}"
EDITS = "--verb=get,list,create,update,patch"
KIND = "--resource=arcgisservices.arcgis-operator.dev"
REFUSED = "may write spec.change.approvedPlan"
EXEMPT = "may take away an exemption in spec.drift"
SPEC = {
    "siteRef": {"name": "prod"},
    "service": {"name": "Roads", "type": "MapServer"},
    "change": {"approval": "Manual"},
}


@pytest.fixture(scope="module")
def kubectl(control_plane: Cluster) -> Iterator[Kubectl]:
    """In a namespace with an approver and an editor, while the policy is in force."""
    name = f"approval-{uuid.uuid4().hex[:10]}"
    control_plane.kubectl("create", "namespace", name)
    here = control_plane.kubectl.in_namespace(name)
    for user, verbs in (("approver", f"{EDITS},approve"), ("editor", EDITS)):
        here("create", "role", user, verbs, KIND)
        here("create", "rolebinding", user, f"--role={user}", f"--user={user}")
    control_plane.kubectl("apply", "--server-side", "-f", str(POLICY))
    probe = body("probe", approvedPlan=PLAN)
    wait_until(lambda: REFUSED in apply(here, "editor", probe, "--dry-run=server"), 30, lambda: "no policy")
    yield here
    control_plane.kubectl("delete", "-f", str(POLICY))


def body(name: str, drift: dict[str, object] | None = None, **change: str) -> dict[str, object]:
    exempt = {"drift": drift} if drift else {}
    return {
        "apiVersion": "arcgis-operator.dev/v1alpha1",
        "kind": "ArcGISService",
        "metadata": {"name": name},
        "spec": {**SPEC, "change": {"approval": "Manual", **change}, **exempt},
    }


def apply(kubectl: Kubectl, user: str, wanted: dict[str, object], *options: str) -> str:
    """What the API server says against it, empty for nothing."""
    try:
        kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--as={user}",
            "-f",
            "-",
            *options,
            stdin=json.dumps(wanted),
        )
    except KubectlFailed as failure:
        return str(failure)
    return ""


def test_who_may_approve_approves_and_who_only_may_edit_does_not(kubectl: Kubectl) -> None:
    assert apply(kubectl, "editor", body("roads")) == ""
    assert REFUSED in apply(kubectl, "editor", body("roads", approvedPlan=PLAN))
    assert apply(kubectl, "approver", body("roads", approvedPlan=PLAN)) == ""
    assert apply(kubectl, "editor", body("roads", approvedPlan=PLAN)) == "", "it stands there already"
    assert REFUSED in apply(kubectl, "editor", body("roads", approvedPlan=OTHER))
    assert apply(kubectl, "editor", body("roads")) == "", "to withdraw an approval sends nothing"


def test_who_only_may_edit_cannot_create_a_resource_that_is_approved(kubectl: Kubectl) -> None:
    assert REFUSED in apply(kubectl, "editor", body("rails", approvedPlan=PLAN))
    assert apply(kubectl, "approver", body("rails", approvedPlan=PLAN)) == ""


@pytest.mark.parametrize("approval", ["Automatic", "WhenRestarting"])
def test_who_only_may_edit_cannot_turn_approval_off(kubectl: Kubectl, approval: str) -> None:
    assert apply(kubectl, "editor", body("paths")) == ""
    assert "may loosen spec.change.approval" in apply(kubectl, "editor", body("paths", approval=approval))
    assert apply(kubectl, "approver", body("paths", approval=approval)) == ""
    assert apply(kubectl, "editor", body("paths", approval="Manual")) == "", "stricter is always allowed"


REPORTED: dict[str, object] = {"policy": "Report"}
IGNORED: dict[str, object] = {"ignorePaths": ["settings.description", "settings.maxIdleTime"]}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("no-report", REPORTED, None),
        ("corrected", REPORTED, {"policy": "Correct"}),
        ("none-ignored", IGNORED, None),
        ("fewer-ignored", IGNORED, {"ignorePaths": ["settings.description"]}),
    ],
)
def test_who_only_may_edit_cannot_let_a_drift_be_put_back_that_was_exempt(
    kubectl: Kubectl, name: str, before: dict[str, object], after: dict[str, object] | None
) -> None:
    assert apply(kubectl, "editor", body(name)) == ""
    assert apply(kubectl, "editor", body(name, before)) == "", "an exemption sends nothing"
    assert EXEMPT in apply(kubectl, "editor", body(name, after))
    assert apply(kubectl, "approver", body(name, after)) == ""


def test_where_nothing_is_to_be_approved_who_may_edit_takes_an_exemption_away(kubectl: Kubectl) -> None:
    assert apply(kubectl, "editor", body("free", REPORTED, approval="Automatic")) == ""
    assert apply(kubectl, "editor", body("free", approval="Automatic")) == ""
