"""The secrets of one run: what must be in no output, though the site says it in all it says."""

from harness.bench import PASSWORD, PLANTED

__all__ = ["LIVE_SECRET", "PASSWORD"]

LIVE_SECRET = PLANTED
"""Stands in the live document, deep under names of secrets. `PASSWORD` is the operator's own; echoed in live
documents, in messages and results of jobs, and in errors, over real sockets too."""
