"""Floor 3: which key gets the next turn (`queue`), which resources speak for it (`registry`), and one live
session for each site (`sessions`, `session`, `jobindex`, `limits`).
"""
