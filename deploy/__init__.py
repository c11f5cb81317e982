"""The `chorus` command and everything that starts processes on machines."""
