"""`chorus train --all FOLDER`: every text in a folder becomes a style, the smallest first, several at once.

Each training is a `chorus train` process of one thread: on two cores two such processes do a fifth more than one of two
threads (RECIPE.md). The queue has no state of its own. What is done is a package in --out, what was begun has its
checkpoint there, so the same command goes on after Ctrl-C, a power cut or a new text in the folder.
"""

import json
import queue
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from deploy.training.config import TrainConfig
from models import ModelsError, colours, package

CARD_FLAGS = {"title": "--name"} | {key: f"--{key}" for key in ("slug", "works", "licence", "colour", "from")}
PASSED_ON = ("minutes", "arch", "epochs", "rate", "seed")
GUESSED_CHARS = 8e6  # of updates a training will take, until it has begun and says so itself


@dataclass
class Job:
    """One text on its way to a style."""

    text: Path
    card: dict[str, Any]
    process: subprocess.Popen[str] | None = None
    complaints: list[str] = field(default_factory=list)
    done: float = 0.0  # characters of updates
    of: float = GUESSED_CHARS
    chars_per_s: float = 0.0
    heldout: float | None = None

    @property
    def title(self) -> str:
        return str(self.card["title"])


def jobs_of(folder: Path, cards: Path | None, out: Path) -> list[Job]:
    """The texts of `folder` that have no package in `out`, smallest first. Raises ModelsError when there are none."""
    texts = sorted(folder.glob("*.txt"), key=lambda p: (p.stat().st_size, p.name)) if folder.is_dir() else []
    if not texts:
        raise ModelsError(f"{folder} is no folder with *.txt files: give the folder that holds the texts")
    said = read_cards(cards or folder / "cards.toml", must_exist=cards is not None)
    taken = [style.colour for style in package.installed(package.roots([out]), lambda _: None).values()]
    jobs: list[Job] = []
    for text in texts:
        card = {"slug": package.slug_of(text.stem), "title": text.stem.replace("-", " ").title()}
        card |= said.get(text.stem, {})
        if (out / str(card["slug"]) / "style.toml").exists():
            continue
        # chosen here: trainings side by side would choose the same
        card.setdefault("colour", colours.free(taken))
        taken.append(str(card["colour"]))
        jobs.append(Job(text, card))
    return jobs


def read_cards(path: Path, must_exist: bool) -> dict[str, dict[str, Any]]:
    """`[jane-austen]` tables with slug, title, works, licence, colour, from, keep_last. Raises ModelsError for others."""
    if not must_exist and not path.exists():
        return {}
    try:
        cards = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise ModelsError(f"cannot read the cards in {path}: {e}") from e
    known = {*CARD_FLAGS, "keep_last"}
    for slug, card in cards.items():
        if not isinstance(card, dict) or set(card) - known:
            raise ModelsError(f"{path}: [{slug}] may say {', '.join(sorted(known))} and nothing else")
    return cards


def run(config: TrainConfig) -> int:
    assert config.all is not None
    console = Console(stderr=True, highlight=False)
    waiting = jobs_of(config.all, config.cards, config.out)
    if not waiting:
        console.out(f"every text in {config.all} is a style in {config.out} already")
        return 0
    jobs = list(waiting)
    reports: queue.SimpleQueue[tuple[Job, str | None]] = queue.SimpleQueue()
    running: list[Job] = []
    title, figures_column = TextColumn("{task.description}"), TextColumn("{task.fields[figures]}")
    columns = title, BarColumn(bar_width=24), TaskProgressColumn(), figures_column
    with Progress(*columns, console=console, refresh_per_second=2) as progress:
        whole = progress.add_task(f"{len(jobs)} styles", total=1.0, figures="")
        rows: dict[str, TaskID] = {}
        try:
            while waiting or running:
                while waiting and len(running) < max(1, config.jobs):
                    job = _next(waiting, [*waiting, *running])
                    waiting.remove(job)
                    _start(job, config, reports)
                    running.append(job)
                    rows[job.title] = progress.add_task(job.title, total=1.0, figures="reading")
                _drain(reports, running, console)
                for job in [job for job in jobs if job.title in rows]:
                    figures = f"{job.chars_per_s:,.0f} chars/s"
                    figures += f"  held out {job.heldout:.3f}" if job.heldout else ""
                    progress.update(rows[job.title], completed=job.done / job.of, figures=figures)
                    if job not in running:
                        progress.remove_task(rows.pop(job.title))
                _whole(progress, whole, jobs, running)
        except KeyboardInterrupt:
            console.out("stopping: each training writes its checkpoint; the same command goes on from there")
            return 130
        finally:
            left = [job.process for job in running if job.process is not None]
            for process in left:
                process.terminate()  # not SIGINT: whoever started us with & had it ignored
            for process in left:
                process.wait()
    failed = [job for job in jobs if job.process is None or job.process.returncode]
    for job in failed:
        console.out(f"{job.text.name}: " + " ".join(job.complaints[-1:]), style="red")
    console.out(f"{len(jobs) - len(failed)} of {len(jobs)} texts are styles in {config.out} now")
    return 2 if failed else 0


