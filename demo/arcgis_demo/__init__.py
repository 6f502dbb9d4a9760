"""The main job on real parts, for people to watch (`demo`) and to play with (`playground`).

`parts` starts a simulated site and operators beside a cluster; the tests use it too. All are talked to as
a user would: over HTTPS, kubectl and signals; no code is shared with the operator or the simulator. Start
reading at `cli`, then `performance`.
"""
