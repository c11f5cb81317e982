"""`chorus window`: one more window onto an ensemble, here or from another machine; it comes back by itself when lost."""

import argparse
from dataclasses import asdict

from deploy import UsageError, running
from deploy.flags import parse_size
from deploy.play import has_display, keep_window
from deploy.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    running.add_arguments(parser)
    parser.add_argument("--size", type=parse_size, default=(1280, 800), metavar="WxH", help="(default: 1280x800)")
    parser.add_argument("--fullscreen", action="store_true")


def run(args: argparse.Namespace) -> int:
    if not has_display():
        raise UsageError("there is no display here")
    endpoints = running.chosen(args)
    try:
        with Session() as session:
            told = {"endpoints": asdict(endpoints), "cards": [], "size": args.size, "fullscreen": args.fullscreen}
            return keep_window(session, None, told)
    except KeyboardInterrupt:
        return 130
