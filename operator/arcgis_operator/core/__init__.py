"""Floor 0: the decisions, as pure functions over values.

Nothing here reads a clock, writes a log, opens a socket or knows a framework.
Start with `decide`, then `jobs`; what a reader of `kubectl get` sees is in `verdict` and `status`.
"""
