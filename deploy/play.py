"""`chorus play`: starts a session, opens the window (or prints the text), and ends everything with it."""

import argparse
import math
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from actors import EnsembleError, keys
from actors.bounds import POOLINGS
from actors.fusion import RELEASE_S
from actors.listener import Listener
from actors.pooling import LINEAR, LOG_LINEAR, Manner
from actors.search import BOLDNESS, Lookahead
from actors.tape import MOST_NODES, SLOTS
from controllers import allowed
from controllers.score import read_file as read_score
from deploy import UsageError
from deploy.beside import Beside, watch
from deploy.flags import (
    parse_control,
    parse_lookahead,
    parse_mix,
    parse_places,
    parse_public,
    parse_rate,
    parse_seconds,
    parse_size,
    slugs,
)
from deploy.node import TOKEN
from deploy.session import Session
from models import ModelsError, package
from models.package import Style

JOURNALS = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "chorus" / "journals"
PRESETS = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "chorus" / "presets.toml"
RATE_CPS = 15.0
START_PATIENCE_S = 120.0
MOST_CRASHES = 3  # of the window, one soon after the other
LONG_ENOUGH_S = 60.0


def add_arguments(parser: argparse.ArgumentParser, window: bool = True) -> None:
    """All that decides a performance, and with `window` how it is shown here."""
    parser.set_defaults(quiet=False)
    if window:
        parser.add_argument("--headless", action="store_true", help="no window: print the text to standard output")
        parser.add_argument(
            "--size", type=parse_size, default=(1280, 800), metavar="WxH", help="the window (default: 1280x800)"
        )
        parser.add_argument("--fullscreen", action="store_true")
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
        help="before a character is written, look at W hypotheses, D characters deep (8x4; default: none)",
    )
    parser.add_argument(
        "--boldness", type=float, default=BOLDNESS, help="how much their likelihood counts (default: %(default)g)"
    )
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
    cluster.add_argument("--token", type=Path, default=TOKEN, help="the cluster's secret (default: %(default)s)")
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
        type=allowed.networks,
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


def run(args: argparse.Namespace) -> int:
    styles = package.only(package.installed(package.roots(args.styles), complain), args.only)
    check(args, styles)
    if not args.headless and not has_display():
        raise UsageError("there is no display here: use  chorus play --headless  to have the text printed")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with Session(args.token if args.address else None) as session:
            with_ensemble(session, args, styles)
            beside = Beside(session)
            if args.osc_port:
                beside.start_osc(args)
            beside.start_controls([*args.control, *([["score", str(args.score)]] if args.score else [])])
            return headless(session, beside, args) if args.headless else window(session, beside, args, styles)
    except KeyboardInterrupt:
        return 130


def check(args: argparse.Namespace, styles: dict[str, Style]) -> None:
    """Raises UsageError for flags that cannot be followed with these styles."""
    if not styles:
        raise UsageError('no style is installed: train one with  chorus train TEXT --name "Title"')
    for slug in args.mix:
        if slug not in styles:
            raise UsageError(str(package.unknown(slug, styles)))
    if args.mix:
        from actors.mixture import check_weights

        try:
            check_weights(args.mix, styles, below_zero=args.pooling == LOG_LINEAR)
        except EnsembleError as e:
            raise UsageError(str(e)) from e
    try:
        manner_of(args).check()
        replace(args.lookahead, boldness=args.boldness).check()
    except EnsembleError as e:
        raise UsageError(str(e)) from e
    room = SLOTS * MOST_NODES if args.address else SLOTS
    if len(styles) > room:
        raise UsageError(f"{len(styles)} styles are installed, there is room for {room}: choose some with --only")
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
    if args.public and not keys.clients(keys.KEYS):
        raise UsageError("--public lets in who has a key, and there is none: make one with  chorus keys new NAME")
    if args.place and not args.address:
        raise UsageError("--place is for several machines: say where the cluster is with --address")
    if args.address and not args.token.is_file():
        raise UsageError(f"the cluster's token is missing: copy {args.token} from the head to the same place here")
    if args.score:
        read_score(args.score)  # what cannot be followed is said before anything starts
    if args.chars < 0:
        raise UsageError("--chars takes a number of characters above zero")


def manner_of(args: argparse.Namespace) -> Manner:
    """How rows are to become ρ to begin with."""
    return Manner(args.pooling, args.evenness, args.top_p)


