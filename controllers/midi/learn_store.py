"""The file of learnt controls of a device: each belongs to one style, whatever the map says of it.

Written whole or not at all after every step of a lesson, read when the device is played again.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from controllers import ControllerError
from controllers.midi.touch import MOST, Address, Kind
from models.atomic import replacing
from models.paths import config


def device_name(port: str) -> str:
    """A port's name without the numbers that change whenever it is plugged in."""
    return re.sub(r"(\s+\d+:\d+|\s+\d+)+$", "", port).strip() or port


def folder(environ: Mapping[str, str]) -> Path:
    """The folder of the files."""
    return config(environ) / "midi"


def file(device: str, where: Path) -> Path:
    return where / (re.sub(r"[^\w.-]+", "-", device).strip("-.") + ".toml")


def load(path: Path) -> dict[Address, str]:
    """The learnt controls of a device; none where there is no file. Raises ControllerError."""
    advice = f"{path} is no record of learnt MIDI controls: mend it, or remove it with --forget"
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as e:
        raise ControllerError(f"{advice} ({e})") from e
    rows = table.get("learnt", [])
    if not isinstance(rows, list):
        raise ControllerError(advice)
    return dict(_row(row, advice) for row in rows)


def save(path: Path, device: str, learnt: Mapping[Address, str]) -> None:
    """Writes the file, whole or not at all. Raises ControllerError."""
    rows = [
        {"style": slug, "kind": address.kind.value, "channel": address.channel, "number": address.number}
        for address, slug in learnt.items()
    ]
    try:
        with replacing(path) as part:
            part.write_text(tomli_w.dumps({"device": device, "learnt": rows}), "utf-8")
    except OSError as e:
        raise ControllerError(f"what was learnt cannot be kept in {path}: {e.strerror}") from e


def forget(path: Path) -> None:
    """Removes the file. Raises ControllerError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as e:
        raise ControllerError(f"{path} cannot be removed: {e.strerror}") from e


def with_learnt(learnt: Mapping[Address, str], address: Address, slug: str) -> dict[Address, str]:
    """With one more: a style has one learnt control, and a control one style."""
    return {**{a: s for a, s in learnt.items() if s != slug and a != address}, address: slug}


def _row(row: object, advice: str) -> tuple[Address, str]:
    match row:
        case {"style": str(slug), "kind": str(word), "channel": int(channel), "number": int(number)}:
            kinds = [kind for kind in Kind if kind.value == word]
            if kinds and 0 <= channel <= 16 and 0 <= number <= MOST[kinds[0]]:
                return Address(kinds[0], channel, number), slug
    raise ControllerError(advice)
