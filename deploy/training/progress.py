"""The progress bar of trainings."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def progress_of_updates(console: Console) -> Progress:
    """A bar over a training's updates; its task has a field `figures`."""
    columns = (
        TextColumn("{task.fields[figures]}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, refresh_per_second=4)
