"""`chorus osc`: the OSC address space as a table, or a ready session for Open Stage Control."""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from controllers.osc import addresses as osc_addresses
from controllers.osc import open_stage_control
from controllers.osc.open_stage_control import Shown
from deploy import UsageError
from deploy.options.settings import flag
from deploy.options.styles import ChosenStyles, installed

SUMMARY = "print the OSC address space, or make a surface that plays it"
HELP = """\
chorus osc                              the addresses, as a table
chorus osc --session chorus.json        a session for Open Stage Control, with a fader for every installed style
Surfaces that speak OSCQuery find the addresses and the present values at http://127.0.0.1:9000 while Chorus plays; what is
opened to others with  chorus play --osc-host  is announced on the network by zeroconf."""


def parse_target(text: str) -> str:
    """`192.168.1.5:9000`."""
    host, _, port = text.rpartition(":")
    if not all(c.isalnum() or c in ".-" for c in host) or not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not an address: write HOST:PORT, such as 192.168.1.5:9000")
    return text


@dataclass(frozen=True, kw_only=True)
class OscConfig(ChosenStyles):
    session: str | None = flag(
        None, "write a session for Open Stage Control to FILE (default: print it)", metavar="FILE", bare="-"
    )
    target: str = flag(
        "127.0.0.1:9000",
        "where Chorus listens for OSC, as the surface's server sees it",
        metavar="HOST:PORT",
        read=parse_target,
    )


def run(config: OscConfig) -> None:
    if config.session is None:
        print(osc_addresses.markdown())
        return
    styles = installed(config.styles, config.only)
    if not styles:
        raise UsageError('no style is installed: train one with  chorus train TEXT --name "Title"')
    shown = [Shown(style.slug, style.title, style.colour) for style in styles.values()]
    text = json.dumps(open_stage_control.session(shown, config.target), indent=2, ensure_ascii=False) + "\n"
    if config.session == "-":
        sys.stdout.write(text)
        return
    try:
        Path(config.session).write_text(text, encoding="utf-8")
    except OSError as e:
        raise UsageError(f"the session {config.session} cannot be written: {e.strerror}") from e
    print(f"{len(shown)} styles in {config.session}: open it with Open Stage Control", file=sys.stderr)
