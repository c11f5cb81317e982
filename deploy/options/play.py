"""The configuration of `chorus play` and `chorus serve`: what decides a performance, and whether it can be played so.

A setting is taken from the flags; if not there, from the file (chorus.toml, or --config); if not there, from the
environment (CHORUS_RATE for --rate); else it has its default. `show` writes the file that says the same.
"""

import argparse
import difflib
import os
import shlex
import socket
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import tomli_w

from actors import EnsembleError
from actors.hands.fusion import RELEASE_S
from actors.mixing.mixture import check_weights
from actors.section.tape import MOST_NODES, SLOTS
from actors.wire import keys, parameters
from actors.wire.parameters import BOLDNESS, LOG_LINEAR, LOOKAHEAD, RATE, VISITORS, Lookahead, MixSettings, Parameter
from controllers import access
from controllers.score import read_file as read_score
from deploy import UsageError, paths
from deploy.options import types
from deploy.options.settings import Setting, add_flags, as_it_is, flag, settings
from deploy.options.styles import ChosenStyles
from deploy.options.windows import WindowOptions
from display.page.http_access import open_socket as open_page
from models import ModelsError, package
from models.monolith import package as monoliths
from models.monolith.package import Monolith
from models.package import Style

FEWEST_KNOWN = 2  # styles that a monolith has to know to be worth its process
MIX = {setting.name for setting in fields(MixSettings)}
BESIDE_THE_MIX = (RATE, LOOKAHEAD, BOLDNESS, VISITORS)  # parameters that have fields of their own below
CLUSTER = "on several machines, which are nodes already (chorus node)"
HANDS = "hands, see  chorus control --help"
OSC = "OSC"
PAGE = "the page, on which remote visitors read, and pull the mix together if admitted"


@dataclass(frozen=True, kw_only=True)
class PlayConfig(WindowOptions, ChosenStyles):
    """All that decides a performance, and how it is shown here. Live parameters are flags by `actors.wire.parameters`."""

    headless: bool = flag(False, "no window: print the text to standard output")
    chars: int = flag(0, "end after N characters (default: go on)", metavar="N")
    mix: dict[str, float] = flag(
        {}, "the weights to begin with", metavar="STYLE=WEIGHT,…", read=types.parse_mix, write=types.write_pairs
    )
    rate: float | None = None  # characters a second; None: 15, or as fast as it goes without a window
    settings: MixSettings = field(default_factory=MixSettings)
    lookahead: Lookahead = field(default_factory=Lookahead)
    visitors: float = VISITORS.default
    monolith: Path | None = flag(None, "another than your own, or the one that comes with Chorus", metavar="FOLDER")
    no_monolith: bool = flag(False, "do without: it takes one process")
    seed: int | None = flag(None, "same seed, same mix: the same text (waits for every style)")
    watch: list[Path] = flag([], "packages that appear there join", metavar="FOLDER", many=True)
    journal: Path | None = flag(None, "where the performance is recorded")
    public: tuple[str, int] | None = flag(
        None,
        "let displays and controllers on other machines in, at this address of ours, each with its key (chorus keys)",
        metavar="HOST[:PORT]",
        read=types.parse_public,
        write=types.write_address,
    )
    address: str = flag("", "the head of the cluster; this is a node of it", metavar="HOST:PORT", group=CLUSTER)
    place: dict[str, str] = flag(
        {},
        "on the node with this host, name or label, or on one with a gpu; the others go where there is room",
        metavar="STYLE=WHERE,…",
        read=types.parse_places,
        write=types.write_pairs,
        group=CLUSTER,
    )
    token: Path = flag(paths.TOKEN, "the cluster's secret", group=CLUSTER)
    control: list[list[str]] = flag(
        [],
        "play this controller too, with its flags: --control 'midi --port nano' (any number of times)",
        metavar="'KIND …'",
        read=types.parse_control,
        write=shlex.join,
        many=True,
        group=HANDS,
    )
    score: Path | None = flag(
        None, "a composed piece (chorus control score --help says what is in it)", metavar="FILE", group=HANDS
    )
    release: float = flag(
        RELEASE_S,
        "seconds that a touch counts before a hand that stands there takes the style back; inf: for good",
        metavar="S",
        read=types.parse_seconds,
        group=HANDS,
    )
    osc_host: str = flag("127.0.0.1", "address to listen at for OSC", group=OSC)
    osc_allow: list[access.Network] = flag(
        [],
        "who else is listened to: addresses or networks, such as 192.168.1.0/24 (default: this machine alone)",
        metavar="ADDRESS,…",
        read=access.networks,
        write=lambda networks: ",".join(map(str, networks)),
        group=OSC,
    )
    osc_port: int = flag(9000, "UDP port for OSC, and TCP port for OSCQuery; 0: none", group=OSC)
    osc_name: str = flag(
        "",
        "announce OSC by zeroconf under this name (default: with --osc-host, as Chorus on this machine)",
        metavar="NAME",
        group=OSC,
    )
    page: tuple[str, int] | None = flag(
        None,
        "serve it there: 8080 for browsers of this machine, 0.0.0.0:8080 for everyone on the network (default: none)",
        metavar="[HOST:]PORT",
        read=types.parse_page,
        write=types.write_address,
        group=PAGE,
    )
    page_address: str = flag(
        "",
        "where visitors find it, shown as a code; through a proxy, the proxy's (default: the address it is served at)",
        metavar="URL",
        read=types.parse_page_address,
        group=PAGE,
    )


