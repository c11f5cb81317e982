"""Fixtures for tests of the display."""

from tests.support.windows import window

__all__ = ["window"]
