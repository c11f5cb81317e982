"""`chorus serve`: the ensemble without a window and without a terminal, for a machine that is looked at from elsewhere."""

import argparse
from dataclasses import replace

from deploy.options import play as options
from deploy.verbs import play

SUMMARY = "play without a window, for a machine that is looked at from elsewhere"
HELP = """\
As chorus play, without window and text: chorus window and chorus status look at it, --public lets other machines in.
Recorded like a performance with a window."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_arguments(parser, window=False)


def run(args: argparse.Namespace) -> None:
    if config := options.configured(vars(args)):
        rate = play.RATE_CPS if config.rate is None else config.rate
        journal = config.journal or play.new_journal()
        play.perform(replace(config, headless=True, rate=rate, journal=journal), silent=True)
