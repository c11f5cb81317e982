"""Settings that choose styles, and the styles that they choose."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.options.settings import flag
from deploy.options.types import parse_slugs
from models import ModelsError, package
from models.package import Style


@dataclass(frozen=True, kw_only=True)
class StyleFolders:
    styles: list[Path] = flag([], "one more folder of style packages", many=True)


@dataclass(frozen=True, kw_only=True)
class ChosenStyles(StyleFolders):
    only: list[str] | None = flag(
        None, "these styles and no others (default: all)", metavar="STYLE,…", read=parse_slugs, write=",".join
    )


def installed(folders: Sequence[Path], only: Sequence[str] | None = None) -> dict[str, Style]:
    """Styles by slug, kindred ones side by side; a package that cannot be read is left out, with a line.

    Raises ModelsError for a name in `only` that is not there.
    """
    return package.only(package.installed(package.roots(folders), _complain), only)


def _complain(error: ModelsError) -> None:
    print(f"chorus: left out: {error}", file=sys.stderr)
