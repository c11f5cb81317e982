"""`chorus control KIND`: plays a controller, for an ensemble on this machine or, with a key, on another."""

import argparse

from rich.console import Console

from controllers import runner
from deploy.options.connection import Connection
from deploy.options.settings import add_flags, make, settings
from deploy.session import discovery, signals

SUMMARY = "play a controller: MIDI, a hand over a Leap Motion, gestures, …"
HELP = (
    """\
Any number of hands play at once, on any machine, and may come and go while the text runs:
"""
    + "\n".join(f"  chorus control {kind:10} {what}" for kind, what in runner.KINDS.items())
    + """
chorus control KIND --help says what each understands. Who decides when several hands reach for the same style: whoever
touched it last, for some seconds (chorus play --release); then a hand that stands there takes it back."""
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", help=f"one of: {', '.join(runner.KINDS)}")
    parser.add_argument("flags", nargs=argparse.REMAINDER, help="its flags:  chorus control KIND --help")


def run(args: argparse.Namespace) -> None:
    where = argparse.ArgumentParser(add_help=False)
    add_flags(where, settings(Connection))
    flags = runner.parsed([args.kind, *args.flags], [where])
    module = runner.module_of(args.kind)
    console = Console(stderr=True, highlight=False)
    if answer := getattr(module, "asked", lambda _: "")(flags):
        print(answer)
        return

    def tell(line: str) -> None:
        console.print(f"{flags.name}: {line}", markup=False)

    signals.interruptible()
    runner.perform(flags, discovery.chosen(make(Connection, vars(flags))), tell, lambda: False)
