"""The border to the Kubernetes API: plain JSON objects, failures as values. Start with `api`."""
