"""What decides a performance: the flags that `chorus play` and `chorus serve` share, and whether they can be followed."""

import argparse
import socket
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from actors import EnsembleError
from actors.hands.fusion import RELEASE_S
from actors.mixing.mixture import check_weights
from actors.section.tape import MOST_NODES, SLOTS
from actors.wire import keys
from actors.wire.parameters import LINEAR, LOG_LINEAR, POOLINGS, Lookahead, MixSettings
from controllers import access
from controllers.score import read_file as read_score
from deploy import UsageError, paths
from deploy.options.types import (
    parse_control,
    parse_lookahead,
    parse_mix,
    parse_page,
    parse_page_address,
    parse_places,
    parse_public,
    parse_rate,
    parse_seconds,
    parse_share,
    slugs,
)
from deploy.session import windows
from display.page.http_access import open_socket as open_page
from models import ModelsError, package
from models.monolith import package as monoliths
from models.monolith.package import Monolith
from models.package import Style

FEWEST_KNOWN = 2  # styles that a monolith has to know to be worth its process


def add_arguments(parser: argparse.ArgumentParser, window: bool = True) -> None:
    """All that decides a performance, and with `window` how it is shown here."""
    parser.set_defaults(quiet=False)
    if window:
        parser.add_argument("--headless", action="store_true", help="no window: print the text to standard output")
        windows.add_arguments(parser)
    parser.add_argument("--chars", type=int, default=0, metavar="N", help="end after N characters (default: go on)")
    parser.add_argument("--mix", type=parse_mix, default={}, metavar="STYLE=WEIGHT,…", help="the weights to begin with")
    parser.add_argument(
        "--pooling",
        choices=POOLINGS,
        default=LINEAR,
        help="linear: every letter from everyone, as in the paper; hand-over: word by word, legible with many voices; "
        "log-linear: what all can agree on, weights below zero avoid a style (default: %(default)s)",
    )
    parser.add_argument(
        "--evenness",
        type=float,
        default=0.0,
        metavar="0…1",
        help="1: no style is surer of itself than others (default: 0)",
    )
    parser.add_argument(
        "--top-p", type=float, default=1.0, metavar="P", help="the likeliest characters alone, of so much together"
    )
    parser.add_argument(
        "--lookahead",
        type=parse_lookahead,
        default=Lookahead(),
        metavar="WxD",
        help="before a character is written, look at W hypotheses, D characters deep (8x4), or auto, as many and as deep "
        "as the rate leaves time for (default: none)",
    )
    parser.add_argument(
        "--boldness",
        type=float,
        default=Lookahead.boldness,
        help="how much their likelihood counts (default: %(default)g)",
    )
    parser.add_argument(
        "--cross",
        type=float,
        default=0.0,
        metavar="0…1",
        help="how much of every weight goes to the monolith, one network that has many styles (default: 0)",
    )
    parser.add_argument(
        "--monolith", type=Path, metavar="FOLDER", help="another than your own, or the one that comes with Chorus"
    )
    parser.add_argument("--no-monolith", action="store_true", help="do without: it takes one process")
    parser.add_argument("--seed", type=int, help="same seed, same mix: the same text (waits for every style)")
    parser.add_argument("--rate", type=parse_rate, help="characters a second, or max (default: 15; headless: max)")
    parser.add_argument("--styles", type=Path, action="append", default=[], help="one more folder of style packages")
    parser.add_argument("--only", type=slugs, metavar="STYLE,…", help="load these styles and no others (default: all)")
    parser.add_argument(
        "--watch", type=Path, action="append", default=[], metavar="FOLDER", help="packages that appear there join"
    )
    parser.add_argument("--journal", type=Path, help="where the performance is recorded")
    cluster = parser.add_argument_group("on several machines, which are nodes already (chorus node)")
    cluster.add_argument(
        "--address", default="", metavar="HOST:PORT", help="the head of the cluster; this is a node of it"
    )
    cluster.add_argument(
        "--place",
        type=parse_places,
        default={},
        metavar="STYLE=WHERE,…",
        help="on the node with this host, name or label, or on one with a gpu; the others go where there is room",
    )
    cluster.add_argument("--token", type=Path, default=paths.TOKEN, help="the cluster's secret (default: %(default)s)")
    parser.add_argument(
        "--public",
        type=parse_public,
        metavar="HOST[:PORT]",
        help="let displays and controllers on other machines in, at this address of ours, each with its key (chorus keys)",
    )
    hands = parser.add_argument_group("hands, see  chorus control --help")
    hands.add_argument(
        "--control",
        type=parse_control,
        action="append",
        default=[],
        metavar="'KIND …'",
        help="play this controller too, with its flags: --control 'midi --port nano' (any number of times)",
    )
    hands.add_argument(
        "--score", type=Path, metavar="FILE", help="a composed piece (chorus control score --help says what is in it)"
    )
    hands.add_argument(
        "--release",
        type=parse_seconds,
        default=RELEASE_S,
        metavar="S",
        help="seconds that a touch counts before a hand that stands there takes the style back; "
        "inf: for good (default: %(default)g)",
    )
    parser.add_argument("--osc-host", default="127.0.0.1", help="address to listen at for OSC (default: %(default)s)")
    parser.add_argument(
        "--osc-allow",
        type=access.networks,
        default=[],
        metavar="ADDRESS,…",
        help="who else is listened to: addresses or networks, such as 192.168.1.0/24 (default: this machine alone)",
    )
    parser.add_argument(
        "--osc-port",
        type=int,
        default=9000,
        help="UDP port for OSC, and TCP port for OSCQuery (default: %(default)s; 0: none)",
    )
    parser.add_argument(
        "--osc-name",
        default="",
        metavar="NAME",
        help="announce OSC by zeroconf under this name (default: with --osc-host, as Chorus on this machine)",
    )
    page = parser.add_argument_group("the page, on which remote visitors read, and pull the mix together if admitted")
    page.add_argument(
        "--page",
        type=parse_page,
        metavar="[HOST:]PORT",
        help="serve it there: 8080 for browsers of this machine, 0.0.0.0:8080 for everyone on the network (default: none)",
    )
    page.add_argument(
        "--page-address",
        type=parse_page_address,
        metavar="URL",
        help="where visitors find it, shown as a code; through a proxy, the proxy's (default: the address it is served at)",
    )
    page.add_argument(
        "--visitors",
        type=parse_share,
        default=0.0,
        metavar="SHARE",
        help="how much of the mix all visitors together may have to begin with, 0 to 0.8 (default: 0, they look on)",
    )


