"""Values of settings that are more than a number or a word: from text, and back into what was read."""

import argparse
import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit

from controllers import runner

PUBLIC_PORT = 7010  # and the next
LOOPBACK = "127.0.0.1"
LONGEST_ADDRESS = 200  # characters, as the desk takes them


def parse_mix(text: str) -> dict[str, float]:
    """`shakespeare=0.6,linux-c=0.4`; a name alone weighs 1."""
    mix: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        slug, _, weight = part.partition("=")
        try:
            mix[slug.strip()] = float(weight or 1)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{part!r} is not STYLE=WEIGHT, such as shakespeare=0.6") from None
    return mix


def parse_places(text: str) -> dict[str, str]:
    """`shakespeare=gpu,kant=10.0.0.3`."""
    places = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    if len(places) < len([part for part in text.split(",") if part]):
        raise argparse.ArgumentTypeError(f"{text!r} is not STYLE=WHERE,STYLE=WHERE")
    return places


def parse_public(text: str) -> tuple[str, int]:
    """`192.168.1.5` or `192.168.1.5:7010`."""
    host, _, port = text.partition(":")
    if not host or not (port or str(PUBLIC_PORT)).isdecimal() or not 0 < int(port or PUBLIC_PORT) < 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address: write HOST or HOST:PORT")
    return host, int(port or PUBLIC_PORT)


def parse_page(text: str) -> tuple[str, int]:
    """`8080` of this machine alone, or `0.0.0.0:8080`."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address for a page: write PORT or HOST:PORT")
    return host.strip("[]") or LOOPBACK, int(port)


def parse_page_address(text: str) -> str:
    """`https://chorus.example/`, as it is to be shown."""
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and url.hostname and (url.port or 1) and text.isprintable()
    except ValueError:
        whole = False
    if not whole or len(text) > LONGEST_ADDRESS:
        raise argparse.ArgumentTypeError(f"{text!r} is not the address of a page: write http://HOST:PORT/")
    return text


def parse_slugs(text: str) -> list[str]:
    """`shakespeare,linux-c`."""
    return [slug.strip() for slug in text.split(",") if slug.strip()]


def parse_control(text: str) -> list[str]:
    """`midi --port nano` as words."""
    try:
        words = shlex.split(text)
        if not words or words[0] not in runner.KINDS:
            raise ValueError(f"there is no controller {text!r}; there are {', '.join(runner.KINDS)}")
    except ValueError as e:
        raise argparse.ArgumentTypeError(str(e)) from e
    return words


def parse_seconds(text: str) -> float:
    """Zero or more; `inf` is for good."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: give seconds, or inf")
    return seconds


def parse_size(text: str) -> tuple[int, int]:
    """`1920x1080`."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) >= 320 and int(height) >= 240):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write WIDTHxHEIGHT, at least 320x240")
    return int(width), int(height)


def write_size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def write_address(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def write_pairs(pairs: Mapping[str, float] | Mapping[str, str]) -> str:
    return ",".join(f"{slug}={value}" for slug, value in pairs.items())
