"""`chorus window`: more windows onto an ensemble, here or from another machine; they come back by themselves when lost."""

import argparse
import signal

from deploy import UsageError
from deploy.session import discovery, windows
from deploy.session.session import Session
from deploy.verbs.play import has_display


def add_arguments(parser: argparse.ArgumentParser) -> None:
    discovery.add_arguments(parser)
    windows.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if not has_display():
        raise UsageError("there is no display here")
    endpoints = discovery.chosen(args)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with Session() as session:
            return windows.keep(session, None, windows.configs(args, endpoints, []))
    except KeyboardInterrupt:
        return 130
