"""`chorus serve`: the ensemble without a window and without a terminal, for a machine that is looked at from elsewhere."""

import argparse

from deploy.options import play as options
from deploy.verbs import play


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_arguments(parser, window=False)


def run(args: argparse.Namespace) -> int:
    args.headless, args.quiet = True, True
    args.rate = args.rate if args.rate is not None else play.RATE_CPS
    args.journal = args.journal or play.new_journal()
    return play.run(args)
