"""`chorus remove STYLE`: a style leaves the ensemble that is playing."""

import argparse

from actors.wire.messages import Leave
from deploy.session import discovery

SUMMARY = "a style leaves the ensemble that is playing"
HELP = """\
chorus remove jane-austen
The others go on with the weights they have. One that speaks alone cannot leave."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("style", help="its short name")
    parser.add_argument("--session", help="which session, if several are playing on this machine")


def run(args: argparse.Namespace) -> int:
    discovery.ask(discovery.find(args.session), Leave(slug=args.style))
    print(f"{args.style} has left")
    return 0
