"""`chorus play`: starts a session, opens the window (or prints the text), and ends everything with it."""

import argparse
import math
import os
import secrets
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from actors import EnsembleError
from actors.coordinator.config import CoordinatorConfig
from actors.wire.client import Client
from actors.wire.endpoints import Public
from actors.wire.messages import Card
from deploy import UsageError, paths
from deploy.ensemble.cards import cards_of
from deploy.ensemble.config import EnsembleConfig
from deploy.options import play
from deploy.session import windows
from deploy.session.session import Session
from deploy.session.supervisor import ENSEMBLE, Beside, watch
from models import ModelsError, package
from models.package import Style

RATE_CPS = 15.0
START_PATIENCE_S = 120.0


add_arguments = play.add_arguments


def run(args: argparse.Namespace) -> int:
    styles = package.only(package.installed(package.roots(args.styles), complain), args.only)
    play.check(args, styles)
    if not args.headless and not has_display():
        raise UsageError("there is no display here: use  chorus play --headless  to have the text printed")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with Session(args.token if args.address else None) as session:
            cards = cards_of(list(styles.values()))
            start_ensemble(session, args, styles, cards)
            beside = Beside(session)
            if args.osc_port:
                beside.start_osc(args)
            if args.page:
                beside.start_page(args)
            beside.start_controls([*args.control, *([["score", str(args.score)]] if args.score else [])])
            return headless(session, beside, args) if args.headless else window(session, beside, args, cards)
    except KeyboardInterrupt:
        return 130


def start_ensemble(session: Session, args: argparse.Namespace, styles: dict[str, Style], cards: list[Card]) -> None:
    """Start the ensemble's process; it comes up while the window is already there."""
    rate = args.rate if args.rate is not None else (math.inf if args.headless else RATE_CPS)
    mix: dict[str, float] = args.mix
    if args.seed is not None and not mix:  # what is ready first must not decide a seeded text
        mix = dict.fromkeys(list(styles)[:2], 1.0)
    journal = args.journal
    if journal is None:
        journal = session.folder / "journal" if args.headless else new_journal()
    check_journal(journal)
    monolith = play.monolith_of(args, styles)
    coordinator = CoordinatorConfig(
        tape=session.name,
        endpoints=session.endpoints,
        cards=cards,
        journal=journal.resolve(),
        seed=args.seed if args.seed is not None else secrets.randbits(32),
        mix=mix,
        rate_cps=rate,
        limit=args.chars,
        exact=args.seed is not None,
        public=Public(args.public[0], args.public[1], paths.KEYS) if args.public else None,
        release_s=args.release,
        settings=play.manner_of(args),
        lookahead=play.lookahead_of(args),
        admitted=args.visitors,
        presets=paths.PRESETS,
    )
    config = EnsembleConfig(
        coordinator=coordinator,
        address=args.address,
        place=args.place,
        monolith=monolith.folder.resolve() if monolith else None,
        watched=[folder.resolve() for folder in args.watch],
    )
    session.start(ENSEMBLE, config)


def new_journal() -> Path:
    """Where a performance that begins now is recorded."""
    return paths.JOURNALS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.journal"


def check_journal(path: Path) -> None:
    """Raises UsageError when no new journal can be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            if file.tell():
                raise UsageError(f"{path} is there already: a performance begins a journal of its own")
    except OSError as e:
        raise UsageError(f"the journal {path} cannot be written: {e.strerror}") from e


def headless(session: Session, beside: Beside, args: argparse.Namespace) -> int:
    """Print the text, and nothing else, to standard output."""
    client = Client(session.endpoints)
    printed = 1
    failed: set[str] = set()
    began = time.monotonic()
    waking = Console(stderr=True).status("starting Ray") if sys.stderr.isatty() else None
    try:
        if waking:
            waking.start()
        while True:
            client.listen(0.2)
            if waking and client.health:
                up = [style.slug for style in client.health.styles if style.state == "ready"]
                waking.update(f"{len(up)} of {len(client.health.styles)} styles are up: {', '.join(up)}")
            if client.position > printed and client.text:
                if waking:
                    waking.stop()
                    waking = None
                if client.start > printed:
                    print(f"chorus: {client.start - printed} characters came too fast to be printed", file=sys.stderr)
                    printed = client.start
                if not args.quiet:
                    sys.stdout.write(client.text[printed - client.start :].decode("ascii"))
                    sys.stdout.flush()
                printed = client.position
            if client.ended and (not args.chars or printed > args.chars):
                return 0
            for reply in client.errors:
                print(f"chorus: {reply.error}", file=sys.stderr)
            client.errors.clear()
            watch(session, beside)
            report_failures(client, failed)
            needed = args.mix.keys() | ({"monolith"} if args.cross else set())
            if args.seed is not None and failed & needed:
                raise EnsembleError(f"{', '.join(sorted(failed & needed))} cannot be played")
            if printed == 1 and time.monotonic() - began > START_PATIENCE_S:
                raise EnsembleError(
                    f"the ensemble did not start in {START_PATIENCE_S:.0f} s: {session.log('deploy.ensemble.main')}"
                )
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - whoever read us is gone; say nothing more
        return 0
    finally:
        if waking:
            waking.stop()
        client.close()


def report_failures(client: Client, told: set[str]) -> None:
    """Say once of every style that cannot be played why; `told` are those of which it was said."""
    for style in client.health.everyone if client.health else ():
        if style.state == "failed" and style.slug not in told:
            told.add(style.slug)
            print(f"chorus: {style.slug} cannot be played: {style.message}", file=sys.stderr)


def window(session: Session, beside: Beside, args: argparse.Namespace, cards: list[Card]) -> int:
    """Keep a window open until it is closed; one that crashes is opened again."""
    return windows.keep(session, beside, windows.configs(args, session.endpoints, cards))


def complain(error: ModelsError) -> None:
    """A package that cannot be read is left out, and said so."""
    print(f"chorus: left out: {error}", file=sys.stderr)


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform != "linux" or os.environ.get("SDL_VIDEODRIVER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
