"""Fixtures for tests of gestures."""

from tests.support.gesture_rig import rig, rigs

__all__ = ["rig", "rigs"]
