"""`chorus monolith`: train one network that has many styles, teach it one more, or show it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from deploy import UsageError, paths
from deploy.options.settings import Action, argument, flag
from deploy.options.types import parse_slugs
from deploy.training import course as courses
from models import corpus, package
from models.architecture import Architecture
from models.monolith import MOST_VOICES
from models.monolith import package as monoliths
from models.monolith.package import Monolith

if TYPE_CHECKING:  # torch is an extra, and slow to load
    from models.monolith.training import Training

SUMMARY = "train one network that has many styles, or teach it one more"
HELP = """\
chorus monolith train FOLDER        from every text there, an hour or more: each style becomes a vector, added at every gate
chorus monolith add letters.txt     one more style in minutes: its vector alone is trained, the others stay as they are
chorus monolith train FOLDER --from MONOLITH    then, if wanted, everything is trained on, with the texts of all
chorus monolith show
Where there is a monolith that knows two of its styles, chorus play has it beside the ensemble; the key x, --cross and
/chorus/cross go across to it. Ctrl-C keeps what was learnt. Needs torch:  make train-extra"""
ARCHITECTURE = "1x768"
CHARS = 130e6
JOINING_CHARS = 1.5e6
GOING_ON = 0.5  # of the peak rate, for a network that has learnt already
JOINING_RATE = 2e-2  # few numbers, and none that another depends on


@dataclass(frozen=True, kw_only=True)
class _Training:
    rate: float | None = flag(None, "the optimiser's peak rate")
    seed: int = flag(0, "of the first numbers and the order of what is learnt")
    threads: int | None = flag(None, "CPU threads to train on")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(_Training):
    folder: Path = argument("texts by their styles' short names", metavar="FOLDER")
    arch: str | None = flag(None, f"LAYERSxHIDDEN (default: {ARCHITECTURE})")
    start: Path | None = flag(
        None,
        "go on from this one, with everything; FOLDER has the texts of its styles, and of those that are new",
        metavar="MONOLITH",
        key="from",
    )
    chars: float = flag(CHARS, "characters of updates in all (default: 130 million)")
    only: list[str] | None = flag(None, "these texts alone", metavar="STYLE,…", read=parse_slugs)
    out: Path = flag(paths.MONOLITH, "where it goes")


@dataclass(frozen=True, kw_only=True)
class AddConfig(_Training):
    text: Path = argument("a plain text file", metavar="TEXT")
    style: str | None = flag(None, "the short name of the style it is (default: the text's name)")
    to: Path | None = flag(None, "the monolith (default: yours, or the one shipped)", metavar="FOLDER")
    chars: float = flag(JOINING_CHARS, "of updates (default: 1.5 million)")
    out: Path | None = flag(None, f"where it goes (default: --to, or {paths.MONOLITH})")


@dataclass(frozen=True, kw_only=True)
class ShowConfig:
    monolith: Path | None = flag(None, "(default: yours, or the one shipped)", metavar="FOLDER")


def found(folder: Path | None) -> Monolith:
    """The monolith in `folder`, or the usual one. Raises UsageError when there is none."""
    monolith = monoliths.find(folder)
    if monolith is None:
        raise UsageError("there is no monolith: train one with  chorus monolith train FOLDER")
    return monolith


def show(config: ShowConfig) -> int:
    monolith = found(config.monolith)
    print(f"{monolith.architecture} of {len(monolith.styles)} styles, in {monolith.folder}")
    own = package.installed(package.roots(), lambda _: None)
    print("nats/char on held-out text, in the monolith and of the style's own network")
    for slug in monolith.styles:
        style = own.get(slug)
        alone = f"{style.heldout_nats:.3f}" if style else "  —"
        print(f"  {slug:20} {monolith.heldout_nats.get(slug, float('nan')):.3f}  {alone}")
    return 0


def train(config: TrainConfig) -> int:
    courses.needs_torch()
    courses.prepare(config, 1e12, "chars", "rate")
    from models.monolith.training import Training, recipe

    start = monoliths.load(config.start) if config.start else None
    texts = sorted(config.folder.glob("*.txt")) if config.folder.is_dir() else []
    texts = [text for text in texts if config.only is None or text.stem in config.only]
    if start:  # its own come first, in its order
        missing = set(start.styles) - {package.slug_of(text.stem) for text in texts}
        if missing:
            raise UsageError(f"{config.folder} lacks texts of the monolith's styles: {', '.join(sorted(missing))}")
        if config.arch and Architecture.parse(config.arch) != start.architecture:
            raise UsageError(f"--arch: a monolith that goes on from {config.start} is {start.architecture} like it")
        known = {slug: k for k, slug in enumerate(start.styles)}
        texts.sort(key=lambda text: (known.get(package.slug_of(text.stem), len(known)), text.name))
    slugs = [package.slug_of(text.stem) for text in texts]
    if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        raise UsageError(f"{config.folder} has two texts that would both be {', '.join(twice)}")
    if config.only and (lacking := sorted(set(config.only) - {text.stem for text in texts})):
        raise UsageError(f"--only: {config.folder} has no {', '.join(f'{name}.txt' for name in lacking)}")
    if not 2 <= len(texts) <= MOST_VOICES:
        raise UsageError(
            f"{config.folder} has {len(texts)} texts (*.txt) that count: a monolith takes 2 to {MOST_VOICES}"
        )
    if (config.out / monoliths.CARD).exists():
        raise UsageError(f"{config.out} holds a monolith already: choose another --out, or move it away")
    corpora = [corpus.read(text) for text in texts]
    planned = recipe(config.chars)
    planned = replace(planned, seed=config.seed, rate=config.rate or planned.rate * (GOING_ON if start else 1))
    planned = replace(planned, start=start.content_hash() if start else "")
    architecture = start.architecture if start else Architecture.parse(config.arch or ARCHITECTURE)
    checkpoint = config.out / ".training" / "checkpoint.safetensors"
    weights = package.plain(start.weights()) if start else None
    course = Training(corpora, architecture, planned, checkpoint, weights)
    console = Console(stderr=True, highlight=False)
    console.out(
        f"{len(slugs)} styles, {sum(len(text.codes) for text in corpora):,} characters, the last 10 % of each held out; "
        f"{architecture}, {config.chars / 1e6:g} million characters of updates"
        + (f", going on from update {course.update} of {course.updates}" if course.resumed else "")
    )
    if not _finished(course, console):
        return 130
    with console.status("measuring the whole held-out texts"):
        nats = course.heldout(max(len(text.heldout) for text in corpora))
    card: dict[str, Any] = {"from_sha256": planned.start} if start else {}
    card |= {"characters": round(config.chars), "texts": {s: c.sha256 for s, c in zip(slugs, corpora, strict=True)}}
    card |= courses.card(course, "decay", "seed")
    monolith = Monolith(architecture, slugs, dict(zip(slugs, map(float, nats), strict=True)), card)
    saved = monoliths.save(monolith, monoliths.quantise(course.network.played_weights()), config.out)
    checkpoint.unlink(missing_ok=True)
    console.out(f"the monolith is ready: {nats.mean():.3f} nats/char on average, in {saved.folder}")
    return 0


def add(config: AddConfig) -> int:
    courses.needs_torch()
    courses.prepare(config, 1e12, "chars", "rate")
    out = config.out or config.to or paths.MONOLITH
    from models.monolith.training import Training, recipe

    before = found(config.to)
    if (out / monoliths.CARD).exists() and out.resolve() != before.folder.resolve():
        raise UsageError(f"{out} holds another monolith: choose another --out, or name it with --to")
    slug = config.style or package.slug_of(config.text.stem)
    if package.slug_of(slug) != slug:
        raise UsageError(f"--style {slug}: give a style's short name, such as jane-austen")
    if slug in before.styles:
        raise UsageError(f"the monolith knows {slug} already")
    if len(before.styles) == MOST_VOICES:
        raise UsageError(f"the monolith knows {MOST_VOICES} styles: there is no room for another")
    text = corpus.read(config.text)
    planned = replace(recipe(config.chars), rate=config.rate or JOINING_RATE, start=before.content_hash())
    planned = replace(planned, seed=config.seed, dropout=0.0)
    checkpoint = out / ".training" / f"{slug}.safetensors"
    weights = before.weights()
    course = Training([text], before.architecture, planned, checkpoint, package.plain(weights), joining=True)
    console = Console(stderr=True, highlight=False)
    console.out(
        f"{slug}: {len(text.codes):,} characters, the last 10 % held out; its vector in {before.folder} is trained"
    )
    if not _finished(course, console):
        return 130
    nats = float(course.heldout(len(text.heldout))[0])
    for name, vectors in course.network.played_weights().items():
        if name.endswith(".voices"):
            weights[name] = np.vstack([weights[name], vectors[-1:]])
    how = {"characters": round(config.chars), "text": text.sha256} | courses.card(course, "decay", "seed")
    made = replace(
        before,
        styles=[*before.styles, slug],
        heldout_nats=before.heldout_nats | {slug: nats},
        joined=before.joined | {slug: how},
    )
    saved = monoliths.save(made, weights, out)
    checkpoint.unlink(missing_ok=True)
    console.out(
        f"the monolith knows {slug}: {nats:.3f} nats/char held out after "
        f"{timedelta(seconds=round(course.seconds))}, in {saved.folder}"
    )
    return 0


def _finished(course: "Training", console: Console) -> bool:
    """Train with progress shown. False when it was interrupted; the same command goes on from there."""
    try:
        for _ in courses.shown(course, course.curve[-1][2] if course.curve else float("nan"), console):
            pass
    except KeyboardInterrupt:
        course.save()
        console.out(f"stopped at update {course.update} of {course.updates}; the same command goes on from there")
        return False
    return True


ACTIONS = {
    "train": Action(TrainConfig, "one network from every *.txt in a folder, named by their styles' short names", train),
    "add": Action(AddConfig, "teach it one more style: that style's vector alone is trained", add),
    "show": Action(ShowConfig, "which styles it has, and how well it knows each", show),
}
