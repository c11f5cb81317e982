"""MIDI learn: which control was touched for which style, and the file in which that is kept for each device."""

import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import tomli_w

from controllers import ControllerError
from controllers.midi.touch import MOST, Address, Kind, Touch

TRAVEL = 6 / 127  # a control is meant when it went so far: a worn one trembles by a step or two


class Lesson:
    """The styles to be learnt, one after the other; without any named, all there are in their order."""

    def __init__(self, slugs: Sequence[str] = ()) -> None:
        self._left = list(slugs)
        self._all = not slugs
        self._checked = False
        self.learnt: set[Address] = set()
        self._travelled: dict[Address, tuple[float, float]] = {}

    def styles_are(self, styles: Sequence[str]) -> None:
        """To be told before every touch. Raises ControllerError once, when a style that was named is not among them."""
        if self._checked or not styles:
            return
        self._checked = True
        if self._all:
            self._left = list(styles)
        for slug in self._left:
            if slug not in styles:
                raise ControllerError(
                    f"there is no style {slug!r} here to learn a control for: there are {', '.join(styles)}"
                )

    @property
    def over(self) -> bool:
        return not self._left and not (self._all and not self._checked)

    @property
    def asks(self) -> str:
        """What whoever is at the device should do now."""
        return f"move the control for {self._left[0]}" if self._left else ""

    def heard(self, touch: Touch) -> str:
        """The slug that this touch's control stands for from now on; empty while it may have been an accident."""
        low, high = self._travelled.get(touch.address, (touch.position, touch.position))
        low, high = min(low, touch.position), max(high, touch.position)
        self._travelled[touch.address] = (low, high)
        if not self._left or high - low < TRAVEL:
            return ""
        self._travelled.clear()
        self.learnt.add(touch.address)
        return self._left.pop(0)


def device_name(port: str) -> str:
    """A port's name without the numbers that change with every plugging in."""
    return re.sub(r"(\s+\d+:\d+|\s+\d+)+$", "", port).strip() or port


def folder(environ: Mapping[str, str]) -> Path:
    """Where what was learnt is kept."""
    home = environ.get("XDG_CONFIG_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path(environ.get("HOME") or Path.home()) / ".config"
    return base / "chorus" / "midi"


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
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, suffix=".new", delete=False) as new:
            tomli_w.dump({"device": device, "learnt": rows}, new)
        os.replace(new.name, path)
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


def slugs(argument: str) -> Iterable[str]:
    """Those of a command line's "shakespeare,linux-c"."""
    return (slug.strip() for slug in argument.split(",") if slug.strip())


def _row(row: object, advice: str) -> tuple[Address, str]:
    match row:
        case {"style": str(slug), "kind": str(word), "channel": int(channel), "number": int(number)}:
            kinds = [kind for kind in Kind if kind.value == word]
            if kinds and 0 <= channel <= 16 and 0 <= number <= MOST[kinds[0]]:
                return Address(kinds[0], channel, number), slug
    raise ControllerError(advice)
