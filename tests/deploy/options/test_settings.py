"""Fields of a dataclass become flags, and what is not given leaves the default."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.options.settings import add_flags, argument, flag, make, settings


@dataclass(frozen=True, kw_only=True)
class Config:
    text: Path | None = argument("a text", None)
    rate: float = flag(1.5, "characters a second")
    styles: list[Path] = flag([], "one more folder", many=True)
    join: float | None = flag(None, "join with this weight", bare=0.0)
    quiet: bool = flag(False, "say nothing")


def read(*words: str) -> Config:
    parser = argparse.ArgumentParser()
    add_flags(parser, settings(Config))
    return make(Config, vars(parser.parse_args(words)))


def test_what_is_not_given_has_its_default() -> None:
    assert read() == Config()


def test_every_kind_of_field_is_read() -> None:
    given = read("a.txt", "--rate", "3", "--styles", "x", "--styles", "y", "--join", "--quiet")
    assert given == Config(text=Path("a.txt"), rate=3.0, styles=[Path("x"), Path("y")], join=0.0, quiet=True)
    assert read("--join", "0.5").join == 0.5


def test_a_wrong_value_ends_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read("--rate", "fast")
    assert "'fast' is not a number" in capsys.readouterr().err