def _live(parameter: Parameter) -> Setting:
    """The setting that a live parameter begins with."""
    rate = parameter == RATE  # whose default depends
    return Setting(
        name=parameter.name,
        key=parameter.name.replace("_", "-"),
        help=parameter.meaning + " (default: 15; headless: max)" * rate,
        default=None if rate else parameter.default,
        read=parameter.read_text,
        write=_write_lookahead if parameter == LOOKAHEAD else as_it_is,
        metavar=parameter.metavar or None,
        choices=parameter.choices if isinstance(parameter, parameters.Choice) else None,
    )


def _write_lookahead(lookahead: Lookahead) -> str:
    return "auto" if lookahead.auto else f"{lookahead.width}x{lookahead.depth}"


LIVE = [_live(parameter) for parameter in parameters.PARAMETERS if parameter.name in MIX or parameter in BESIDE_THE_MIX]
SETTINGS = [*settings(PlayConfig), *LIVE]
Found = dict[str, tuple[Any, str]]  # by a setting's name: its value, and where that comes from


def add_arguments(parser: argparse.ArgumentParser, window: bool = True) -> None:
    """Add the flags of all settings, without `window` those of windows."""
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"settings (default: {paths.PLAY_CONFIG})")
    parser.add_argument("--show-config", action="store_true", help="print what would be played as such a file, and end")
    shown = {"headless", *(setting.name for setting in fields(WindowOptions))}
    add_flags(parser, [s for s in SETTINGS if window or s.name not in shown], negatable=True)


