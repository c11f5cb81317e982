"""`chorus window`: one more window onto an ensemble, here or from another machine; it comes back by itself when lost."""

import argparse
from dataclasses import asdict
from pathlib import Path

from actors import keys
from actors.wire import Endpoints, Public
from deploy import UsageError, running
from deploy.play import has_display, keep_window, parse_public, parse_size
from deploy.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--connect",
        type=parse_public,
        metavar="HOST[:PORT]",
        help="an ensemble that plays with --public at this address",
    )
    parser.add_argument("--key", type=Path, help="the key that was made for this machine (chorus keys new NAME)")
    parser.add_argument("--session", help="which session, if several are playing on this machine")
    parser.add_argument("--size", type=parse_size, default=(1280, 800), metavar="WxH", help="(default: 1280x800)")
    parser.add_argument("--fullscreen", action="store_true")


def run(args: argparse.Namespace) -> int:
    if not has_display():
        raise UsageError("there is no display here")
    endpoints = find(args)
    try:
        with Session() as session:
            told = {"endpoints": asdict(endpoints), "cards": [], "size": args.size, "fullscreen": args.fullscreen}
            return keep_window(session, told)
    except KeyboardInterrupt:
        return 130


def find(args: argparse.Namespace) -> Endpoints:
    """What `--connect`, `--key` and `--session` say. Raises UsageError for an address without a key."""
    if not args.connect:
        return running.find(args.session)
    if not args.key:
        raise UsageError("--connect takes the key of this machine: --key FILE, made there with  chorus keys new NAME")
    keys.read(args.key)  # what is no key is refused here
    host, port = args.connect
    return Public(host, port, Path()).endpoints(args.key.resolve())
