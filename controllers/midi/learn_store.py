"""What was learnt on a device, and the file in which it is kept: a control is one style's, over what the map says of it.

Written whole or not at all after every lesson's step, read when the device is played again.
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
    """A port's name without the numbers that change with every plugging in."""
    return re.sub(r"(\s+\d+:\d+|\s+\d+)+$", "", port).strip() or port


def folder(environ: Mapping[str, str]) -> Path:
    """Where what was learnt is kept."""
    return config(environ) / "midi"


def file(device: str, where: Path) -> Path:
    return where / (re.sub(r"[^\w.-]+", "-", device).strip("-.") + ".toml")


def load(path: Path) -> dict[Address, str]:
    """What was learnt on a device: nothing, where there is no file. Raises ControllerError."""
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
    """Whole or not at all. Raises ControllerError."""
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
    """Raises ControllerError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as e:
        raise ControllerError(f"{path} cannot be removed: {e.strerror}") from e


def with_learnt(learnt: Mapping[Address, str], address: Address, slug: str) -> dict[Address, str]:
    """One more learnt: a style has one learnt control, a control one style."""
    return {**{a: s for a, s in learnt.items() if s != slug and a != address}, address: slug}


def _row(row: object, advice: str) -> tuple[Address, str]:
    match row:
        case {"style": str(slug), "kind": str(word), "channel": int(channel), "number": int(number)}:
            kinds = [kind for kind in Kind if kind.value == word]
            if kinds and 0 <= channel <= 16 and 0 <= number <= MOST[kinds[0]]:
                return Address(kinds[0], channel, number), slug
    raise ControllerError(advice)
