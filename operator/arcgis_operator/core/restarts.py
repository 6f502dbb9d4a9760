"""What an accepted edit does to a running service, which depends on the version of the site."""

BY_ITSELF = 12
"""From this release on the site restarts a service whose edit needs it. Source: README of Esri's recycle
sample. Assumed: any edit needs it."""


def restarts(version: str) -> bool | None:
    """Whether an edit restarts the service; before that release it waits for a restart. None: not known."""
    major = version.partition(".")[0]
    return int(major) >= BY_ITSELF if major.isdecimal() else None
