"""`chorus styles`: lists the installed styles, or shows the card of one with a live sample."""

import json
import secrets
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy import UsageError
from deploy.options.settings import argument, flag
from deploy.options.styles import StyleFolders, installed
from models import evaluation, package
from models.alphabet import decode
from models.engines import on_cpu
from models.package import Style

SUMMARY = "list the installed styles, show one's card"
HELP = """\
Lists the styles that come with Chorus and those trained here, kindred ones side by side. With a style's short name, its
card and a fresh sample at three temperatures:  chorus styles jane-austen"""
TEMPERATURES = (0.5, 0.8, 1.0)


@dataclass(frozen=True, kw_only=True)
class StylesConfig(StyleFolders):
    style: str | None = argument("a style's short name (or its folder): show its card", None)
    chars: int = flag(400, "length of a sample", metavar="N")
    seed: int | None = flag(None, "the same seed, the same sample")
    json: bool = flag(False, "objects, for programs")
    markdown: bool = flag(False, "the cards of all styles as one page")


def run(config: StylesConfig) -> None:
    if config.json and config.markdown:
        raise UsageError("--json or --markdown: not both")
    if config.style:
        style = package.find(config.style, package.roots(config.styles))
        if config.json:
            print(json.dumps(described(style), indent=1))
        elif config.markdown:
            print(markdown_card(style, config.chars, config.seed or 0))
        else:
            show_card(style, config.chars, config.seed if config.seed is not None else secrets.randbits(32))
        return
    styles = list(installed(config.styles).values())
    if config.json:
        print(json.dumps([described(style) for style in styles], indent=1))
    elif config.markdown:
        print(markdown(styles, config.chars, config.seed or 0))
    else:
        Console().print(table(styles))


def table(styles: list[Style]) -> Table:
    made = Table(box=None, pad_edge=False)
    made.add_column("style", no_wrap=True)
    made.add_column("title", no_wrap=True)
    for name in ("network", "parameters", "KB", "nats/char"):
        made.add_column(name, justify="right", no_wrap=True)
    for style in styles:
        made.add_row(
            style.slug,
            Text(style.title, style=style.colour),
            str(style.architecture),
            f"{style.architecture.parameters:,}",
            f"{style.weights_path.stat().st_size / 1000:,.0f}",
            f"{style.heldout_nats:.3f}",
        )
    return made


def facts(style: Style) -> dict[str, str]:
    """The facts of a card, in its order; those that the package does not state are left out."""
    corpus, training = style.corpus, style.training
    known = {
        "works": corpus.get("works"),
        "licence": corpus.get("licence"),
        "text": f"{corpus['characters']:,} characters" if "characters" in corpus else None,
        "network": f"{style.architecture}, {style.architecture.parameters:,} parameters, "
        f"{style.weights_path.stat().st_size / 1000:,.0f} KB",
        "trained from": training.get("from"),
        "training": f"{training['epochs']:g} epochs, {training['characters'] / 1e6:.1f} million characters, "
        f"{training['minutes']:g} minutes"
        if {"epochs", "characters", "minutes"} <= training.keys()
        else None,
        "machine": training.get("machine"),
        "held out": f"{style.heldout_nats:.3f} nats/char (train {style.train_nats:.3f}, with dropout)",
        "colour": style.colour,
    }
    return {name: str(fact) for name, fact in known.items() if fact}


def samples(style: Style, chars: int, seed: int) -> list[str]:
    """Texts of the style after a newline, one for each of `TEMPERATURES`."""
    return [decode(text) for text in evaluation.write(on_cpu(style), chars, TEMPERATURES, seed)]


def show_card(style: Style, chars: int, seed: int) -> None:
    """The card on the terminal, in the style's colour."""
    console = Console(highlight=False)
    console.print(Text(style.title, style=f"bold {style.colour}"), Text(f"  {style.slug}", style="dim"))
    console.print(Text(str(style.folder), style="dim"))
    grid = Table.grid(padding=(0, 2))
    for name, fact in facts(style).items():
        grid.add_row(Text(name, style="dim"), Text(fact))
    console.print(grid)
    for temperature, text in zip(TEMPERATURES, samples(style, chars, seed), strict=True):
        console.print(Text(f"\ntemperature {temperature:g}", style="dim"))
        console.print(Text(text, style=style.colour))


def markdown(styles: list[Style], chars: int, seed: int) -> str:
    """The gallery: a table, then every style's card with a sample."""
    lines = [
        "# The styles",
        "",
        f"Made by `chorus styles --markdown`: {len(styles)} styles, kindred ones side by side. Held out is nats a",
        "character on the last tenth of the text, which was not trained on. A style trained *from* another went on",
        "from its weights ([RECIPE.md](RECIPE.md)). Samples are what one fixed seed gave at temperature 0.8, not chosen.",
        "",
        "| style | network | characters | trained from | epochs | minutes | held out | works |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for style in styles:
        lines.append(
            f"| [{style.title}](#{style.slug}) | {style.architecture} | {style.corpus.get('characters', 0) / 1e6:.2f} M "
            f"| {style.training.get('from', '')} | {style.training.get('epochs', 0):g} "
            f"| {style.training.get('minutes', 0):g} | {style.heldout_nats:.3f} | {style.corpus.get('works', '')} |"
        )
    return "\n".join([*lines, "", *(markdown_card(style, chars, seed) for style in styles)])


def markdown_card(style: Style, chars: int, seed: int) -> str:
    """One style's card with a sample at temperature 0.8."""
    text = samples(style, chars, seed)[1]
    about = "; ".join(f"{name}: {fact}" for name, fact in facts(style).items())
    return f'<a id="{style.slug}"></a>\n\n## {style.title}\n\n{about}\n\n````text\n{text}\n````\n'


def described(style: Style) -> dict[str, object]:
    """One style as `--json` gives it."""
    return {
        "slug": style.slug,
        "title": style.title,
        "architecture": str(style.architecture),
        "parameters": style.architecture.parameters,
        "bytes": style.weights_path.stat().st_size,
        "heldout_nats": style.heldout_nats,
        "train_nats": style.train_nats,
        "colour": style.colour,
        "corpus": style.corpus,
        "training": style.training,
        "folder": str(style.folder),
    }
