"""Floor 1: the two borders, the site's Administrator API (admin) and the Kubernetes API (kube)."""
