"""`chorus styles`: what is installed."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.play import complain
from models import package
from models.package import Style


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="a list of objects, for programs")
    parser.add_argument("--styles", type=Path, action="append", default=[], help="one more folder of style packages")


def run(args: argparse.Namespace) -> int:
    styles = package.installed(package.roots(args.styles), complain).values()
    if args.json:
        json.dump([described(style) for style in styles], sys.stdout, indent=1)
        print()
        return 0
    table = Table(box=None, pad_edge=False)
    table.add_column("style", no_wrap=True)
    table.add_column("title", no_wrap=True)
    for name in ("network", "parameters", "KB", "nats/char"):
        table.add_column(name, justify="right", no_wrap=True)
    for style in styles:
        row = described(style)
        size = f"{style.weights_path.stat().st_size / 1000:,.0f}"
        table.add_row(
            style.slug,
            Text(style.title, style=style.colour),
            str(style.architecture),
            f"{row['parameters']:,}",
            size,
            f"{style.heldout_nats:.3f}",
        )
    Console().print(table)
    return 0


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
        "folder": str(style.folder),
    }
