"""`chorus monolith`: train one network that has many styles, teach it one more, or show it."""

import argparse
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from deploy import UsageError, paths
from deploy.session import signals
from deploy.training.progress import progress_of_updates
from models import ModelsError, corpus, package
from models.architecture import Architecture
from models.monolith import MOST_VOICES
from models.monolith import package as monoliths
from models.monolith.package import Monolith

if TYPE_CHECKING:  # torch is an extra, and slow to load
    from models.monolith.training import Report, Training

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    train = verbs.add_parser(
        "train", help="one network from every *.txt in a folder, named by their styles' short names"
    )
    train.add_argument("folder", type=Path, metavar="FOLDER")
    train.add_argument("--arch", help=f"LAYERSxHIDDEN (default: {ARCHITECTURE})")
    train.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="MONOLITH",
        help="go on from this one, with everything; FOLDER has the texts of its styles, and of those that are new",
    )
    train.add_argument(
        "--chars", type=float, default=CHARS, help="characters of updates in all (default: %(default).0f)"
    )
    train.add_argument("--only", type=lambda text: text.split(","), metavar="STYLE,…", help="these texts alone")
    add = verbs.add_parser("add", help="teach it one more style: that style's vector alone is trained")
    add.add_argument("text", type=Path, metavar="TEXT")
    add.add_argument("--style", help="the short name of the style it is (default: the text's name)")
    add.add_argument("--to", type=Path, metavar="FOLDER", help="the monolith (default: yours, or the one shipped)")
    add.add_argument("--chars", type=float, default=JOINING_CHARS, help="of updates (default: %(default).0f)")
    for verb in (train, add):
        verb.add_argument(
            "--out", type=Path, help=f"where it goes (default: {'--to, or ' * (verb is add)}{paths.MONOLITH})"
        )
        verb.add_argument("--rate", type=float, help="the optimiser's peak rate")
        verb.add_argument("--seed", type=int, default=0)
        verb.add_argument("--threads", type=int, help="CPU threads to train on")
    show = verbs.add_parser("show", help="which styles it has, and how well it knows each")
    show.add_argument("--monolith", type=Path, metavar="FOLDER", help="(default: yours, or the one shipped)")


def run(args: argparse.Namespace) -> int:
    if args.what == "show":
        return show(found(args.monolith))
    try:
        import torch
    except ImportError as e:
        raise ModelsError("training needs torch: install it with  make train-extra") from e
    for name in ("chars", "rate"):
        value = getattr(args, name)
        if value is not None and not 0 < value < 1e12:
            raise UsageError(f"--{name} must be a number above zero")
    if args.threads:
        torch.set_num_threads(args.threads)
    signals.interruptible(signal.SIGTERM)
    args.out = args.out or (args.what == "add" and args.to) or paths.MONOLITH
    return train(args) if args.what == "train" else add(args)


def found(folder: Path | None) -> Monolith:
    """Raises UsageError when there is none."""
    monolith = monoliths.find(folder)
    if monolith is None:
        raise UsageError("there is no monolith: train one with  chorus monolith train FOLDER")
    return monolith


def show(monolith: Monolith) -> int:
    print(f"{monolith.architecture} of {len(monolith.styles)} styles, in {monolith.folder}")
    own = package.installed(package.roots(), lambda _: None)
    print("nats/char on held-out text, in the monolith and of the style's own network")
    for slug in monolith.styles:
        style = own.get(slug)
        alone = f"{style.heldout_nats:.3f}" if style else "  —"
        print(f"  {slug:20} {monolith.heldout_nats.get(slug, float('nan')):.3f}  {alone}")
    return 0


