"""`chorus keys`: who may hear and conduct from another machine."""

import argparse
from pathlib import Path

from actors.wire import keys
from deploy import paths

SUMMARY = "say who may hear and conduct from another machine"
HELP = """\
chorus keys new projector      makes projector.key, to be brought to that machine
chorus keys revoke projector   takes it back, also while the text runs
chorus keys list"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    new = verbs.add_parser("new", help="make a key for one client")
    new.add_argument("name", help="who it is for, such as projector or phone-of-mara")
    new.add_argument("--out", type=Path, help="the file to hand over (default: NAME.key here)")
    revoke = verbs.add_parser("revoke", help="take a key back, also while the text runs")
    revoke.add_argument("name")
    verbs.add_parser("list", help="whose keys are good")


def run(args: argparse.Namespace) -> int:
    if args.what == "new":
        out = args.out or Path(f"{args.name}.key")
        keys.new(paths.KEYS, args.name, out)
        print(f"{out} is the key of {args.name}: bring it to that machine, and keep it secret")
    elif args.what == "revoke":
        keys.revoke(paths.KEYS, args.name)
        print(f"{args.name} is a stranger from now on")
    else:
        for name in sorted(keys.clients(paths.KEYS).values()):
            print(name)
    return 0
