"""The page: what remote visitors see in a browser, and the field on which they pull the mix together.

`server` is the process and has the sockets; `door` says who is let in and what they are served, `messages` what a page may
say, `visitors` what comes of it, `telling` what a page is told. Those four are pure.
"""


class PageError(Exception):
    """What a visitor did cannot be followed, or not any longer; one line for them."""
