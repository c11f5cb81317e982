"""The wire: ZeroMQ messages, clients, keys, live parameters. Display and controllers import this room alone."""
