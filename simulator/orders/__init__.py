"""Orders: reading requests, checking them, their states, and how they are shown."""
