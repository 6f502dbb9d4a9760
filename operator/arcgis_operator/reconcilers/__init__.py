"""Floor 3: one turn, read, decide, store, act, store. `service` is the one to read first.

A turn holds no state but the ledger's. It asks the site through its session, and the registry who speaks; of
the lease's term it knows what `ports` says.
"""
