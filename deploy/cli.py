"""The `chorus` command: reads the flags, runs one verb, turns a known error into one line."""

import argparse
import sys

from actors import EnsembleError
from deploy import play, train
from models import ModelsError


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chorus")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("train")
    train.add_arguments(verb)
    verb.set_defaults(run=train.run)
    verb = verbs.add_parser("play")
    play.add_arguments(verb)
    verb.set_defaults(run=play.run)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except (ModelsError, EnsembleError, play.UsageError) as e:
        print(f"chorus: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
