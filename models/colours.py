"""Colours for styles: as far apart as so many can be on a dark screen, for colour-blind viewers too.

The first 36 were searched for so that the smallest CIEDE2000 distance of any pair is as large as possible, seen normally
(8.4) and with simulated protanopia, deuteranopia and tritanopia (5.0, 5.1, 4.8), among some 700 colours that are not grey
and have a contrast of 5 or more against the ground; the others continue them. The tests measure it again with coloraide.
"""

from collections.abc import Sequence

_PALETTE = """
#269c96 #f45a84 #e1aecb #b2d2fd #e57e70 #b8acf3 #d750ce #b2d777 #9f8cfc #d788cc #f13a35 #b887a4
#9bab09 #629962 #9662fd #fabfb7 #e6fd96 #af7880 #d4fdd3 #bda65a #1dba99 #e2ae4a #eeda48 #dc4b8d
#7cbeb3 #8dedd2 #878639 #6580be #b1f7f4 #e2d9a4 #927fac #62a4b2 #2ed9d8 #fe93a6 #b7bd89 #f3fc49
#33f0bf #85a2cc #f1f6bf #85c370 #9d78e5 #f7bd2c #b4bced #8fb38b #bd824e #49d2ac #f42eaa #a29d2c
"""
PALETTE: tuple[str, ...] = tuple(_PALETTE.split())


def free(taken: Sequence[str]) -> str:
    """The first colour of the palette that no style has; when all are taken, the one that fewest have."""
    lower = [colour.lower() for colour in taken]
    return min(PALETTE, key=lower.count)
