"""`chorus osc`: the OSC address space as a table, or a ready session for Open Stage Control."""

import argparse
import json
import sys
from pathlib import Path

from controllers.osc import addresses as osc_addresses
from controllers.osc import open_stage_control
from controllers.osc.open_stage_control import Shown
from deploy import UsageError
from deploy.options.types import slugs
from deploy.verbs.play import complain
from models import package


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--session",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write a session for Open Stage Control to FILE (default: print it)",
    )
    parser.add_argument(
        "--target",
        type=parse_target,
        default="127.0.0.1:9000",
        metavar="HOST:PORT",
        help="where Chorus listens for OSC, as the surface's server sees it (default: %(default)s)",
    )
    parser.add_argument("--styles", type=Path, action="append", default=[], help="one more folder of style packages")
    parser.add_argument("--only", type=slugs, metavar="STYLE,…", help="strips for these styles (default: all)")


def parse_target(text: str) -> str:
    """`192.168.1.5:9000`."""
    host, _, port = text.rpartition(":")
    if not all(c.isalnum() or c in ".-" for c in host) or not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no address: write HOST:PORT, such as 192.168.1.5:9000")
    return text


def run(args: argparse.Namespace) -> int:
    if args.session is None:
        print(osc_addresses.markdown())
        return 0
    styles = package.only(package.installed(package.roots(args.styles), complain), args.only)
    if not styles:
        raise UsageError('no style is installed: train one with  chorus train TEXT --name "Title"')
    shown = [Shown(style.slug, style.title, style.colour) for style in styles.values()]
    text = json.dumps(open_stage_control.session(shown, args.target), indent=2, ensure_ascii=False) + "\n"
    if args.session == "-":
        sys.stdout.write(text)
        return 0
    try:
        Path(args.session).write_text(text, encoding="utf-8")
    except OSError as e:
        raise UsageError(f"the session {args.session} cannot be written: {e.strerror}") from e
    print(f"{len(shown)} styles in {args.session}: open it with Open Stage Control", file=sys.stderr)
    return 0