def _next(waiting: list[Job], unfinished: list[Job]) -> Job:
    """The first job whose parent, if it goes on from one of this queue, is done."""
    coming = {job.card["slug"] for job in unfinished}
    return next((job for job in waiting if job.card.get("from") not in coming), waiting[0])


def _start(job: Job, config: TrainConfig, reports: "queue.SimpleQueue[tuple[Job, str | None]]") -> None:
    command = [sys.executable, "-m", "deploy.cli", "train", str(job.text), "--json"]
    command += ["--out", str(config.out), "--threads", "1"]
    for key, flag in CARD_FLAGS.items():
        if key in job.card:
            command.append(f"{flag}={job.card[key]}")
    if config.start and "from" not in job.card:
        command.append(f"--from={config.start}")
    if job.card.get("keep_last") or config.keep_last:
        command.append("--keep-last")
    for name in PASSED_ON:
        if getattr(config, name) is not None:
            command += [f"--{name}", str(getattr(config, name))]
    # in a session of its own a training has no Ctrl-C but the one it is sent; without its reader it stops by itself
    job.process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    overhearing = threading.Thread(target=_overhear, args=(job, job.process.stderr), daemon=True)
    overhearing.start()
    threading.Thread(target=_read, args=(job, job.process.stdout, overhearing, reports), daemon=True).start()


def _read(
    job: Job, lines: IO[str], overhearing: threading.Thread, reports: "queue.SimpleQueue[tuple[Job, str | None]]"
) -> None:
    for line in lines:
        if line.startswith("{"):
            reports.put((job, line))
    overhearing.join()
    reports.put((job, None))


def _overhear(job: Job, lines: IO[str]) -> None:
    job.complaints += (line.strip() for line in lines if line.strip())


def _drain(reports: "queue.SimpleQueue[tuple[Job, str | None]]", running: list[Job], console: Console) -> None:
    """Read the reports of the trainings, for up to half a second."""
    until = time.monotonic() + 0.5
    while (left := until - time.monotonic()) > 0:
        try:
            job, line = reports.get(timeout=left)
        except queue.Empty:
            return
        if line is None:
            assert job.process is not None
            job.process.wait()
            running.remove(job)
            if job.process.returncode == 0:
                console.out(" ".join(job.complaints[-1:]))
            job.done = job.of
            return
        report = json.loads(line)
        job.done, job.of = report["chars"], max(1.0, report["chars"] * report["updates"] / max(1, report["update"]))
        job.chars_per_s, job.heldout = report["chars_per_s"], report["heldout_nats"] or job.heldout


def _whole(progress: Progress, whole: TaskID, jobs: list[Job], running: list[Job]) -> None:
    done, of = sum(job.done for job in jobs), sum(job.of for job in jobs)
    speed = sum(job.chars_per_s for job in running)
    finished = sum(1 for job in jobs if job.process is not None and job not in running)
    left = timedelta(seconds=round((of - done) / speed)) if speed else "?"
    progress.update(whole, completed=done / of, figures=f"{finished} done, {left} left, {speed:,.0f} chars/s")
