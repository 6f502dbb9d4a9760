"""Floor 5: kopf as the informer. Watch events become calls of a sink, nothing else."""
