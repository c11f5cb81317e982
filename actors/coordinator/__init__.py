"""The coordinator: one an installation, the loop of the instrument."""
