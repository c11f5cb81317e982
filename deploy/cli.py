"""The `chorus` command: reads the flags, runs one verb, turns a known error into one line."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, get_type_hints

# a Ctrl-C while modules are being loaded may be swallowed by the import machinery: until then it simply ends us
_on_interrupt = signal.signal(signal.SIGINT, signal.SIG_DFL)

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # what it prints is not ours to say

from actors import EnsembleError
from controllers import ControllerError
from deploy import UsageError, bench, doctor
from deploy.faults import faults
from deploy.options.settings import add_flags, make, settings
from models import ModelsError

signal.signal(signal.SIGINT, _on_interrupt)

NAMES = "play serve add remove status window replay control steer osc keys node styles train monolith evaluate"
VERBS: dict[str, ModuleType] = {name: importlib.import_module(f"deploy.verbs.{name}") for name in NAMES.split()}
VERBS |= {"doctor": doctor, "faults": faults, "bench": bench}


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return args.run(args) or 0
    except (ModelsError, EnsembleError, ControllerError, UsageError) as e:
        if args.debug:
            raise
        print(f"chorus: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The parser of all verbs: modules with `run(config)`, with several ACTIONS, or with arguments of their own."""
    top = argparse.ArgumentParser(
        prog="chorus",
        description="A live text instrument: dozens of character models sung together and conducted by hand.",
    )
    top.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, module in VERBS.items():
        form = argparse.RawDescriptionHelpFormatter
        verb = verbs.add_parser(name, help=module.SUMMARY, description=module.HELP, formatter_class=form)
        if hasattr(module, "add_arguments"):
            module.add_arguments(verb)
            verb.set_defaults(run=module.run)
        elif hasattr(module, "ACTIONS"):
            actions = verb.add_subparsers(dest="what", required=True, metavar="WHAT")
            for what, action in module.ACTIONS.items():
                _take(actions.add_parser(what, help=action.summary), action.run, action.config)
        else:
            _take(verb, module.run, get_type_hints(module.run)["config"])
    return top


def _take(verb: argparse.ArgumentParser, run: Callable[[Any], int | None], kind: type) -> None:
    """Give the parser the flags of `kind`, from which `run` is given an object."""
    add_flags(verb, settings(kind))
    verb.set_defaults(run=lambda args: run(make(kind, vars(args))))


if __name__ == "__main__":
    sys.exit(main())
