"""Measures the operator, and a reference beside it, on a real control plane and simulated sites.

Every figure comes from counters: the audit log of kube-apiserver, the journals of the sites, /proc. Nothing
is taken from the contender's own words, and nothing here imports it. Start reading at `scenarios`.
"""
