"""The last thing that happened to an ensemble, and whether clients should see a change at once."""


class Events:
    """Every part of the coordinator reports here; the publisher reads it."""

    def __init__(self) -> None:
        self.text, self.number = "", 0  # the last event in words, and how many there have been
        self.moved = False  # a hand or the roster has changed what a frame shows

    def say(self, text: str) -> None:
        """Something happened: every client hears of it at once."""
        self.text, self.number = text, self.number + 1
