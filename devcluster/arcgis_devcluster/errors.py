"""What can go wrong here. Every message says what to do, and is fit to be shown to a person as it is."""


class DevclusterError(RuntimeError):
    """The development cluster, or something it ran, did not do what was asked."""


class Unavailable(DevclusterError):
    """A binary can be neither found nor built on this machine."""


class ProcessFailed(DevclusterError):
    """A child process ended, or stayed silent, when it should have been ready."""


class KubectlFailed(DevclusterError):
    """kubectl answered with an error. `stderr` is its own text, `exit_code` its own code."""

    def __init__(self, arguments: tuple[str, ...], exit_code: int, stderr: str) -> None:
        super().__init__(f"kubectl {' '.join(arguments)} (exit {exit_code}): {stderr.strip()}")
        self.exit_code = exit_code
        self.stderr = stderr
