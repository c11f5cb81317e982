"""`chorus play`: starts a session, opens the window (or prints the text), and ends everything with it."""

import argparse
import math
import os
import secrets
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
from deploy.options.play import PlayConfig
from deploy.options.styles import installed
from deploy.session import launch, signals, windows
from deploy.session.session import START_PATIENCE_S, Session
from deploy.session.supervisor import ENSEMBLE, Supervisor
from models.monolith.package import Monolith

SUMMARY = "open the instrument"
HELP = """\
Opens the window, one actor a style, and OSC on loopback. Conduct with the mouse on the field of styles; ? shows
the keys. Without a display:  chorus play --headless --chars 600 --mix shakespeare=0.6,linux-c=0.4 --seed 7
Every flag may as well stand in a file (chorus.toml, --config) or in a variable (CHORUS_RATE); --show-config prints them."""
RATE_CPS = 15.0

add_arguments = play.add_arguments


def run(args: argparse.Namespace) -> None:
    if config := play.configured(vars(args)):
        perform(config)


def perform(config: PlayConfig, silent: bool = False) -> None:
    """Play until the text, the first window or this process ends. `silent`: without a window no text is printed either."""
    styles = installed(config.styles, config.only)
    play.check(config, styles)
    if config.headless and config.rate == 0 and not silent:
        raise UsageError("--rate 0 stands still: to have the text printed, give characters a second, or max")
    if not config.headless and not windows.has_display():
        raise UsageError("there is no display here: use  chorus play --headless  to have the text printed")
    signals.interruptible()
    with Session(config.token if config.address else None) as session:
        cards = cards_of(list(styles.values()))
        session.start(ENSEMBLE, ensemble_of(config, session, cards, play.monolith_of(config, styles)))
        supervisor = Supervisor(session)
        if config.osc_port:
            launch.start_osc(supervisor, config.osc_port, config.osc_host, config.osc_allow, config.osc_name)
        if config.page:
            launch.start_page(supervisor, *config.page, config.page_address)
        score = [["score", str(config.score)]] if config.score else []
        launch.start_controls(supervisor, [*config.control, *score])
        if config.headless:
            headless(supervisor, config, silent)
        else:  # the ensemble comes up while the window is already there
            windows.keep(supervisor, windows.configs(config, session.endpoints, cards))


def ensemble_of(config: PlayConfig, session: Session, cards: list[Card], monolith: Monolith | None) -> EnsembleConfig:
    """The configuration of the ensemble's process. Raises UsageError when the journal cannot be written."""
    mix = config.mix
    if config.seed is not None and not mix:  # what is ready first must not decide a seeded text
        mix = {card.slug: 1.0 for card in cards[:2]}
    rate = math.inf if config.headless else RATE_CPS
    journal = config.journal or (session.folder / "journal" if config.headless else new_journal())
    check_journal(journal)
    coordinator = CoordinatorConfig(
        tape=session.name,
        endpoints=session.endpoints,
        cards=cards,
        journal=journal.resolve(),
        seed=config.seed if config.seed is not None else secrets.randbits(32),
        mix=mix,
        rate_cps=rate if config.rate is None else config.rate,
        limit=config.chars,
        exact=config.seed is not None,
        public=Public(config.public[0], config.public[1], paths.KEYS) if config.public else None,
        release_s=config.release,
        settings=config.settings,
        lookahead=config.lookahead,
        admitted=config.visitors,
        presets=paths.PRESETS,
    )
    return EnsembleConfig(
        coordinator=coordinator,
        address=config.address,
        place=config.place,
        monolith=monolith.folder.resolve() if monolith else None,
        watched=[folder.resolve() for folder in config.watch],
    )


def new_journal() -> Path:
    """The journal of a performance that begins now."""
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


def headless(supervisor: Supervisor, config: PlayConfig, silent: bool) -> None:
    """Print the text, and nothing else, to standard output."""
    client = Client(supervisor.session.endpoints)
    printed = 1
    failed: set[str] = set()
    needed = config.mix.keys() | ({"monolith"} if config.settings.cross else set())
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
                if not silent:
                    sys.stdout.write(client.text[printed - client.start :].decode("ascii"))
                    sys.stdout.flush()
                printed = client.position
            if client.ended and (not config.chars or printed > config.chars):
                return
            for reply in client.errors:
                print(f"chorus: {reply.error}", file=sys.stderr)
            client.errors.clear()
            supervisor.look()
            report_failures(client, failed)
            if config.seed is not None and failed & needed:
                raise EnsembleError(f"{', '.join(sorted(failed & needed))} cannot be played")
            if printed == 1 and time.monotonic() - began > START_PATIENCE_S:
                log = supervisor.session.log(ENSEMBLE)
                raise EnsembleError(f"the ensemble did not start in {START_PATIENCE_S:.0f} s: {log}")
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - whoever read us is gone; say nothing more
    finally:
        if waking:
            waking.stop()
        client.close()


def report_failures(client: Client, reported: set[str]) -> None:
    """Print once why a style cannot be played; `reported` are those of which that was said."""
    for style in client.health.everyone if client.health else ():
        if style.state == "failed" and style.slug not in reported:
            reported.add(style.slug)
            print(f"chorus: {style.slug} cannot be played: {style.message}", file=sys.stderr)
