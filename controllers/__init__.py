"""Hands: whatever turns something played into weights. Stands on the wire alone: loads without Ray, torch and engines."""


class ControllerError(Exception):
    """A message from a hand that cannot be followed, in one line for whoever sent it."""
