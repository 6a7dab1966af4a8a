"""The parts of the simulator benchmark."""
