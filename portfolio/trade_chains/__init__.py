"""Trade chains: rebuilt from the mirror, corrected by their owner, priced, and shown."""
