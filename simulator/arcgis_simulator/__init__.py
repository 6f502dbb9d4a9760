"""A simulated ArcGIS Enterprise on Kubernetes site, for the demo and the tests."""
