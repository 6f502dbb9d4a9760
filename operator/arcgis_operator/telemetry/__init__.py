"""Floor 1: how the operator shows itself, as log lines and metrics. Decides nothing."""
