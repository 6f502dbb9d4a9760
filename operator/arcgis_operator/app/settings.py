"""The options as the parts take them."""

import os
from pathlib import Path

from arcgis_operator.adapters.admin import Timeouts
from arcgis_operator.config import Config
from arcgis_operator.core.case import Policy

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_NAMESPACE = "arcgis-operator-system"


def timeouts_of(config: Config) -> Timeouts:
    """How long one request to a site may take."""
    return Timeouts(
        connect=config.site_connect_seconds,
        read=config.site_read_seconds,
        write=config.site_read_seconds,
        pool=config.site_read_seconds,
        total=config.site_write_seconds,
    )


def policy_of(config: Config) -> Policy:
    """Bounds and intervals of every decision."""
    return Policy(
        poll_seconds=config.poll_seconds,
        poll_max_seconds=config.poll_max_seconds,
        verify_grace_seconds=config.verify_grace_seconds,
        settle_seconds=config.settle_seconds,
        job_timeout_seconds=config.job_timeout_seconds,
        stale_after_seconds=config.stale_after_seconds,
        retry_seconds=config.retry_seconds,
        edits_per_hour=config.edits_per_hour,
    )


def own_namespace() -> str:
    """The pod's namespace, or the one the manifests use."""
    if given := os.environ.get("POD_NAMESPACE"):
        return given
    return NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.is_file() else DEFAULT_NAMESPACE
