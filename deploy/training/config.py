"""The settings of a training."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy import paths
from deploy.options.settings import argument, flag

PLAN = "instead of what would be chosen from the text's size and this machine's speed"
CARD = "for the style's card"
ALL = "with --all"


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    text: Path | None = argument("a plain text file, best 500 KB to 10 MB of one author or kind", None)
    name: str = flag("", 'the title shown on the screen, such as "Jane Austen"')
    slug: str = flag("", "its short name in commands and OSC addresses (default: made from --name)")
    start: str = flag(
        "", "go on from this style, or from english: a short name or a folder", metavar="STYLE", key="from"
    )
    all: Path | None = flag(None, "train every *.txt in FOLDER, the smallest first", metavar="FOLDER")
    out: Path = flag(paths.STYLES, "where the package goes")
    minutes: float | None = flag(None, "the time it may take (default: 11, with --from 2)", group=PLAN)
    arch: str | None = flag(None, "LAYERSxHIDDEN, such as 1x256 or 2x512", group=PLAN)
    epochs: float | None = flag(None, "passes over the text", group=PLAN)
    rate: float | None = flag(None, "the optimiser's peak rate", group=PLAN)
    threads: int | None = flag(None, "CPU threads to train on", group=PLAN)
    seed: int = flag(0, "of the first weights and the order of what is learnt", group=PLAN)
    keep_last: bool = flag(
        False,
        "keep the last weights and not the best on held-out text: for a text whose last tenth is unlike the rest",
        group=PLAN,
    )
    colour: str = flag("", "#rrggbb (default: far from the colours of the styles already there)", group=CARD)
    licence: str = flag("unstated", "the text's licence", group=CARD)
    works: str = flag("", "what the text consists of", group=CARD)
    join: float | None = flag(
        None,
        "it joins the ensemble that is playing as soon as it writes words, and plays better while it learns",
        metavar="WEIGHT",
        bare=0.0,
    )
    session: str | None = flag(None, "which session to join, if several are playing on this machine")
    json: bool = flag(False, "progress as JSON lines on stdout, for programs")
    cards: Path | None = flag(
        None, "titles, works, licences: a TOML table a text (default: FOLDER/cards.toml)", group=ALL
    )
    jobs: int = flag(os.cpu_count() or 1, "trainings at once", group=ALL)
