"""Settings that name an ensemble: on this machine or, with a key, on another."""

from dataclasses import dataclass
from pathlib import Path

from deploy.options.settings import flag
from deploy.options.types import parse_public

WHICH = "which ensemble"


@dataclass(frozen=True, kw_only=True)
class LocalSession:
    session: str | None = flag(None, "which session, if several are playing on this machine")


@dataclass(frozen=True, kw_only=True)
class Connection:
    session: str | None = flag(None, "of several that are playing on this machine", group=WHICH)
    connect: tuple[str, int] | None = flag(
        None, "one that plays with --public at this address", metavar="HOST[:PORT]", read=parse_public, group=WHICH
    )
    key: Path | None = flag(None, "the key that was made for this machine (chorus keys new NAME)", group=WHICH)
