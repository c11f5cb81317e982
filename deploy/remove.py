"""`chorus remove STYLE`: a style leaves the ensemble that is playing."""

import argparse

from actors.wire import Leave
from deploy import running


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("style", help="its short name")
    parser.add_argument("--session", help="which session, if several are playing on this machine")


def run(args: argparse.Namespace) -> int:
    running.ask(running.find(args.session), Leave(slug=args.style))
    print(f"{args.style} has left")
    return 0
