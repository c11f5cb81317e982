"""Settings as the fields of a dataclass: every field is a flag, and what the flags say makes the object.

    @dataclass(frozen=True, kw_only=True)
    class ReplayConfig:
        journal: Path = argument("as chorus play records it")
        speed: float = flag(1.0, "4: four times as fast", metavar="X", read=parse_speed)

`add_flags(parser, ReplayConfig)` adds JOURNAL and --speed, `make(ReplayConfig, vars(args))` makes the object. How a text is
read follows from the field's type, unless `read` says otherwise; `write` makes a value that TOML has of what was read.
"""

import argparse
import dataclasses
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")
SWITCHED = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting. `read` raises ValueError or argparse.ArgumentTypeError, with a line for the author of the text."""

    name: str
    help: str
    default: Any = None
    read: Callable[[str], Any] = str
    write: Callable[[Any], Any] = str
    metavar: str | None = None
    group: str = ""
    choices: Container[Any] | None = None
    many: bool = False  # every use of the flag adds one
    switch: bool = False
    positional: bool = False
    required: bool = False
    nargs: str | None = None
    bare: Any = None  # the value of a flag that is given without one
    key: str = ""  # in flags and files; empty: made of the name

    def add_to(self, parser: "argparse._ActionsContainer", negatable: bool) -> None:
        """Add its flag, which leaves nothing behind unless it is given. `negatable`: --no-NAME takes a switch back."""
        words: dict[str, Any] = {"help": self._help.replace("%", "%%"), "default": argparse.SUPPRESS}
        if self.switch:
            negatable = negatable and not self.key.startswith("no-")
            words["action"] = argparse.BooleanOptionalAction if negatable else "store_true"
        else:
            words |= {"type": self._read_flag, "metavar": self.metavar, "choices": self.choices}
            words |= {"action": "append"} if self.many else {}
            optional = self.bare is not None or (self.positional and not self.required)
            words |= {"nargs": self.nargs or ("?" if optional else None)}
            words |= {"const": self.bare} if self.bare is not None else {}
        if self.positional:
            parser.add_argument(self.name, **words)
        else:
            parser.add_argument(f"--{self.key}", dest=self.name, required=self.required, **words)

    @property
    def _help(self) -> str:
        if self.switch or self.default in (None, "", [], {}) or "(default" in self.help:
            return self.help
        default = self.write(self.default)
        return f"{self.help} (default: {f'{default:g}' if isinstance(default, float) else default})".lstrip()

    def _read_flag(self, text: str) -> Any:
        if text is argparse.SUPPRESS:  # argparse reads this default of an optional argument like a text
            return text
        try:
            return self.read(text)
        except ValueError as e:
            raise argparse.ArgumentTypeError(str(e)) from e


@dataclass(frozen=True)
class Action:
    """One of several things that a verb can do, with the class of its settings."""

    config: type
    summary: str
    run: Callable[[Any], int | None]


def flag(default: Any, help: str, **more: Any) -> Any:
    """A field of a dataclass that is a flag; `more` are fields of `Setting`."""
    metadata = {"help": help, **more}
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def argument(help: str, default: Any = MISSING, **more: Any) -> Any:
    """A field that is an argument without a flag; one without a `default` has to be given."""
    return dataclasses.field(default=default, metadata={"help": help, "positional": True, **more})


def settings(kind: type) -> list[Setting]:
    """The settings of a dataclass, in its order."""
    hints = get_type_hints(kind)
    return [_setting(field, hints[field.name]) for field in dataclasses.fields(kind) if field.metadata]


def add_flags(parser: argparse.ArgumentParser, made: Iterable[Setting], negatable: bool = False) -> None:
    groups: dict[str, argparse._ActionsContainer] = {"": parser}
    for setting in made:
        if setting.group not in groups:
            groups[setting.group] = parser.add_argument_group(setting.group)
        setting.add_to(groups[setting.group], negatable)


def make(kind: type[T], values: Mapping[str, Any]) -> T:
    """The object of a dataclass, of those of `values` that are its fields."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})


def read_switch(text: str) -> bool:
    if text.lower() not in SWITCHED:
        raise ValueError(f"{text!r} is neither true nor false")
    return SWITCHED[text.lower()]


def read_whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


READ: dict[type, Callable[[str], Any]] = {bool: read_switch, int: read_whole, float: read_number, Path: Path, str: str}


def as_it_is(value: Any) -> Any:
    return value


def _setting(field: "dataclasses.Field[Any]", hint: Any) -> Setting:
    plain = next((kind for kind in (hint, *get_args(hint)) if kind in READ), str)
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    found: dict[str, Any] = {"read": READ[plain], "switch": hint is bool}
    found |= {"write": as_it_is} if plain in (bool, int, float) else {}
    missing = default is MISSING
    found["key"] = field.name.replace("_", "-")
    return Setting(name=field.name, default=None if missing else default, required=missing, **found | field.metadata)
