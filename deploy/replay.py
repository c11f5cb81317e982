"""`chorus replay JOURNAL`: a performance from its record, with whose every letter was.

The journal holds what decided the text; the same weights, read again, say what each style said to it. So the attribution is
not recorded, it is computed, and where it would now come to another text that is noticed.
"""

import argparse
import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from actors import EnsembleError, again, journal
from actors.score import Known
from actors.wire import Card
from deploy import UsageError
from deploy.play import complain
from display import palette
from models import package
from models.engines import Engine, on_cpu
from models.monolith import package as monoliths
from models.package import Style

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import Voices

FAINTEST = 0.005  # a style's share of a letter: what is less is not told
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
    """One character and whose it was."""

    t: int
    code: int
    shares: Mapping[str, float]  # by slug, the largest first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journal", type=Path, metavar="JOURNAL", help="as chorus play records it")
    parser.add_argument(
        "--text",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the text: .txt plain, .html tinted by its authors, .jsonl a line a character with everyone's share",
    )
    parser.add_argument("--styles", type=Path, action="append", default=[], help="one more folder of style packages")
    parser.add_argument("--monolith", type=Path, metavar="FOLDER", help="the one that was there (default: yours)")


def run(args: argparse.Namespace) -> int:
    if not args.text:
        raise UsageError("say what to make of it:  chorus replay JOURNAL --text performance.html")
    for file in args.text:
        if file.suffix not in WRITERS:
            raise UsageError(f"{file} is none of {', '.join(WRITERS)}")
    length = len(journal.read(args.journal).text)
    styles = package.installed(package.roots(args.styles), complain)
    console = Console(stderr=True, highlight=False)
    letters = list(read(args.journal, styles, args.monolith, length, console))
    for file in args.text:
        try:
            file.write_text("".join(WRITERS[file.suffix](letters, styles)))
        except OSError as e:
            raise UsageError(f"cannot write {file}: {e.strerror}") from e
        console.print(f"{len(letters):,} characters in {file}", markup=False, soft_wrap=True)
    return 0


def read(
    path: Path, styles: Mapping[str, Style], monolith: Path | None, length: int, console: Console
) -> Iterator[Letter]:
    """Every character of a journal. Raises EnsembleError when the weights that spoke are not here."""
    others = 0
    with Progress(console=console) as progress:
        task = progress.add_task("reading it again", total=length)
        for said in again.say(path, _engines(styles), monolith=_monolith(monolith)):
            others += said.code != said.would
            yield Letter(said.t, said.code, _shares(said.slugs, said.shares))
            progress.update(task, completed=said.t)
    if others:
        console.print(
            f"{others:,} characters would be others now: another version wrote them, or the power was cut meanwhile"
        )


def _engines(styles: Mapping[str, Style]) -> Callable[[Card], Engine]:
    by_hash = {style.content_hash(): style for style in styles.values()}

    def engine(card: Card) -> Engine:
        if card.weights_sha256 in by_hash:
            return on_cpu(by_hash[card.weights_sha256])
        raise EnsembleError(
            f"the weights that {card.slug} had then ({card.weights_sha256[:12]}) are not here: name their folder, --styles"
        )

    return engine


def _monolith(folder: Path | None) -> "Callable[[Known], Voices]":
    def voices(known: Known) -> "Voices":
        from models.engines import monolith_engine
        from models.engines.graph import cached

        found = monoliths.find(folder)
        if found is None or found.content_hash() != known.weights_sha256:
            raise EnsembleError(
                f"the monolith that spoke then ({known.weights_sha256[:12]}) is not here: name its folder, --monolith"
            )
        return monolith_engine.Voices(monolith_engine.load(cached(found), found.weights_path))

    return voices


def _shares(slugs: Sequence[str], shares: NDArray[np.float64]) -> dict[str, float]:
    told = sorted(zip(slugs, shares.tolist(), strict=True), key=lambda pair: -pair[1])
    return {slug: share for slug, share in told if share >= FAINTEST}


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
