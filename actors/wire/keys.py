"""CURVE keys: made for each client on another machine, and revoked here.

The folder holds `server.toml`, the ensemble's own pair, and a `clients/NAME.toml` with the public half of every client. The
secret half goes to the client, in a file that also says by which key it will know the ensemble. Loads without Ray.
"""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import zmq

from actors import EnsembleError


@dataclass(frozen=True)
class Pair:
    """A CURVE key pair, as ZeroMQ writes it: Z85 text of 40 characters each."""

    public: str
    secret: str

    @classmethod
    def make(cls) -> "Pair":
        public, secret = zmq.curve_keypair()
        return cls(public.decode(), secret.decode())


@dataclass(frozen=True)
class ClientKey:
    """A client's file: its own pair, and the ensemble's public key."""

    own: Pair
    server: str


def server(folder: Path) -> Pair:
    """The ensemble's own pair, made when there is none."""
    path = folder / "server.toml"
    if not path.exists():
        pair = Pair.make()
        _write(path, {"public": pair.public, "secret": pair.secret})
    record = _read(path, ("public", "secret"))
    return Pair(record["public"], record["secret"])


def new(folder: Path, name: str, out: Path) -> None:
    """A key for the client `name`, written to `out`. Raises EnsembleError if the name is taken or cannot be one."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise EnsembleError(f"{name!r} is no name for a key: use small letters, digits and -")
    path = folder / "clients" / f"{name}.toml"
    if path.exists():
        raise EnsembleError(f"there is a key {name} already: choose another name, or revoke it first")
    pair = Pair.make()
    _write(out, {"public": pair.public, "secret": pair.secret, "server": server(folder).public})
    _write(path, {"public": pair.public})


def revoke(folder: Path, name: str) -> None:
    """Revokes a key, also while the text runs. Raises EnsembleError when there is none of that name."""
    try:
        (folder / "clients" / f"{name}.toml").unlink()
    except OSError as e:
        there = ", ".join(sorted(clients(folder).values())) or "none"
        raise EnsembleError(f"there is no key {name!r}; there are: {there}") from e


def clients(folder: Path) -> dict[str, str]:
    """Public key -> name, of all clients that are let in. A file that cannot be read lets none in."""
    known = {}
    for path in (folder / "clients").glob("*.toml"):
        try:
            known[_read(path, ("public",))["public"]] = path.stem
        except EnsembleError:
            continue
    return known


def read(path: Path) -> ClientKey:
    """A client's file. Raises EnsembleError if it is none."""
    record = _read(path, ("public", "secret", "server"))
    return ClientKey(Pair(record["public"], record["secret"]), record["server"])


def _read(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    try:
        record = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise EnsembleError(f"cannot read the key {path}: {e}") from e
    found = {name: str(record.get(name, "")) for name in names}
    if any(not re.fullmatch(r"[!-~]{40}", key) for key in found.values()):
        raise EnsembleError(f"{path} is no key of Chorus: make one with  chorus keys new NAME")
    return found


def _write(path: Path, record: dict[str, str]) -> None:
    """Readable by its owner alone, never over a file that is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(
                f'{name} = "{key}"\n' for name, key in record.items()
            )  # Z85 knows neither quote nor backslash
    except OSError as e:
        raise EnsembleError(f"cannot write the key {path}: {e.strerror}") from e
