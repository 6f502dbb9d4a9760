"""All features; importing it fills the table."""

import importlib

from pairs_scene import FEATURES

for rooms in (
    "access",
    "answers",
    "cluster",
    "control",
    "documents",
    "edits",
    "gates",
    "jobs",
    "looks",
    "resources",
    "site",
    "state",
):
    importlib.import_module(f"features_{rooms}")

__all__ = ["FEATURES"]
