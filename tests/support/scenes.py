"""Scenes for the tests: performances that nobody played, the same every time."""

import math

import numpy as np

from actors.wire.messages import Card, Frame, HandSeen, Health, Member, NodeHealth, Snapshot, StyleHealth
from actors.wire.plane import places
from actors.wire.transcript import Transcript
from display.presenter import Presenter
from display.scene import Scene

TEXTS = {
    "code": b"""\
static int count(struct list *at)
{
\tint n = 0;

\tfor (; at; at = at->next) {
\t\tif (!at->live)
\t\t\tcontinue;
\t\tn++;\t/* only those who sing */
\t}
\treturn n;
}
""",
    "verse": b"""\
The lamp is low, the river slow,
  And every boat has found its bed;
What one bright morning would not know
  The dark has carefully said.

      EXIT the moon.

""",
    "tex": b"""\
\\begin{theorem}
  Let $\\rho_t = \\Omega_t \\pi_t$ and $|\\pi| \\le 1$.
  Then for every style $i$
  \\[ r_i = \\frac{\\pi_i\\, y_i(c)}{\\sum_j \\pi_j\\, y_j(c)} \\]
  sums to one over all styles.
\\end{theorem}
""",
}
# as far apart as colours can be that are all read on a dark ground: a turn of the wheel, at two lightnesses
COLOURS = [
    tuple(
        round(255 * (0.62 - 0.2 * (k % 2) + 0.36 * math.cos(2 * math.pi * (k / 24 + third / 3)))) for third in range(3)
    )
    for k in range(24)
]
NAMES = ["Ada", "Bede", "Chronicle", "Dante", "Epic", "Fable", "Gloss", "Hymn", "Index", "Journal", "Kernel", "Letters"]


def cards(n: int) -> list[Card]:
    return [
        Card(
            f"style-{k}",
            f"{NAMES[k % 12]}{' II' * (k // 12)}",
            "#{:02x}{:02x}{:02x}".format(*COLOURS[k * 24 // n]),
            at=at,
        )
        for k, at in enumerate(places(n))
    ]


def heard(n: int, text: bytes, speaking: int) -> Transcript:
    """A performance of `n` styles in which the first `speaking` wrote `text`, taking turns."""
    made, dice = Transcript(), np.random.default_rng(n)
    styles = cards(n)
    slugs = [card.slug for card in styles]
    turn = np.arange(len(text)) // 60 % max(1, speaking)
    share = dice.dirichlet(np.full(speaking, 0.3), len(text)) if speaking else np.zeros((len(text), 0))
    lead = (turn[:, None] == np.arange(speaking)) * 2.0 + share
    voices = np.zeros((len(text), n), np.uint8)
    voices[:, :speaking] = np.rint(255 * lead / np.maximum(lead.sum(axis=1, keepdims=True), 1e-9))
    made.hear(Snapshot(epoch=1, t=1, chars=text, voices=voices.tobytes(), styles=slugs, cards=styles, ended=False))
    omega = dice.dirichlet(np.full(128, 0.03), speaking).astype("<f4")
    pi = [1.0 / (k + 1) if k < speaking else 0.0 for k in range(n)]
    made.hear(
        Frame(
            epoch=1,
            t=len(text) + 1,
            chars=b"",
            voices=b"",
            styles=slugs,
            pi=pi,
            active=list(range(speaking)),
            omega=omega.tobytes(),
            rho=omega.mean(axis=0).astype("<f4").tobytes() if speaking else b"",
            rate_cps=15.0,
            measured_cps=14.9,
            temperature=1.1,
            hands=[HandSeen("leap", 0.1, 1, [(0.3, -0.4)])],
            admitted=0.25,
            pulled=0.1,
            pulls=[(-0.4, 0.3), (0.1, 0.5)],
            hypotheses=[(b" and", 0.6, bytes(4)), (b" or", 0.4, bytes(3))],
        )
    )
    made.hear(
        Health(
            epoch=1,
            pid=4242,
            styles=[
                StyleHealth(slug, "late" if k == 1 else "ready", k, 0.05 * (k + 1), 5000 + k)
                for k, slug in enumerate(slugs)
            ],
            position=len(text) + 1,
            journal="",
            roster=[Member(card, k, k + 1) for k, card in enumerate(styles)],
            nodes=[NodeHealth(1, "10.0.0.3", "section-1", 1.7, "")],
            longest_wait_ms=71.0,
            page="http://chorus.local:8080/",
        )
    )
    return made


def scene(n: int, speaking: int, text: bytes = b"".join(TEXTS.values())) -> Scene:
    """Its scene, a while after everything has come to rest."""
    presenter = Presenter(heard(n, text, speaking), cards(n))
    for k in range(60):
        shown = presenter.scene(100 + k / 60)
    shown.hand = (0.2, 0.1)
    return shown
