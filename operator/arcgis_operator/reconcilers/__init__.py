"""Floor 2: one turn, read, decide, store, act, store. `service` is the one to read first.

A turn holds no state but the ledger's, and knows of sites and registry only what `ports` says.
"""