def train(args: argparse.Namespace) -> int:
    from models.monolith.training import Training, recipe

    start = monoliths.load(args.start) if args.start else None
    texts = sorted(args.folder.glob("*.txt")) if args.folder.is_dir() else []
    texts = [text for text in texts if args.only is None or text.stem in args.only]
    if start:  # its own come first, in its order
        missing = set(start.styles) - {package.slug_of(text.stem) for text in texts}
        if missing:
            raise UsageError(f"{args.folder} lacks texts of the monolith's styles: {', '.join(sorted(missing))}")
        if args.arch and Architecture.parse(args.arch) != start.architecture:
            raise UsageError(f"--arch: a monolith that goes on from {args.start} is {start.architecture} like it")
        known = {slug: k for k, slug in enumerate(start.styles)}
        texts.sort(key=lambda text: (known.get(package.slug_of(text.stem), len(known)), text.name))
    slugs = [package.slug_of(text.stem) for text in texts]
    if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        raise UsageError(f"{args.folder} has two texts that would both be {', '.join(twice)}")
    if args.only and (lacking := sorted(set(args.only) - {text.stem for text in texts})):
        raise UsageError(f"--only: {args.folder} has no {', '.join(f'{name}.txt' for name in lacking)}")
    if not 2 <= len(texts) <= MOST_VOICES:
        raise UsageError(
            f"{args.folder} has {len(texts)} texts (*.txt) that count: a monolith takes 2 to {MOST_VOICES}"
        )
    if (args.out / monoliths.CARD).exists():
        raise UsageError(f"{args.out} holds a monolith already: choose another --out, or move it away")
    corpora = [corpus.read(text) for text in texts]
    planned = recipe(args.chars)
    planned = replace(planned, seed=args.seed, rate=args.rate or planned.rate * (GOING_ON if start else 1))
    planned = replace(planned, start=start.content_hash() if start else "")
    architecture = start.architecture if start else Architecture.parse(args.arch or ARCHITECTURE)
    checkpoint = args.out / ".training" / "checkpoint.safetensors"
    weights = package.plain(start.weights()) if start else None
    course = Training(corpora, architecture, planned, checkpoint, weights)
    console = Console(stderr=True, highlight=False)
    console.print(
        f"{len(slugs)} styles, {sum(len(text.codes) for text in corpora):,} characters, the last 10 % of each held out; "
        f"{architecture}, {args.chars / 1e6:g} million characters of updates"
        + (f", going on from update {course.update} of {course.updates}" if course.resumed else ""),
        soft_wrap=True,
    )
    if not _finished(course, console):
        return 130
    with console.status("measuring the whole held-out texts"):
        nats = course.heldout(max(len(text.heldout) for text in corpora))
    card: dict[str, Any] = {"from_sha256": planned.start} if start else {}
    card |= {"characters": round(args.chars), "texts": {s: c.sha256 for s, c in zip(slugs, corpora, strict=True)}}
    monolith = Monolith(architecture, slugs, dict(zip(slugs, map(float, nats), strict=True)), card | _card(course))
    saved = monoliths.save(monolith, monoliths.quantise(course.network.played_weights()), args.out)
    checkpoint.unlink(missing_ok=True)
    console.print(f"the monolith is ready: {nats.mean():.3f} nats/char on average, in {saved.folder}", soft_wrap=True)
    return 0


def add(args: argparse.Namespace) -> int:
    from models.monolith.training import Training, recipe

    before = found(args.to)
    if (args.out / monoliths.CARD).exists() and args.out.resolve() != before.folder.resolve():
        raise UsageError(f"{args.out} holds another monolith: choose another --out, or name it with --to")
    slug = args.style or package.slug_of(args.text.stem)
    if package.slug_of(slug) != slug:
        raise UsageError(f"--style {slug}: give a style's short name, such as jane-austen")
    if slug in before.styles:
        raise UsageError(f"the monolith knows {slug} already")
    if len(before.styles) == MOST_VOICES:
        raise UsageError(f"the monolith knows {MOST_VOICES} styles: there is no room for another")
    text = corpus.read(args.text)
    planned = replace(
        recipe(args.chars), rate=args.rate or JOINING_RATE, start=before.content_hash(), seed=args.seed, dropout=0.0
    )
    checkpoint = args.out / ".training" / f"{slug}.safetensors"
    weights = before.weights()
    course = Training([text], before.architecture, planned, checkpoint, package.plain(weights), joining=True)
    console = Console(stderr=True, highlight=False)
    console.print(
        f"{slug}: {len(text.codes):,} characters, the last 10 % held out; its vector in {before.folder} is trained",
        soft_wrap=True,
    )
    if not _finished(course, console):
        return 130
    nats = float(course.heldout(len(text.heldout))[0])
    for name, vectors in course.network.played_weights().items():
        if name.endswith(".voices"):
            weights[name] = np.vstack([weights[name], vectors[-1:]])
    how = {"characters": round(args.chars), "text": text.sha256} | _card(course)
    made = replace(
        before,
        styles=[*before.styles, slug],
        heldout_nats=before.heldout_nats | {slug: nats},
        joined=before.joined | {slug: how},
    )
    saved = monoliths.save(made, weights, args.out)
    checkpoint.unlink(missing_ok=True)
    console.print(
        f"the monolith knows {slug}: {nats:.3f} nats/char held out after "
        f"{timedelta(seconds=round(course.seconds))}, in {saved.folder}",
        soft_wrap=True,
    )
    return 0


def _card(course: "Training") -> dict[str, Any]:
    from models.training import machine

    recipe = course.recipe
    return {
        "minutes": round(course.seconds / 60, 1),
        "machine": machine(),
        "batch": recipe.batch,
        "length": recipe.length,
        "rate": recipe.rate,
        "dropout": recipe.dropout,
        "decay": recipe.decay,
        "seed": recipe.seed,
    }


def _finished(course: "Training", console: Console) -> bool:
    """Train with progress shown. False when it was interrupted; the same command goes on from there."""
    try:
        for _ in _shown(course, console):
            pass
    except KeyboardInterrupt:
        course.save()
        console.print(f"stopped at update {course.update} of {course.updates}; the same command goes on from there")
        return False
    return True


def _shown(course: "Training", console: Console) -> "Iterator[Report]":
    with progress_of_updates(console) as progress:
        task = progress.add_task("", total=course.updates, completed=course.update, figures="starting")
        heldout = course.curve[-1][2] if course.curve else float("nan")
        for report in course.run():
            if report.heldout_nats is not None:
                heldout = report.heldout_nats
            figures = f"{report.chars_per_s:,.0f} chars/s  train {report.train_nats:.3f}  held out {heldout:.3f}"
            progress.update(task, completed=report.update, figures=figures)
            yield report
