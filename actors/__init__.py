"""The ensemble: styles, section and coordinator as actors, the tape between them, and the wire to everyone else.

`actors.wire`, `actors.wire.client` and `actors.mixing.mixture` load without Ray, torch or an engine: display and controllers
stand on the first two.
"""


class EnsembleError(Exception):
    """What a sender or an operator did that the ensemble cannot do, in one line that says what to do instead."""
