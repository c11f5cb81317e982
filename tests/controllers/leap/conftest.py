"""Fixtures for tests of the Leap."""

from tests.support.leap_service import hands, services

__all__ = ["hands", "services"]
