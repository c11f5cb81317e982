"""A process that another of ours starts: its configuration is one line of standard input, whose end is its own end."""

import json
import os
import select
import sys
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
REFUSED = 2  # exit code of a process that has said in one line why it cannot run: started again, it would say the same


def encode(config: Any) -> bytes:
    """The line of a dataclass or msgspec struct, which may hold paths and infinity, as JSON proper may not."""
    return json.dumps(msgspec.to_builtins(config, enc_hook=str)).encode() + b"\n"


def read_config(kind: type[T]) -> T:
    """The configuration of this process. One that cannot be read ends it, with one line and exit code 2."""
    try:
        return msgspec.convert(json.loads(sys.stdin.readline()), kind, dec_hook=lambda kind, value: kind(value))
    except (ValueError, msgspec.MsgspecError) as e:
        print(f"no {kind.__name__} on standard input: {e}", file=sys.stderr, flush=True)  # noqa: T201 - the session's log
        raise SystemExit(REFUSED) from e


def input_ended() -> bool:
    """True when standard input has ended: then the process that started this one is gone."""
    try:
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(ready) and not os.read(sys.stdin.fileno(), 4096)
    except (OSError, ValueError):
        return True
