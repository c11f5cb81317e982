"""`chorus train TEXT --name TITLE`: a text becomes a style package, with progress shown and Ctrl-C safe."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from deploy import UsageError
from deploy.session import discovery
from deploy.training import batch, live_update
from deploy.training import course as courses
from deploy.training.config import TrainConfig
from models import ModelsError, colours, corpus, package
from models.architecture import Architecture

if TYPE_CHECKING:  # torch is an extra, and slow to load
    from models.training import Report, Training
    from models.training_plan import Plan

SUMMARY = "train a style on a text"
HELP = """\
From nothing, about 11 minutes:        chorus train austen.txt --name "Jane Austen"
From a kindred style, for 20 to 200 KB of text, about 2 minutes:
                                       chorus train letters.txt --name "Letters" --from jane-austen
Every text in a folder, for hours:     chorus train --all FOLDER
Ctrl-C keeps what was learnt; the same command goes on from there. The last tenth of a text is never trained on. Network,
epochs and time are chosen from the text's size and this machine's speed, and said before it starts. Needs torch:
make train-extra"""


def run(config: TrainConfig) -> int:
    courses.needs_torch()
    if config.all:
        if config.text or config.name:
            raise UsageError("--all takes the texts and titles from its folder: leave out TEXT and --name")
        return batch.run(config)
    if not config.text or not config.name:
        raise UsageError('say which text and which name:  chorus train austen.txt --name "Jane Austen"')
    courses.prepare(config, 1e6, "minutes", "epochs", "rate")
    from models.training import Training

    console = Console(stderr=True, highlight=False)
    slug = config.slug or package.slug_of(config.name)
    folder: Path = config.out / slug
    taken = package.installed(package.roots([config.out]), lambda _: None)
    colour = config.colour or colours.free([style.colour for style in taken.values()])
    package.check_card(package.Style(slug, config.name, colour, Architecture(1, 8)), "--name, --slug and --colour")
    if (folder / "style.toml").exists():
        raise ModelsError(f"{folder} is there already: choose another --name, or move that folder away first")
    joined = None
    if config.join is not None:
        folder_meanwhile = config.out / ".training" / slug / "joined"
        joined = live_update.Joining(discovery.find(config.session), config.join, folder_meanwhile, console)
    text = corpus.read(config.text)
    start = package.find(config.start, [*package.roots([config.out]), package.BASES]) if config.start else None
    checkpoint = config.out / ".training" / slug / "checkpoint.safetensors"
    plan = _plan(config, text, start, checkpoint, console)
    weights = package.plain(start.weights()) if start else None
    course = Training(text, plan.architecture, plan.recipe, checkpoint, weights)
    left = timedelta(seconds=round(plan.seconds * (1 - course.update / course.updates)))
    console.out(
        f"{config.name}: {len(text.codes):,} characters, the last 10 % held out; {plan.architecture} "
        f"({plan.architecture.parameters:,} parameters), {plan.recipe.epochs:.1f} epochs"
        + (f", going on from {start.title}" if start else "")
        + f"; {plan.chars_per_s:,.0f} characters a second here"
        + (f", going on from update {course.update}, {left} left" if course.resumed else f", about {left}"),
    )

    about = {"file": text.name, "characters": len(text.codes), "sha256": text.sha256}

    def style(train_nats: float, heldout_nats: float) -> package.Style:
        return package.Style(
            slug=slug,
            title=config.name,
            colour=colour,
            architecture=plan.architecture,
            corpus=about | {"works": config.works, "licence": config.licence},
            training=_training_card(course, start),
            train_nats=train_nats,
            heldout_nats=heldout_nats,
        )

    try:
        for report in course.run() if config.json else courses.shown(course, course.best, console):
            if config.json:
                _tell(course, report)
            elif report.heldout_nats is not None:
                nats = f"train {report.train_nats:.3f}  held out {report.heldout_nats:.3f} nats/char"
                console.print(f"epoch {report.epoch:.2f}  {nats}  after {timedelta(seconds=round(report.seconds))}")
                console.out(" ".join(report.sample.split()), style="dim")
            if joined and report.heldout_nats is not None:
                weights = package.quantise(course.network.played_weights())
                joined.offer(style(report.train_nats, report.heldout_nats), weights)
    except KeyboardInterrupt:
        course.save_checkpoint()
        console.out(f"stopped at update {course.update} of {course.updates}; the same command goes on from there")
        return 130
    except BrokenPipeError:  # whoever reads --json is gone
        course.save_checkpoint()
        return 1
    with console.status("measuring the whole held-out text"):
        outcome = course.outcome()
    weights = package.quantise(outcome.network.played_weights())
    made = package.save(style(outcome.train_nats, outcome.heldout_nats), weights, folder)
    draw_curve(outcome.curve, config.name, folder / "curve.png")
    checkpoint.unlink(missing_ok=True)
    spent = timedelta(seconds=round(outcome.seconds))
    console.out(f"{config.name} is ready: {outcome.heldout_nats:.3f} nats/char held out after {spent}, in {folder}")
    if joined:
        joined.end(made)
    return 0


def _plan(
    config: TrainConfig, text: corpus.Corpus, start: package.Style | None, checkpoint: Path, console: Console
) -> "Plan":
    """The plan of the training that was interrupted here, unless other flags are given; else a new one."""
    from models import training, training_plan

    source = start.content_hash() if start else ""
    architecture = start.architecture if start else Architecture.parse(config.arch) if config.arch else None
    if start and config.arch and Architecture.parse(config.arch) != start.architecture:
        raise UsageError(f"--arch: a style that goes on from {start.slug} is {start.architecture} like it")
    was = training.begun(checkpoint, text)
    if was and _same(config, source, *was):
        return training_plan.Plan(*was, len(text.train), training_plan.measure(was[0]))
    with console.status("measuring how fast this machine trains"):
        made = training_plan.make(
            len(text.train), architecture=architecture, start=source, minutes=config.minutes, epochs=config.epochs
        )
    recipe = replace(made.recipe, seed=config.seed, keep_last=config.keep_last)
    return replace(made, recipe=replace(recipe, rate=config.rate) if config.rate else recipe)


def _same(config: TrainConfig, source: str, architecture: Architecture, recipe: Any) -> bool:
    """True when no setting contradicts the plan of a checkpoint."""
    return (
        (recipe.start, recipe.seed, recipe.keep_last) == (source, config.seed, config.keep_last)
        and config.arch in (None, str(architecture))
        and config.epochs in (None, recipe.epochs)
        and config.rate in (None, recipe.rate)
    )


def _training_card(course: "Training", start: package.Style | None) -> dict[str, Any]:
    recipe = course.recipe
    card: dict[str, Any] = {"from": start.slug, "from_sha256": recipe.start} if start else {}
    return card | {
        "epochs": round(course.update / course.chunks, 2),
        "characters": course.chars,
        **courses.card(course, "dropout_input", "dropout_recurrent", "decay", "seed"),
    }


def _tell(course: "Training", report: "Report") -> None:
    """Print one line for the program that started this training."""
    row: dict[str, float | None] = {
        "update": report.update,
        "updates": report.updates,
        "chars": course.chars,
        "chars_per_s": round(report.chars_per_s),
        "train_nats": round(report.train_nats, 4),
        "heldout_nats": report.heldout_nats,
    }
    print(json.dumps(row), flush=True)


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