def read(args: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> tuple[PlayConfig, Found]:
    """The configuration, and where each of its values that was given comes from. `args`: the flags by their names.

    Raises UsageError, with the file and the key or the variable, for what is no setting or no value of it.
    """
    found: Found = {}
    for setting in SETTINGS:
        if text := environ.get(_variable(setting)):
            found[setting.name] = _value(setting, text, _variable(setting)), _variable(setting)
    file = args.get("config") or paths.PLAY_CONFIG
    if args.get("config") or file.exists():
        found |= _read_file(file)
    found |= {s.name: (args[s.name], f"--{s.key}") for s in SETTINGS if s.name in args}
    values = {name: value for name, (value, _) in found.items()}
    boldness = values.pop(BOLDNESS.name, BOLDNESS.default)
    lookahead = replace(values.pop(LOOKAHEAD.name, LOOKAHEAD.default), boldness=boldness)
    mix = MixSettings(**{name: values.pop(name) for name in MIX if name in values})
    return PlayConfig(settings=mix, lookahead=lookahead, **values), found


def configured(args: Mapping[str, Any]) -> PlayConfig | None:
    """The configuration, or None when it was only to be shown."""
    config, found = read(args)
    if not args["show_config"]:
        return config
    print(show(found))
    return None


def show(found: Found) -> str:
    """The text of a file that says the same, with the origin of every value that was given."""
    lines, unset = ["# chorus play: above a setting that was given stands where it comes from"], []
    for setting in SETTINGS:
        value, source = found.get(setting.name, (setting.default, ""))
        if not source and value in (None, "", [], {}):
            unset.append(setting.key)
            continue
        written = [setting.write(each) for each in value] if setting.many else setting.write(value)
        lines += [f"# {source}"] if source else []
        lines.append(tomli_w.dumps({setting.key: written}).rstrip())
    return "\n".join([*lines, f"# not set: {', '.join(unset)}"])


def _variable(setting: Setting) -> str:
    return f"CHORUS_{setting.name.upper()}"


def _read_file(path: Path) -> Found:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise UsageError(f"{path} cannot be read: {e}") from e
    known = {setting.key: setting for setting in SETTINGS}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise UsageError(f"{path}: there is no setting {key!r}" + (f"; did you mean {near[0]}?" if near else ""))
    return {known[key].name: (_value(known[key], value, f"{path}: {key}"), str(path)) for key, value in table.items()}


def _value(setting: Setting, value: Any, where: str) -> Any:
    """The value that a text, or a value of TOML, means. Raises UsageError."""
    texts = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
    try:
        return [setting.read(text) for text in texts] if setting.many else setting.read(",".join(texts))
    except (ValueError, argparse.ArgumentTypeError) as e:
        raise UsageError(f"{where}: {e}") from e


def _text(value: Any) -> str:
    """The text that the flag would take: a table is a list of NAME=VALUE."""
    return types.write_pairs(value) if isinstance(value, dict) else str(value)


def check(config: PlayConfig, styles: dict[str, Style]) -> None:
    """Raises UsageError when the performance cannot be played so, with these styles."""
    if not styles:
        raise UsageError('no style is installed: train one with  chorus train TEXT --name "Title"')
    for slug in config.mix:
        if slug not in styles:
            raise UsageError(str(package.unknown(slug, styles)))
    if config.mix:
        try:
            check_weights(config.mix, styles, below_zero=config.settings.pooling == LOG_LINEAR)
        except EnsembleError as e:
            raise UsageError(str(e)) from e
    room = SLOTS * MOST_NODES if config.address else SLOTS
    if len(styles) > room:
        raise UsageError(f"{len(styles)} styles are installed, there is room for {room}: choose some with --only")
    if config.seed is not None and config.lookahead.auto:
        raise UsageError("--lookahead auto depends on time, and --seed on nothing else: give WIDTHxDEPTH")
    if config.seed is not None and not 0 <= config.seed < 2**64:
        raise UsageError("--seed takes a whole number from 0 to 2**64 - 1")
    if config.public:
        check_address(*config.public)
    for slug in config.place:
        if slug not in styles:
            raise UsageError(f"--place: {package.unknown(slug, styles)}")
    if config.osc_host not in ("127.0.0.1", "localhost") and not config.osc_allow:
        raise UsageError(
            f"--osc-host {config.osc_host} opens OSC to others: say to whom, with --osc-allow 192.168.1.0/24"
        )
    if config.public and not keys.clients(paths.KEYS):
        raise UsageError("--public lets in who has a key, and there is none: make one with  chorus keys new NAME")
    if config.place and not config.address:
        raise UsageError("--place is for several machines: say where the cluster is with --address")
    if config.address and not config.token.is_file():
        raise UsageError(f"the cluster's token is missing: copy {config.token} from the head to the same place here")
    if config.page:
        check_page(*config.page)
    elif config.page_address or config.visitors:
        raise UsageError(
            "--page-address and --visitors are about a page: say where it is to be served with --page 8080"
        )
    if config.score:
        read_score(config.score)  # what cannot be followed is said before anything starts
    if config.chars < 0:
        raise UsageError("--chars takes a number of characters above zero")


def monolith_of(config: PlayConfig, styles: Iterable[str]) -> Monolith | None:
    """The monolith to be played with these styles; None when there is none, or it knows fewer than two of them.

    Raises UsageError when one was asked for that cannot be.
    """
    if config.no_monolith:
        if config.settings.cross:
            raise UsageError("--cross goes to the monolith, which --no-monolith does without")
        return None
    try:
        found = monoliths.find(config.monolith)
        if found:
            found.weights()
    except ModelsError as e:
        if config.monolith or config.settings.cross:
            raise
        print(f"chorus: the monolith is left out: {e}", file=sys.stderr)
        found = None
    known = set(found.styles).intersection(styles) if found else set[str]()
    if len(known) >= FEWEST_KNOWN:
        return found
    if config.monolith:
        raise UsageError(
            f"the monolith in {config.monolith} knows {len(known)} of these styles: there is nothing to cross"
        )
    if config.settings.cross:
        raise UsageError("no monolith knows two of these styles: train one with  chorus monolith train FOLDER")
    return None


def check_address(host: str, port: int) -> None:
    """Raises UsageError when --public cannot listen there."""
    for number in (port, port + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except OSError as e:
                raise UsageError(f"--public {host}:{number}: {e.strerror}: choose an address of this machine") from e


def check_page(host: str, port: int) -> None:
    """Raises UsageError when --page cannot listen there."""
    try:
        open_page(host, port).close()
    except OSError as e:
        raise UsageError(
            f"--page {host}:{port}: {e.strerror}: choose another port, or an address of this machine"
        ) from e
