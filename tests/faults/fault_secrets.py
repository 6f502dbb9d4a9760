"""The secrets of one run: what must be in no output, though the site says it in all it says."""

from harness.canaries import canary

PASSWORD = canary()
"""The operator's own; echoed in live documents, in messages and results of jobs, and in errors."""
LIVE_SECRET = canary()
"""Stands in the live document, deep under names of secrets."""
