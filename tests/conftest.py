"""What every test shares. The servers are started by embedded.pytest_plugin, not here."""

from __future__ import annotations

from hypothesis import settings

# A busy machine makes a single example slow without anything being wrong.
settings.register_profile("desk", deadline=None)
settings.load_profile("desk")
