"""Trade chains: a position through its rolls, assignments and splits, rebuilt from events."""
