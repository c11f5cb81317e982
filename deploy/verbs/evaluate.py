"""`chorus evaluate`: every style writes alone, all score every text, and a report says who is recognised and who copies."""

import multiprocessing
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn, TimeRemainingColumn

from deploy import UsageError
from deploy.evaluation import mixes, report
from deploy.evaluation.config import EvaluationConfig
from deploy.evaluation.report import TEMPERATURES, WANTED, Findings, Words
from deploy.options.styles import installed
from models import ModelsError, evaluation
from models.alphabet import Codes, decode
from models.corpus import Corpus
from models.corpus import read as read_corpus
from models.engines import on_cpu
from models.monolith import package as monoliths
from models.package import Style

SUMMARY = "say how recognisable the styles are, and whether they copy"
HELP = """\
Every style writes alone, all styles score every text, and a report with pictures says who is taken for whom. With the
training texts (--corpora) also held-out nats a character of every style on every text, the share of known words, and the
longest verbatim copies. Needs matplotlib:  make train-extra"""


def run(config: EvaluationConfig) -> int:
    try:
        import matplotlib  # noqa: F401
    except ImportError as e:
        raise ModelsError("the report's pictures need matplotlib: install it with  make train-extra") from e
    styles = list(installed(config.styles, config.only).values())
    if len(styles) < 2:
        raise UsageError("an evaluation takes two styles or more: they score one another")
    corpora = find_corpora(config.corpora, styles) if config.corpora else {}
    try:  # known before minutes are spent
        config.out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ModelsError(f"cannot write the report to {config.out}: {e.strerror}") from e
    console = Console(stderr=True, highlight=False)
    try:
        if config.mix:
            return many_voices(styles, corpora, config, console)
        findings = measure(styles, corpora, config, console)
    except KeyboardInterrupt:
        console.print("stopped; nothing was written")
        return 130
    report.write(findings, config.out)
    right = [findings.confusion(k).right for k in range(len(TEMPERATURES))]
    print(
        f"{len(styles)} styles, {findings.texts.shape[2]:,} characters each at two temperatures, "
        f"{findings.seconds:.0f} s: the author was the best scorer of {right[0]:.1%} of the windows of "
        f"{evaluation.WINDOW} characters at temperature 1, of {right[1]:.1%} at 0.7"
    )
    print(f"the report is {config.out / 'report.md'}")
    if min(right) < WANTED:
        console.print(f"that is below {WANTED:.0%}: the report's table says which styles are taken for which")
    return 0


def many_voices(styles: list[Style], corpora: dict[str, Path], config: EvaluationConfig, console: Console) -> int:
    began = time.monotonic()
    found = mixes.measure(styles, corpora, monoliths.find(config.monolith), config, console)
    chars = mixes.QUICK_CHARS if config.quick else mixes.CHARS
    print(mixes.write_report(found, time.monotonic() - began, chars, config.out))
    print(f"the report is {config.out / 'mixes.md'}")
    return 0


def find_corpora(folder: Path, styles: list[Style]) -> dict[str, Path]:
    """The corpus file of each style by slug, as far as `folder` has it. Raises ModelsError when it has none of them."""
    named = {style.slug: folder / str(style.corpus.get("file", "?")) for style in styles}
    found = {slug: file for slug, file in named.items() if file.is_file()}
    if not found:
        raise ModelsError(
            f"{folder} holds no training text of these styles: they are looked for by the cards' file names"
        )
    return found


def measure(styles: list[Style], corpora: dict[str, Path], config: EvaluationConfig, console: Console) -> Findings:
    """Run everything, a style a task, on `config.jobs` processes."""
    began = time.monotonic()
    columns = *Progress.get_default_columns()[:3], TimeElapsedColumn(), TimeRemainingColumn()
    chars = 2000 if config.quick else 4000
    context = multiprocessing.get_context("spawn")
    # Ctrl-C is the parent's business: leaving the pool ends its processes
    with Progress(*columns, console=console) as progress, context.Pool(max(1, config.jobs), _ignore_interrupts) as pool:

        def all_of(title: str, task: Any, arguments: list[Any]) -> Iterable[Any]:
            return progress.track(pool.imap(task, arguments), total=len(arguments), description=title)

        texts = np.stack(list(all_of("writing", _write, [(s, chars, config.seed + k) for k, s in enumerate(styles)])))
        flat = texts.reshape(-1, chars)
        scored = np.stack(list(all_of("scoring one another", _score, [(style, flat) for style in styles])))
        findings = Findings(styles, texts, scored.reshape(len(styles), len(styles), len(TEMPERATURES), -1))
        if corpora:
            read = {slug: read_corpus(path) for slug, path in corpora.items()}
            _check_same(styles, read, console)
            length = min(2000 if config.quick else 10_000, *(len(c.heldout) for c in read.values()))
            heldout = np.stack([corpus.heldout[:length] for corpus in read.values()])
            rows = list(all_of("scoring held-out texts", _score_mean, [(style, heldout) for style in styles]))
            findings.corpora, findings.heldout = list(read), np.stack(rows)
            own = [(read[s.slug], texts[k]) for k, s in enumerate(styles) if s.slug in read]
            findings.words = dict(zip(read, all_of("looking at words", _look_at_words, own), strict=True))
    findings.seconds = time.monotonic() - began
    return findings


def _check_same(styles: list[Style], read: dict[str, Corpus], console: Console) -> None:
    for style in styles:
        if style.slug in read and read[style.slug].sha256 != style.corpus.get("sha256"):
            console.out(
                f"{style.slug}: the text given is not the one it was trained on (another sha256)", style="yellow"
            )


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write(task: tuple[Style, int, int]) -> Codes:
    style, chars, seed = task
    return evaluation.write(on_cpu(style), chars, TEMPERATURES, seed)


def _score(task: tuple[Style, Codes]) -> NDArray[np.float32]:
    style, texts = task
    return evaluation.windows(evaluation.score(on_cpu(style), texts))


def _score_mean(task: tuple[Style, Codes]) -> NDArray[np.float32]:
    style, texts = task
    mean: NDArray[np.float32] = evaluation.score(on_cpu(style), texts).mean(axis=1)
    return mean


def _look_at_words(task: tuple[Corpus, Codes]) -> Words:
    corpus, texts = task
    whole = decode(corpus.codes)
    vocabulary = set(evaluation.words(whole))
    seen = set(evaluation.words(decode(corpus.train)))
    return Words(
        known=[evaluation.known_share(decode(text), vocabulary) for text in texts],
        known_heldout=evaluation.known_share(decode(corpus.heldout), seen),
        copies=[evaluation.longest_copy(decode(text), whole) for text in texts],
    )
