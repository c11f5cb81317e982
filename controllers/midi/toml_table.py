"""Strict reading of TOML tables: every key must be known, and every value be of its kind; errors name what is not."""

import re
from collections.abc import Collection
from typing import Any

from controllers import ControllerError


class Table:
    """A TOML table, read key by key. All methods raise ControllerError."""

    def __init__(self, table: dict[str, Any], where: str) -> None:
        self._left = dict(table)
        self._where = where

    def wrong(self, what: str) -> ControllerError:
        return ControllerError(f"{self._where}: {what}")

    def nothing_else(self) -> None:
        if self._left:
            raise self.wrong(f"unknown key {next(iter(self._left))!r}")

    def has(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str, default: str) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            raise self.wrong(f"{key} is a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(f"{key} is a list of texts")
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise self.wrong(f"{key} is true or false")
        return value

    def number(self, key: str, default: float, least: float, most: float) -> float:
        value = self._left.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(f"{key} is a number from {least:g} to {most:g}")
        return float(value)

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self._left.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(f"{key} is a whole number from {least} to {most}")
        return value

    def numbers(self, key: str, most: int) -> tuple[int, ...]:
        """A number, a list of them, or a text of numbers and ranges, "0-7 16"."""
        value = self._left.pop(key, None)
        if isinstance(value, int) and not isinstance(value, bool):
            value = [value]
        if isinstance(value, str):
            value = [number for word in value.split() for number in _range(word)]
        whole = isinstance(value, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in value)
        if not value or not whole or not all(0 <= number <= most for number in value):
            raise self.wrong(f'{key} is numbers from 0 to {most}, as in "0-7 16"')
        return tuple(value)

    def word(self, key: str, words: Collection[str]) -> str:
        """One of `words`; empty if the key is missing."""
        value = self._left.pop(key, "")
        if value not in (*words, ""):
            raise self.wrong(f"{key} is one of {', '.join(words)}, not {value!r}")
        return str(value)

    def table(self, key: str) -> "Table":
        value = self._left.pop(key)
        if not isinstance(value, dict):
            raise self.wrong(f"{key} is a table")
        return Table(value, f"{self._where}, {key}")

    def tables(self, key: str) -> list["Table"]:
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(f"{key} are tables, each under [[{key}]]")
        return [Table(one, f"{self._where}, row {n}") for n, one in enumerate(value, 1)]


def _range(word: str) -> list[int]:
    """The numbers of a word such as `3` or `0-7`; [-1], which is in no range, for any other."""
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", word)
    if not found:
        return [-1]
    first, last = int(found[1]), int(found[2] or found[1])
    return list(range(first, last + 1)) or [-1]
