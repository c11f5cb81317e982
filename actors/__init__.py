"""The ensemble: Ray's actors, the tape between them, and the wire to everything else.

wire         messages, client, parameters: all that display and controllers import; loads without Ray and torch
mixing       the mathematics of a character, pure          hands     many hands, one mix, pure
section      one node's tape and the styles on it          journal   what decided a text, and its replay
coordinator  the loop: gather, mix, draw, publish
"""


class EnsembleError(Exception):
    """A sender or an operator asked for something the ensemble cannot do; one line that says what to do instead."""
