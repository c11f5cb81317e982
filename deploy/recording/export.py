"""Exports a text with its authors: plain text, an HTML page tinted by author, or lines of JSON."""

import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from display import palette
from models.package import Style

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ background: {ground}; color: {text}; margin: 3em auto; max-width: 80ch }}
body {{ font: 18px/1.5 "JetBrains Mono", monospace }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8 }}
p {{ color: {quiet} }}
</style>
<p>{legend}</p>
<pre>{body}</pre>
</html>
"""


@dataclass(frozen=True)
class Letter:
    """One character and its authors."""

    t: int
    code: int
    shares: Mapping[str, float]  # by slug, the largest first


def plain(letters: Iterable[Letter], _: Mapping[str, Style]) -> Iterator[str]:
    for letter in letters:
        yield chr(letter.code)


def lines(letters: Iterable[Letter], _: Mapping[str, Style]) -> Iterator[str]:
    """JSON, a line a character."""
    for letter in letters:
        shares = {slug: round(share, 4) for slug, share in letter.shares.items()}
        yield json.dumps({"t": letter.t, "char": chr(letter.code), "styles": shares}) + "\n"


def page(letters: Sequence[Letter], styles: Mapping[str, Style]) -> Iterator[str]:
    """One page of HTML that needs nothing else: each run of letters in its tint, whose it is shown under the pointer."""

    def look(letter: Letter) -> tuple[str, str]:
        colours = [palette.parse(styles[slug].colour) if slug in styles else palette.TEXT for slug in letter.shares]
        voices = np.rint(255 * np.array(list(letter.shares.values()))).astype(np.uint8)
        return _css(palette.tint(colours, voices)), title(next(iter(letter.shares), ""))

    def title(slug: str) -> str:
        return styles[slug].title if slug in styles else slug

    body = "".join(
        f'<span style="color:{colour}" title="{html.escape(name)}">'
        + html.escape("".join(chr(letter.code) for letter in run))
        + "</span>"
        for (colour, name), run in groupby(letters, key=look)
    )
    heard: dict[str, float] = {}
    for letter in letters:
        for slug, share in letter.shares.items():
            heard[slug] = heard.get(slug, 0.0) + share
    legend = " \u00b7 ".join(
        f'<span style="color:{styles[slug].colour if slug in styles else _css(palette.TEXT)}">'
        f"{html.escape(title(slug))}</span> {share / len(letters):.0%}"
        for slug, share in sorted(heard.items(), key=lambda pair: -pair[1])
    )
    colours = {"ground": _css(palette.GROUND), "text": _css(palette.TEXT), "quiet": _css(palette.QUIET)}
    yield PAGE.format(title="Chorus", legend=legend, body=body, **colours)


def _css(colour: palette.Colour) -> str:
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"


Writer = Callable[[Sequence[Letter], Mapping[str, Style]], Iterator[str]]
WRITERS: dict[str, Writer] = {".txt": plain, ".html": page, ".jsonl": lines}
