"""The page: the performance in the browsers of visitors, and the field on which they pull the mix together.

`server` is the process and has the sockets. `http_access` decides who is let in, and serves the files; `messages` reads
what a page sends; `crowd` combines the pulls of all visitors; `feed` makes what pages are sent. These four are pure.
"""


class PageError(Exception):
    """A visitor's message or connection that cannot be accepted; one line for them."""
