"""`chorus keys`: makes, lists and revokes the keys of clients on other machines."""

from dataclasses import dataclass
from pathlib import Path

from actors.wire import keys
from deploy import paths
from deploy.options.settings import Action, argument, flag

SUMMARY = "say who may hear and conduct from another machine"
HELP = """\
chorus keys new projector      makes projector.key, to be brought to that machine
chorus keys revoke projector   takes it back, also while the text runs
chorus keys list"""


@dataclass(frozen=True, kw_only=True)
class AllKeys:
    """No key more than another."""


@dataclass(frozen=True, kw_only=True)
class OneKey:
    name: str = argument("who it is for, such as projector or phone-of-mara")


@dataclass(frozen=True, kw_only=True)
class NewKey(OneKey):
    out: Path | None = flag(None, "the file to hand over (default: NAME.key here)")


def new(key: NewKey) -> None:
    out = key.out or Path(f"{key.name}.key")
    keys.new(paths.KEYS, key.name, out)
    print(f"{out} is the key of {key.name}: bring it to that machine, and keep it secret")


def revoke(key: OneKey) -> None:
    keys.revoke(paths.KEYS, key.name)
    print(f"The key of {key.name} is revoked: whoever holds it can neither listen nor conduct any more")


def show(_: AllKeys) -> None:
    for name in sorted(keys.clients(paths.KEYS).values()):
        print(name)


ACTIONS = {
    "new": Action(NewKey, "make a key for one client", new),
    "revoke": Action(OneKey, "take a key back, also while the text runs", revoke),
    "list": Action(AllKeys, "whose keys are good", show),
}