def check(args: argparse.Namespace, styles: dict[str, Style]) -> None:
    """Raises UsageError for flags that cannot be followed with these styles."""
    if not styles:
        raise UsageError('no style is installed: train one with  chorus train TEXT --name "Title"')
    for slug in args.mix:
        if slug not in styles:
            raise UsageError(str(package.unknown(slug, styles)))
    if args.mix:
        try:
            check_weights(args.mix, styles, below_zero=args.pooling == LOG_LINEAR)
        except EnsembleError as e:
            raise UsageError(str(e)) from e
    try:
        manner_of(args).check()
        lookahead_of(args).check()
    except EnsembleError as e:
        raise UsageError(str(e)) from e
    room = SLOTS * MOST_NODES if args.address else SLOTS
    if len(styles) > room:
        raise UsageError(f"{len(styles)} styles are installed, there is room for {room}: choose some with --only")
    if args.seed is not None and args.lookahead.auto:
        raise UsageError("--lookahead auto depends on time, and --seed on nothing else: give WIDTHxDEPTH")
    if args.seed is not None and not 0 <= args.seed < 2**64:
        raise UsageError("--seed takes a whole number from 0 to 2**64 - 1")
    if args.public:
        check_address(*args.public)
    for slug in args.place:
        if slug not in styles:
            raise UsageError(f"--place: {package.unknown(slug, styles)}")
    if args.osc_host not in ("127.0.0.1", "localhost") and not args.osc_allow:
        raise UsageError(
            f"--osc-host {args.osc_host} opens OSC to others: say to whom, with --osc-allow 192.168.1.0/24"
        )
    if args.public and not keys.clients(paths.KEYS):
        raise UsageError("--public lets in who has a key, and there is none: make one with  chorus keys new NAME")
    if args.place and not args.address:
        raise UsageError("--place is for several machines: say where the cluster is with --address")
    if args.address and not args.token.is_file():
        raise UsageError(f"the cluster's token is missing: copy {args.token} from the head to the same place here")
    if args.page:
        check_page(*args.page)
    elif args.page_address or args.visitors:
        raise UsageError(
            "--page-address and --visitors are about a page: say where it is to be served with --page 8080"
        )
    if args.score:
        read_score(args.score)  # what cannot be followed is said before anything starts
    if args.chars < 0:
        raise UsageError("--chars takes a number of characters above zero")


def manner_of(args: argparse.Namespace) -> MixSettings:
    """How rows are to become ρ to begin with."""
    return MixSettings(args.pooling, args.evenness, args.top_p, cross=args.cross)


def monolith_of(args: argparse.Namespace, styles: Iterable[str]) -> Monolith | None:
    """The monolith to be played with these styles; None when there is none, or it knows fewer than two of them.

    Raises UsageError when one was asked for that cannot be.
    """
    if args.no_monolith:
        if args.cross:
            raise UsageError("--cross goes to the monolith, which --no-monolith does without")
        return None
    try:
        found = monoliths.find(args.monolith)
        if found:
            found.weights()
    except ModelsError as e:
        if args.monolith or args.cross:
            raise
        print(f"chorus: the monolith is left out: {e}", file=sys.stderr)
        found = None
    known = set(found.styles).intersection(styles) if found else set[str]()
    if len(known) >= FEWEST_KNOWN:
        return found
    if args.monolith:
        raise UsageError(
            f"the monolith in {args.monolith} knows {len(known)} of these styles: there is nothing to cross"
        )
    if args.cross:
        raise UsageError("no monolith knows two of these styles: train one with  chorus monolith train FOLDER")
    return None


def lookahead_of(args: argparse.Namespace) -> Lookahead:
    """How far is to be looked to begin with."""
    made: Lookahead = replace(args.lookahead, boldness=args.boldness)
    return made


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
