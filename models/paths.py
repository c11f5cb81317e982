"""Chorus's folders below the XDG base directories. Every package may import this module, which imports none of ours."""

import os
from collections.abc import Mapping
from pathlib import Path


def folder(variable: str, otherwise: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Chorus's folder below one base directory; by the specification, a relative one counts as unset."""
    base = Path(environ.get(variable, ""))
    return (base if base.is_absolute() else Path(environ.get("HOME") or Path.home()) / otherwise) / "chorus"


def config(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of what is written by hand or learnt from it: configuration, presets, keys, MIDI controls."""
    return folder("XDG_CONFIG_HOME", ".config", environ)


CONFIG = config()
STATE = folder("XDG_STATE_HOME", ".local/state")
CACHE = folder("XDG_CACHE_HOME", ".cache")
DATA = folder("XDG_DATA_HOME", ".local/share")

STYLES = DATA / "styles"  # those trained here
MONOLITH = DATA / "monolith"
ENGINES = CACHE / "engines"
GESTURES = DATA / "gestures"
