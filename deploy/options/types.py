"""What flags say that several verbs understand, from text to value; argparse turns the errors into a line and the usage."""

import argparse
import shlex
from urllib.parse import urlsplit

from actors import EnsembleError
from actors.wire.parameters import VISITORS, Lookahead
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
        raise argparse.ArgumentTypeError(f"{text!r} is no address: write HOST or HOST:PORT")
    return host, int(port or PUBLIC_PORT)


def parse_page(text: str) -> tuple[str, int]:
    """`8080` of this machine alone, or `0.0.0.0:8080`."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no place for a page: write PORT or HOST:PORT")
    return host.strip("[]") or LOOPBACK, int(port)


def parse_page_address(text: str) -> str:
    """`https://chorus.example/`, as it is to be shown."""
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and url.hostname and (url.port or 1) and text.isprintable()
    except ValueError:
        whole = False
    if not whole or len(text) > LONGEST_ADDRESS:
        raise argparse.ArgumentTypeError(f"{text!r} is no address of a page: write http://HOST:PORT/")
    return text


def parse_share(text: str) -> float:
    """Of the mix that visitors may have."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= VISITORS.high:
        raise argparse.ArgumentTypeError(f"{text!r} is no share for visitors: give 0 to {VISITORS.high:g}")
    return share


def slugs(text: str) -> list[str]:
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
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds, or inf")
    return seconds


def parse_lookahead(text: str) -> Lookahead:
    """`8x4`: eight hypotheses, four characters deep; `auto`: as far as there is time."""
    if text == "auto":
        return Lookahead(auto=True)
    width, _, depth = text.partition("x")
    try:
        made = Lookahead(int(width), int(depth))
        made.check()
    except (ValueError, EnsembleError) as e:
        raise argparse.ArgumentTypeError(f"{text!r} is no lookahead: write WIDTHxDEPTH, such as 8x4 ({e})") from None
    return made


def parse_rate(text: str) -> float:
    """Characters a second; `max` is infinity, as fast as it goes."""
    try:
        rate = float("inf" if text == "max" else text)
    except ValueError:
        rate = -1.0
    if not rate > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate: give characters a second, or max")
    return rate


def parse_size(text: str) -> tuple[int, int]:
    """`1920x1080`."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) >= 320 and int(height) >= 240):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write WIDTHxHEIGHT, at least 320x240")
    return int(width), int(height)
