"""`chorus steer TEXT`: finds the mix that would most likely have said a text, shows it, and glides there."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from actors import EnsembleError
from actors.mixing import fit_weights
from actors.wire.messages import Card, Move
from actors.wire.parameters import STARTS
from deploy import UsageError
from deploy.options.connection import Connection
from deploy.options.settings import argument, flag
from deploy.session import discovery
from models import ModelsError, alphabet, engines, package

SUMMARY = "find the mix that would most likely have said a text, and glide there"
HELP = """\
chorus steer "It was the best of times, it was the worst of times"
chorus steer --look < letter.txt
Every style that plays says how likely it finds each character; expectation and maximisation find the weights."""
SHORTEST, LONGEST = 8, 20_000  # characters
LEAST_SHARE = 0.01  # of the mix: less is not worth a voice
SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class SteerConfig(Connection):
    text: str | None = argument("a sentence or more (default: what comes on standard input)", None)
    over: float = flag(4.0, "seconds to glide", metavar="S")
    falls: str = flag("now", "where in the text it begins", choices=STARTS)
    look: bool = flag(False, "show the mix, and leave the ensemble as it is")


def run(config: SteerConfig) -> None:
    raw = config.text if config.text is not None else sys.stdin.read()
    text = alphabet.encode(alphabet.fold(raw)[0].strip())
    if not SHORTEST <= len(text) <= LONGEST:
        raise UsageError(f"a text of {len(text)} characters: give {SHORTEST} to {LONGEST:,}")
    console = Console(stderr=True, highlight=False)
    endpoints = discovery.chosen(config)
    with discovery.heard(endpoints) as client:
        cards = list(client.cards)
    with console.status(f"asking {len(cards)} styles"):
        likelihoods, asked = ask(cards, text, console)
    pi = fit_weights.mix(likelihoods)
    best = int(np.argmin([fit_weights.nats(likelihoods, row) for row in np.eye(len(asked))]))
    Console(highlight=False).print(table(asked, pi))
    alone = fit_weights.nats(likelihoods, np.eye(len(asked))[best])
    print(
        f"{fit_weights.nats(likelihoods, pi):.3f} nats a character; the best style alone, {asked[best].title}: {alone:.3f}"
    )
    if not config.look:
        weights = {card.slug: float(share) for card, share in zip(asked, pi, strict=True) if share >= LEAST_SHARE}
        discovery.ask(endpoints, Move(weights=weights, over_s=config.over, falls=config.falls, hand="steer"))


def ask(cards: list[Card], text: alphabet.Codes, console: Console) -> tuple[fit_weights.Floats, list[Card]]:
    """The likelihood of each character of `text` under every style, (T, n), and the cards of these styles.

    Engines of the same packages as the ensemble plays are asked here, so that the text on the stage goes on undisturbed.
    """
    columns, asked = [], []
    opening = np.frombuffer(b"\n", np.uint8)
    for card in cards:
        try:
            engine = engines.on_cpu(package.load(Path(card.package)))
        except ModelsError as e:
            console.print(f"{card.title} is left out: {e}", markup=False)
            continue
        before = np.concatenate([opening, text[:-1]])
        columns.append([float(engine.step((0,), (int(b),))[0][int(c)]) for b, c in zip(before, text, strict=True)])
        asked.append(card)
    if not asked:
        raise EnsembleError("none of the packages that play is on this machine: steer on the machine that plays")
    return np.array(columns).T, asked


def table(cards: list[Card], pi: fit_weights.Floats) -> Table:
    shown = Table("style", "share", "", box=None)
    order = np.argsort(-pi)[:SHOWN]
    for k in order[pi[order] >= LEAST_SHARE]:
        shown.add_row(cards[k].title, f"{pi[k]:.0%}", "█" * max(1, round(40 * pi[k])))
    return shown
