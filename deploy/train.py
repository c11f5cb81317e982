"""`chorus train TEXT --name TITLE`: a text becomes a style package, with progress shown and Ctrl-C safe."""

import argparse
import colorsys
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from models import ModelsError, corpus, package
from models.architecture import Architecture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", type=Path, help="a plain text file, best 500 KB to 10 MB of one author or kind")
    parser.add_argument("--name", required=True, help='the title shown on the screen, such as "Jane Austen"')
    parser.add_argument("--out", type=Path, default=package.OWN, help="where the package goes (default: %(default)s)")
    parser.add_argument("--arch", help="LAYERSxHIDDEN, such as 1x256 or 2x512 (default: chosen from the text's size)")
    parser.add_argument("--epochs", type=float, help="passes over the text (default: chosen from the text's size)")
    parser.add_argument("--rate", type=float, help="the optimiser's peak rate (default: 0.003)")
    parser.add_argument("--colour", help="#rrggbb (default: far from the colours of the styles already there)")
    parser.add_argument("--licence", default="unstated", help="the text's licence, kept on the style's card")
    parser.add_argument("--works", default="", help="what the text consists of, kept on the style's card")
    parser.add_argument(
        "--keep-last",
        action="store_true",
        help="keep the last weights and not the best on held-out text: for a text whose last tenth is unlike the rest",
    )
    parser.add_argument("--threads", type=int, help="CPU threads to train on (default: all)")
    parser.add_argument("--seed", type=int, default=0)


def run(args: argparse.Namespace) -> int:
    try:
        import torch
    except ImportError as e:
        raise ModelsError("training needs torch: install it with  make train-extra") from e
    from dataclasses import replace

    from models import training

    if args.threads:
        torch.set_num_threads(args.threads)
    console = Console(stderr=True, highlight=False)
    slug = package.slug_of(args.name)
    folder: Path = args.out / slug
    if (folder / "style.toml").exists():
        raise ModelsError(f"{folder} is there already: choose another --name, or move that folder away first")
    taken = [s.colour for s in package.installed(package.roots([args.out]), lambda _: None).values()]
    colour = args.colour or free_colour(taken)
    text = corpus.read(args.text)
    architecture = Architecture.parse(args.arch) if args.arch else Architecture.for_corpus(len(text.codes))
    package.check_card(package.Style(slug, args.name, colour, architecture), "--name and --colour")
    recipe = replace(training.Recipe.for_corpus(len(text.train)), seed=args.seed, keep_last=args.keep_last)
    if args.epochs:
        recipe = replace(recipe, epochs=args.epochs)
    if args.rate:
        recipe = replace(recipe, rate=args.rate)
    checkpoint = args.out / ".training" / slug / "checkpoint.safetensors"
    course = training.Training(text, architecture, recipe, checkpoint)
    console.print(
        f"{args.name}: {len(text.codes):,} characters, the last 10 % held out; {architecture} "
        f"({architecture.parameters:,} parameters), {course.recipe.epochs:.1f} epochs"
        + (f"; going on from update {course.update}" if course.resumed else ""),
        markup=False,
    )
    try:
        _show(course, console)
    except KeyboardInterrupt:
        course.save_checkpoint()
        console.print(f"stopped at update {course.update} of {course.updates}; the same command goes on from there")
        return 130
    with console.status("measuring the whole held-out text"):
        outcome = course.outcome()
    style = package.Style(
        slug=slug,
        title=args.name,
        colour=colour,
        architecture=architecture,
        corpus={
            "file": text.name,
            "characters": len(text.codes),
            "sha256": text.sha256,
            "works": args.works,
            "licence": args.licence,
        },
        training={
            "epochs": round(course.update / course.chunks, 2),
            "characters": outcome.chars,
            "minutes": round(outcome.seconds / 60, 1),
            "machine": training.machine(),
            "batch": recipe.batch,
            "length": recipe.length,
            "rate": recipe.rate,
            "dropout": recipe.dropout,
            "dropout_input": recipe.dropout_input,
            "decay": recipe.decay,
            "seed": recipe.seed,
        },
        train_nats=outcome.train_nats,
        heldout_nats=outcome.heldout_nats,
    )
    package.save(style, package.quantise(outcome.network.played_weights()), folder)
    _draw_curve(outcome.curve, args.name, folder / "curve.png")
    checkpoint.unlink(missing_ok=True)
    console.print(
        f"{args.name} is ready: {outcome.heldout_nats:.3f} nats/char held out after "
        f"{timedelta(seconds=round(outcome.seconds))}, in {folder}",
        markup=False,
    )
    return 0


def _show(course: "training.Training", console: Console) -> None:  # type: ignore[name-defined]  # noqa: F821
    columns = (
        TextColumn("{task.fields[figures]}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, refresh_per_second=4) as progress:
        task = progress.add_task("", total=course.updates, completed=course.update, figures="starting")
        heldout = course.best
        for report in course.run():
            if report.heldout_nats is not None:
                heldout = report.heldout_nats
                console.print(
                    f"epoch {report.epoch:.2f}  train {report.train_nats:.3f}  held out {heldout:.3f} nats/char  "
                    f"after {timedelta(seconds=round(report.seconds))}"
                )
                console.print(" ".join(report.sample.split()), style="dim", markup=False)
            figures = f"{report.chars_per_s:,.0f} chars/s  train {report.train_nats:.3f}  held out {heldout:.3f}"
            progress.update(task, completed=report.update, figures=figures)


def free_colour(taken: list[str]) -> str:
    """The hue farthest from all that are taken, as bright as the others on a dark screen."""
    hues = [colorsys.rgb_to_hsv(*(int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0] for c in taken]

    def room(hue: float) -> float:
        return min((min(abs(hue - h), 1 - abs(hue - h)) for h in hues), default=1.0)

    best = max((i / 72 for i in range(72)), key=room)
    return "#" + "".join(f"{round(v * 255):02x}" for v in colorsys.hsv_to_rgb(best, 0.55, 0.97))


def _draw_curve(curve: list[tuple[float, float, float]], title: str, path: Path) -> None:
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