def check_address(host: str, port: int) -> None:
    """Raises UsageError when --public cannot listen there."""
    for number in (port, port + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except OSError as e:
                raise UsageError(f"--public {host}:{number}: {e.strerror}: choose an address of this machine") from e


def with_ensemble(session: Session, args: argparse.Namespace, styles: dict[str, Style]) -> None:
    """Start the ensemble's process; it comes up while the window is already there."""
    rate = args.rate if args.rate is not None else (math.inf if args.headless else RATE_CPS)
    mix: dict[str, float] = args.mix
    if args.seed is not None and not mix:  # what is ready first must not decide a seeded text
        mix = dict.fromkeys(list(styles)[:2], 1.0)
    score: dict[str, Any] = {
        "seed": args.seed if args.seed is not None else secrets.randbits(32),
        "mix": mix,
        "rate_cps": rate,
        "limit": args.chars,
        "exact": args.seed is not None,
        "release_s": args.release,
        "presets": str(PRESETS),
        "manner": asdict(manner_of(args)),
        "ahead": asdict(replace(args.lookahead, boldness=args.boldness)),
    }
    journal = args.journal
    if journal is None:
        journal = session.folder / "journal" if args.headless else new_journal()
    check_journal(journal)
    start_ensemble(
        session,
        list(styles.values()),
        journal,
        score,
        watched=args.watch,
        address=args.address,
        place=args.place,
        public=args.public,
    )


def new_journal() -> Path:
    """Where a performance that begins now is recorded."""
    return JOURNALS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.journal"


def check_journal(path: Path) -> None:
    """Raises UsageError when no new journal can be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            if file.tell():
                raise UsageError(f"{path} is there already: a performance begins a journal of its own")
    except OSError as e:
        raise UsageError(f"the journal {path} cannot be written: {e.strerror}") from e


def start_ensemble(
    session: Session,
    styles: list[Style],
    journal: Path,
    score: dict[str, Any],
    engines: Path | None = None,
    watched: Sequence[Path] = (),
    address: str = "",
    place: Mapping[str, str] | None = None,
    public: tuple[str, int] | None = None,
) -> None:
    """Start the process that brings up Ray and the actors. `score`: the fields of `actors.coordinator.Score`."""
    session.start(
        "deploy.ensemble",
        {
            "session": session.name,
            "parent": os.getpid(),
            "endpoints": asdict(session.endpoints),
            "styles": [str(style.folder.resolve()) for style in styles],
            "journal": str(journal.resolve()),
            "engines": str(engines or ""),
            "address": address,
            "place": dict(place or {}),
            "public": public,
            "watched": [str(folder.resolve()) for folder in watched],
            "score": score,
        },
    )


def headless(session: Session, beside: Beside, args: argparse.Namespace) -> int:
    """Print the text, and nothing else, to standard output."""
    listener = Listener(session.endpoints)
    printed = 1
    failed: set[str] = set()
    began = time.monotonic()
    waking = Console(stderr=True).status("starting Ray") if sys.stderr.isatty() else None
    try:
        if waking:
            waking.start()
        while True:
            listener.listen(0.2)
            if waking and listener.health:
                up = [style.slug for style in listener.health.styles if style.state == "ready"]
                waking.update(f"{len(up)} of {len(listener.health.styles)} styles are up: {', '.join(up)}")
            if listener.position > printed and listener.text:
                if waking:
                    waking.stop()
                    waking = None
                if listener.start > printed:
                    print(f"chorus: {listener.start - printed} characters came too fast to be printed", file=sys.stderr)
                    printed = listener.start
                if not args.quiet:
                    sys.stdout.write(listener.text[printed - listener.start :].decode("ascii"))
                    sys.stdout.flush()
                printed = listener.position
            if listener.ended and (not args.chars or printed > args.chars):
                return 0
            for reply in listener.errors:
                print(f"chorus: {reply.error}", file=sys.stderr)
            listener.errors.clear()
            watch(session, beside)
            report_failures(listener, failed)
            if args.seed is not None and failed & args.mix.keys():
                raise EnsembleError(f"{', '.join(sorted(failed & args.mix.keys()))} cannot be played")
            if printed == 1 and time.monotonic() - began > START_PATIENCE_S:
                raise EnsembleError(
                    f"the ensemble did not start in {START_PATIENCE_S:.0f} s: {session.log('deploy.ensemble')}"
                )
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - whoever read us is gone; say nothing more
        return 0
    finally:
        if waking:
            waking.stop()
        listener.close()


def report_failures(listener: Listener, told: set[str]) -> None:
    """Say once of every style that cannot be played why; `told` are those of which it was said."""
    for style in listener.health.styles if listener.health else ():
        if style.state == "failed" and style.slug not in told:
            told.add(style.slug)
            print(f"chorus: {style.slug} cannot be played: {style.message}", file=sys.stderr)


def window(session: Session, beside: Beside, args: argparse.Namespace, styles: dict[str, Style]) -> int:
    """Keep a window open until it is closed; one that crashes is opened again."""
    told = {
        "endpoints": asdict(session.endpoints),
        "cards": [{"slug": s.slug, "title": s.title, "colour": s.colour} for s in styles.values()],
        "size": args.size,
        "fullscreen": args.fullscreen,
    }
    return keep_window(session, beside, told)


def keep_window(session: Session, beside: Beside | None, told: Mapping[str, Any]) -> int:
    """Open it, and open it again if it crashes. `told`: what `display.app` reads."""
    crashes = 0
    while True:
        process, began = session.start("display.app", told), time.monotonic()
        while (code := process.poll()) is None:
            watch(session, beside)
            time.sleep(0.1)
        if code == 0:
            return 0
        crashes = crashes + 1 if time.monotonic() - began < LONG_ENOUGH_S else 1
        if crashes > MOST_CRASHES:
            last = session.log("display.app").splitlines()[-1:] or [f"exit code {code}"]
            raise EnsembleError(f"the window cannot be kept open ({last[0]}): play --headless needs none")


def complain(error: ModelsError) -> None:
    """A package that cannot be read is left out, and said so."""
    print(f"chorus: left out: {error}", file=sys.stderr)


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform != "linux" or os.environ.get("SDL_VIDEODRIVER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
