"""The `chorus` command and everything that starts processes on machines."""


class UsageError(Exception):
    """A flag that cannot be followed; one line, exit 2."""
