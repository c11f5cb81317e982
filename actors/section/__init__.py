"""One node's data plane: the tape, the section that owns it, and the actors on it."""
