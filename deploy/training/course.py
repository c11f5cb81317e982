"""The common part of trainings of a style and of a monolith: how they begin, are shown, and stand on a card."""

import signal
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from deploy import UsageError
from deploy.session import signals
from models import ModelsError


def needs_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as e:
        raise ModelsError("training needs torch: install it with  make train-extra") from e


def prepare(config: Any, below: float, *names: str) -> None:
    """Set up a training. Raises UsageError when a number of these names is not above zero, or not `below` that."""
    import torch

    for name in names:
        value = getattr(config, name)
        if value is not None and not 0 < value < below:
            raise UsageError(f"--{name} must be a number above zero")
    if config.threads:
        torch.set_num_threads(config.threads)
    signals.interruptible(signal.SIGTERM)


def shown(course: Any, heldout: float, console: Console) -> Iterator[Any]:
    """The reports of a training, with a bar over its updates. `heldout`: the last figure of a training that goes on."""
    columns = TextColumn("{task.fields[figures]}"), BarColumn(bar_width=30), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, refresh_per_second=4) as progress:
        task = progress.add_task("", total=course.updates, completed=course.update, figures="starting")
        for report in course.run():
            if report.heldout_nats is not None:
                heldout = report.heldout_nats
            figures = f"{report.chars_per_s:,.0f} chars/s  train {report.train_nats:.3f}  held out {heldout:.3f}"
            progress.update(task, completed=report.update, figures=figures)
            yield report


def card(course: Any, *more: str) -> dict[str, Any]:
    """The entry of a training on a card: `more` are numbers of its recipe."""
    from models.training import machine

    recipe = {name: getattr(course.recipe, name) for name in ("batch", "length", "rate", "dropout", *more)}
    return {"minutes": round(course.seconds / 60, 1), "machine": machine(), **recipe}
