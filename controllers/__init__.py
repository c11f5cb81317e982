"""Controllers: each turns something that is played into weights. Stands on the wire alone: loads without Ray and torch."""


class ControllerError(Exception):
    """A message or a device that cannot be played, in one line for its sender or its player."""
