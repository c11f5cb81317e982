"""`chorus window`: more windows onto an ensemble, here or from another machine; they come back by themselves when lost."""

import argparse
import signal

from deploy import UsageError, running, windows
from deploy.play import has_display
from deploy.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    running.add_arguments(parser)
    windows.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if not has_display():
        raise UsageError("there is no display here")
    endpoints = running.chosen(args)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with Session() as session:
            return windows.keep(session, None, windows.told(args, endpoints, []))
    except KeyboardInterrupt:
        return 130
