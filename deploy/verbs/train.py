"""`chorus train TEXT --name TITLE`: a text becomes a style package, with progress shown and Ctrl-C safe."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from deploy import UsageError, paths
from deploy.training import batch, live_update
from models import ModelsError, colours, corpus, package
from models.architecture import Architecture

if TYPE_CHECKING:  # torch is an extra, and slow to load
    from models.training import Report, Training
    from models.training_plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "text", type=Path, nargs="?", help="a plain text file, best 500 KB to 10 MB of one author or kind"
    )
    parser.add_argument("--name", help='the title shown on the screen, such as "Jane Austen"')
    parser.add_argument("--slug", help="its short name in commands and OSC addresses (default: made from --name)")
    parser.add_argument(
        "--from",
        dest="start",
        metavar="STYLE",
        help="go on from this style, or from english: a short name or a folder",
    )
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="train every *.txt in FOLDER, the smallest first")
    parser.add_argument("--out", type=Path, default=paths.STYLES, help="where the package goes (default: %(default)s)")
    choice = parser.add_argument_group("instead of what would be chosen from the text's size and this machine's speed")
    choice.add_argument("--minutes", type=float, help="the time it may take (default: 11, with --from 2)")
    choice.add_argument("--arch", help="LAYERSxHIDDEN, such as 1x256 or 2x512")
    choice.add_argument("--epochs", type=float, help="passes over the text")
    choice.add_argument("--rate", type=float, help="the optimiser's peak rate")
    choice.add_argument("--threads", type=int, help="CPU threads to train on")
    choice.add_argument("--seed", type=int, default=0)
    choice.add_argument(
        "--keep-last",
        action="store_true",
        help="keep the last weights and not the best on held-out text: for a text whose last tenth is unlike the rest",
    )
    card = parser.add_argument_group("for the style's card")
    card.add_argument("--colour", help="#rrggbb (default: far from the colours of the styles already there)")
    card.add_argument("--licence", default="unstated", help="the text's licence")
    card.add_argument("--works", default="", help="what the text consists of")
    parser.add_argument(
        "--join",
        nargs="?",
        type=float,
        const=0.0,
        metavar="WEIGHT",
        help="it joins the ensemble that is playing as soon as it writes words, and plays better while it learns",
    )
    parser.add_argument("--session", help="which session to join, if several are playing on this machine")
    parser.add_argument("--json", action="store_true", help="progress as JSON lines on stdout, for programs")
    batch.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    try:
        import torch
    except ImportError as e:
        raise ModelsError("training needs torch: install it with  make train-extra") from e
    if args.all:
        if args.text or args.name:
            raise UsageError("--all takes the texts and titles from its folder: leave out TEXT and --name")
        return batch.run(args)
    if not args.text or not args.name:
        raise UsageError('say which text and which name:  chorus train austen.txt --name "Jane Austen"')
    for name in ("minutes", "epochs", "rate"):
        value = getattr(args, name)
        if value is not None and not 0 < value < 1e6:
            raise UsageError(f"--{name} must be a number above zero")
    if args.threads:
        torch.set_num_threads(args.threads)
    from models.training import Training

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True, highlight=False)
    slug = args.slug or package.slug_of(args.name)
    folder: Path = args.out / slug
    taken = package.installed(package.roots([args.out]), lambda _: None)
    colour = args.colour or colours.free([style.colour for style in taken.values()])
    package.check_card(package.Style(slug, args.name, colour, Architecture(1, 8)), "--name, --slug and --colour")
    if (folder / "style.toml").exists():
        raise ModelsError(f"{folder} is there already: choose another --name, or move that folder away first")
    joined = None
    if args.join is not None:
        joined = live_update.begin(args.join, args.session, args.out / ".training" / slug / "joined", console)
    text = corpus.read(args.text)
    start = package.find(args.start, [*package.roots([args.out]), package.BASES]) if args.start else None
    checkpoint = args.out / ".training" / slug / "checkpoint.safetensors"
    plan = _plan(args, text, start, checkpoint, console)
    weights = package.plain(start.weights()) if start else None
    course = Training(text, plan.architecture, plan.recipe, checkpoint, weights)
    left = timedelta(seconds=round(plan.seconds * (1 - course.update / course.updates)))
    console.print(
        f"{args.name}: {len(text.codes):,} characters, the last 10 % held out; {plan.architecture} "
        f"({plan.architecture.parameters:,} parameters), {plan.recipe.epochs:.1f} epochs"
        + (f", going on from {start.title}" if start else "")
        + f"; {plan.chars_per_s:,.0f} characters a second here"
        + (f", going on from update {course.update}, {left} left" if course.resumed else f", about {left}"),
        markup=False,
        soft_wrap=True,
    )

    def style(train_nats: float, heldout_nats: float) -> package.Style:
        return package.Style(
            slug=slug,
            title=args.name,
            colour=colour,
            architecture=plan.architecture,
            corpus=_corpus_card(text, args),
            training=_training_card(course, start),
            train_nats=train_nats,
            heldout_nats=heldout_nats,
        )

    try:
        for report in course.run() if args.json else _shown(course, console):
            if args.json:
                _tell(course, report)
            if joined and report.heldout_nats is not None:
                weights = package.quantise(course.network.played_weights())
                joined.offer(style(report.train_nats, report.heldout_nats), weights)
    except KeyboardInterrupt:
        course.save_checkpoint()
        console.print(
            f"stopped at update {course.update} of {course.updates}; the same command goes on from there",
            soft_wrap=True,
        )
        return 130
    except BrokenPipeError:  # whoever reads --json is gone
        course.save_checkpoint()
        return 1
    with console.status("measuring the whole held-out text"):
        outcome = course.outcome()
    weights = package.quantise(outcome.network.played_weights())
    made = package.save(style(outcome.train_nats, outcome.heldout_nats), weights, folder)
    draw_curve(outcome.curve, args.name, folder / "curve.png")
    checkpoint.unlink(missing_ok=True)
    console.print(
        f"{args.name} is ready: {outcome.heldout_nats:.3f} nats/char held out after "
        f"{timedelta(seconds=round(outcome.seconds))}, in {folder}",
        markup=False,
        soft_wrap=True,
    )
    if joined:
        joined.end(made)
    return 0


def _plan(
    args: argparse.Namespace, text: corpus.Corpus, start: package.Style | None, checkpoint: Path, console: Console
) -> "Plan":
    """The plan of the training that was interrupted here, unless other flags are given; else a new one."""
    from models import training, training_plan

    source = start.content_hash() if start else ""
    architecture = start.architecture if start else Architecture.parse(args.arch) if args.arch else None
    if start and args.arch and Architecture.parse(args.arch) != start.architecture:
        raise UsageError(f"--arch: a style that goes on from {start.slug} is {start.architecture} like it")
    was = training.begun(checkpoint, text)
    if was and _same(args, source, *was):
        return training_plan.Plan(*was, len(text.train), training_plan.measure(was[0]))
    with console.status("measuring how fast this machine trains"):
        made = training_plan.make(
            len(text.train), architecture=architecture, start=source, minutes=args.minutes, epochs=args.epochs
        )
    recipe = replace(made.recipe, seed=args.seed, keep_last=args.keep_last)
    return replace(made, recipe=replace(recipe, rate=args.rate) if args.rate else recipe)


def _same(args: argparse.Namespace, source: str, architecture: Architecture, recipe: Any) -> bool:
    """Whether nothing that was asked for contradicts the plan of a checkpoint."""
    return (
        (recipe.start, recipe.seed, recipe.keep_last) == (source, args.seed, args.keep_last)
        and args.arch in (None, str(architecture))
        and args.epochs in (None, recipe.epochs)
        and args.rate in (None, recipe.rate)
    )


def _corpus_card(text: corpus.Corpus, args: argparse.Namespace) -> dict[str, Any]:
    about = {"file": text.name, "characters": len(text.codes), "sha256": text.sha256}
    return about | {"works": args.works, "licence": args.licence}


def _training_card(course: "Training", start: package.Style | None) -> dict[str, Any]:
    from models import training

    recipe = course.recipe
    card: dict[str, Any] = {"from": start.slug, "from_sha256": recipe.start} if start else {}
    return card | {
        "epochs": round(course.update / course.chunks, 2),
        "characters": course.chars,
        "minutes": round(course.seconds / 60, 1),
        "machine": training.machine(),
        "batch": recipe.batch,
        "length": recipe.length,
        "rate": recipe.rate,
        "dropout": recipe.dropout,
        "dropout_input": recipe.dropout_input,
        "dropout_recurrent": recipe.dropout_recurrent,
        "decay": recipe.decay,
        "seed": recipe.seed,
    }


def progress_of_updates(console: Console) -> Progress:
    """A bar over a training's updates; its task has a field `figures`."""
    columns = (
        TextColumn("{task.fields[figures]}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, refresh_per_second=4)


def _shown(course: "Training", console: Console) -> "Iterator[Report]":
    with progress_of_updates(console) as progress:
        task = progress.add_task("", total=course.updates, completed=course.update, figures="starting")
        heldout = course.best
        for report in course.run():
            if report.heldout_nats is not None:
                heldout = report.heldout_nats
                console.print(
                    f"epoch {report.epoch:.2f}  train {report.train_nats:.3f}  held out {heldout:.3f} nats/char  "
                    f"after {timedelta(seconds=round(report.seconds))}"
                )
                console.print(" ".join(report.sample.split()), style="dim", markup=False, soft_wrap=True)
            figures = f"{report.chars_per_s:,.0f} chars/s  train {report.train_nats:.3f}  held out {heldout:.3f}"
            progress.update(task, completed=report.update, figures=figures)
            yield report


def _tell(course: "Training", report: "Report") -> None:
    """One line for the program that started this training."""
    row: dict[str, float | None] = {
        "update": report.update,
        "updates": report.updates,
        "chars": course.chars,
        "chars_per_s": round(report.chars_per_s),
        "train_nats": round(report.train_nats, 4),
        "heldout_nats": report.heldout_nats,
    }
    json.dump(row, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()


def draw_curve(curve: list[tuple[float, float, float]], title: str, path: Path) -> None:
    """The learning curve as a PNG: (epoch, train, held-out) points."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.4), dpi=100, layout="constrained")
    axes = figure.subplots()
    epochs = [point[0] for point in curve]
    axes.plot(epochs, [point[1] for point in curve], label="train (dropout on)", color="#888888")
    axes.plot(epochs, [point[2] for point in curve], label="held out", color="#c03030")
    axes.set(title=title, xlabel="epochs", ylabel="nats/char")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)
