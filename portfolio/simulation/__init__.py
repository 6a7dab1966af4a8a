"""The page that steers the simulator."""
