"""`chorus evaluate --mix`: legibility of many voices at once, and the share of each; every pooling beside the paper's.

Sets of styles are drawn at random, the same for every pooling; each writes a text with equal weights. Known words are those
of any of the training texts. A judge whom no mixture has heard, a model of all English texts, says how likely it finds it.
"""

import json
import multiprocessing
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from actors.mixing.offline import Crossing, Mix, write, write_ahead
from actors.wire.parameters import HAND_OVER, LINEAR, LOG_LINEAR, Lookahead, MixSettings
from deploy import UsageError
from deploy.evaluation.config import EvaluationConfig
from models import ModelsError, evaluation, package, text_metrics
from models.alphabet import Codes, decode
from models.corpus import read as read_corpus
from models.engines import on_cpu
from models.monolith.package import Monolith
from models.package import Style

VOICES = (1, 2, 4, 8, 16, 24)  # how many styles weigh the same
SEARCHED = 8  # voices at most, with lookahead
CHARS, QUICK_CHARS = 2000, 500
SETS = 10  # of each number of voices
JUDGE = "english"


@dataclass(frozen=True)
class Way:
    settings: MixSettings
    ahead: Lookahead = field(default_factory=Lookahead)

    @property
    def most_voices(self) -> int:
        """The largest number of voices that is measured: a search takes its time."""
        return SEARCHED if self.ahead.looks else max(VOICES)


WAYS = {
    "linear": Way(MixSettings(LINEAR)),
    "linear, even": Way(MixSettings(LINEAR, evenness=1.0)),
    "log-linear": Way(MixSettings(LOG_LINEAR)),
    "hand-over": Way(MixSettings(HAND_OVER)),
    "hand-over, top-p 0.95": Way(MixSettings(HAND_OVER, top_p=0.95)),
    "linear, lookahead 8x4": Way(MixSettings(LINEAR), Lookahead(8, 4)),
    "hand-over, lookahead 8x4": Way(MixSettings(HAND_OVER), Lookahead(8, 4)),
    "linear, bold lookahead 8x4": Way(MixSettings(LINEAR), Lookahead(8, 4, boldness=1.0)),
    "monolith": Way(MixSettings(cross=1.0)),
    "half across, hand-over": Way(MixSettings(HAND_OVER, cross=0.5)),
}
if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import MonolithEngine

PICTURED = (("known", "known words, of the same styles alone"), ("unfair", "worst share, a factor"))


@dataclass(frozen=True)
class Text:
    styles: list[str]
    known: float  # share of its words
    alone: float  # the mean share of the same styles, each alone
    best: float  # nats a character: under that one of its styles that finds it likeliest,
    judge: float  # under the judge,
    everyone: float  # and under the monolith with all its styles at once; no number where there is none
    distinct: float
    repeat: int  # characters
    unfair: float
    sample: str

    @property
    def of_alone(self) -> float:
        return self.known / self.alone if self.alone else 1.0


Found = dict[str, dict[int, list[Text]]]  # by manner and number of voices


def measure(
    styles: Sequence[Style],
    corpora: dict[str, Path],
    monolith: Monolith | None,
    config: EvaluationConfig,
    console: Console,
) -> Found:
    """Measures everything, on `config.jobs` processes. Ways that cross need a `monolith` that knows all `styles`."""
    if monolith and not {style.slug for style in styles} <= set(monolith.styles):
        monolith = None
    missing = [style.slug for style in styles if style.slug not in corpora]
    if missing:
        raise UsageError(
            f"the training texts of {', '.join(missing)} are not there, which hold the words that are known"
        )
    voices = [n for n in VOICES if n <= len(styles)]
    chars = QUICK_CHARS if config.quick else CHARS
    dice = np.random.default_rng(config.seed)
    sets = [sorted(dice.choice(len(styles), n, replace=False).tolist()) for n in voices for _ in range(SETS)]
    alone = [[k] for k in range(len(styles))]
    ways = {name: way for name, way in WAYS.items() if monolith or not way.settings.cross}
    tasks = [("alone", Way(MixSettings()), half) for half in _parts(alone, config.jobs)]
    takes = {name: [s for s in sets if len(s) <= way.most_voices] for name, way in ways.items()}
    for name, way in ways.items():
        # a search takes its time: the smaller the parts, the sooner all processes end
        parts = len(takes[name]) if way.ahead.looks else config.jobs
        tasks += [(name, way, part) for part in _parts(takes[name], parts)]
    context = multiprocessing.get_context("spawn")
    given = (list(styles), [corpora[style.slug] for style in styles], monolith, chars, config.seed)
    texts: dict[str, dict[tuple[int, ...], Text]] = {name: {} for name in ("alone", *ways)}
    with Progress(console=console) as progress, context.Pool(max(1, config.jobs), _begin, given) as pool:
        row = progress.add_task("writing", total=sum(len(part) for _, _, part in tasks))
        for name, made in pool.imap_unordered(_write, tasks):
            texts[name] |= made
            progress.advance(row, len(made))
    known = [texts["alone"][(k,)].known for k in range(len(styles))]
    return {
        name: {
            n: [_beside(texts[name][tuple(s)], known, s) for s in sets if len(s) == n]
            for n in voices
            if n <= way.most_voices
        }
        for name, way in ways.items()
    }


def _parts(sets: list[list[int]], parts: int) -> list[list[list[int]]]:
    return [part for k in range(parts) if (part := sets[k::parts])]


def _beside(text: Text, known: Sequence[float], styles: Sequence[int]) -> Text:
    figures = {name: value for name, value in vars(text).items() if name != "alone"}
    return Text(alone=float(np.mean([known[k] for k in styles])), **figures)


_here: dict[str, Any] = {}  # of a process of the pool: what every task needs


def _begin(styles: list[Style], corpora: list[Path], monolith: Monolith | None, chars: int, seed: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business: leaving the pool ends this process
    words = set[str]()
    for path in corpora:
        words |= set(evaluation.words(decode(read_corpus(path).codes)))
    judge = package.load(package.BASES / JUDGE)
    _here.update(styles=styles, chars=chars, seed=seed, words=words, judge=on_cpu(judge))
    _here["engines"] = {k: on_cpu(style) for k, style in enumerate(styles)}
    _here["monolith"], _here["crossing"] = None, None
    if monolith:
        from models.engines.graph import cached
        from models.engines.monolith_engine import load

        files = cached(monolith), monolith.weights_path
        _here["monolith"] = load(*files, as_trained=True)
        _here["crossing"] = Crossing(load(*files), [monolith.styles.index(style.slug) for style in styles])


def _write(task: tuple[str, Way, list[list[int]]]) -> tuple[str, dict[tuple[int, ...], Text]]:
    name, way, sets = task
    mixes = [Mix(s, np.full(len(s), 1 / len(s)), _here["seed"] + 1000 * len(s) + s[0]) for s in sets]
    engines, chars = _here["engines"], _here["chars"]
    if way.ahead.looks:
        written = [write_ahead(engines, mix, way.settings, way.ahead, chars) for mix in mixes]
    else:
        written = write(engines, mixes, way.settings, chars, monolith=_here["crossing"])
    said_all = np.stack([text.chars for text in written])
    judged = evaluation.score(_here["judge"], said_all).mean(axis=1)
    everyone = np.full(len(mixes), np.nan)
    if _here["monolith"]:
        everyone = evaluation.score(_Everyone(_here["monolith"]), said_all).mean(axis=1)
    made = {}
    for mix, text, nats, of_all in zip(mixes, written, judged, everyone, strict=True):
        said = decode(text.chars)
        made[tuple(mix.styles)] = Text(
            styles=[_here["styles"][k].slug for k in mix.styles],
            known=evaluation.known_share(said, _here["words"]),
            alone=1.0,
            best=float(text.nats.min()),
            judge=float(nats),
            everyone=float(of_all),
            distinct=text_metrics.distinct(said),
            repeat=len(text_metrics.longest_repeat(said)),
            unfair=text_metrics.unfair(text.shares, mix.pi),
            sample=said[:400],
        )
    return name, made


class _Everyone:
    """A monolith with all its styles at equal weights, as one engine: a model of all texts."""

    def __init__(self, engine: "MonolithEngine") -> None:
        self._engine = engine
        self.reset, self.keep, self.back_to = engine.reset, engine.keep, engine.back_to

    def step(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
        return self._engine.step(parents, chars, np.ones((len(chars), self._engine.styles), np.float32))

    def consume(self, chars: Codes) -> None:
        self._engine.consume(chars, np.ones((len(chars), self._engine.styles), np.float32))


def write_report(found: Found, seconds: float, chars: int, out: Path) -> str:
    """`mixes.md`, `mixes.json` and `mixes.png` in `out`; returns the table."""
    rows = table(found)
    paragraphs = [
        "# Many voices",
        f"{time.strftime('%Y-%m-%d')}, {seconds:.0f} s. {SETS} random sets of styles for each number of voices, equal "
        f"weights, {chars:,} characters each, the same sets and dice for every pooling.",
        "*Known words*: the share of the text's words that stand in any training text; *of alone*: divided by the mean "
        "share of the same styles, each writing alone. *Margin*: the share above linear pooling's, with its 95 % bootstrap "
        "interval over the sets. *Best style*, *judge*: nats a character under that one of its styles that finds it "
        f"likeliest, and under `{JUDGE}`, a model that was trained apart. *All texts*: under the monolith with all its "
        "styles at once, which no ensemble has heard. *Distinct*: share of runs of "
        f"{text_metrics.GRAM} characters that are new. *Repeat*: the longest run that stands there twice. *Worst share*: "
        "by which factor the style worst off has more or less of the letters than its weight says, mean and largest.",
        *(rows, "![Many voices](mixes.png)", "## Heard"),
    ]
    for name, by_voices in found.items():
        most = max(by_voices)
        paragraphs += [f"{name}, {most} voices:", f"```\n{by_voices[most][0].sample}\n```"]
    as_json = {name: {str(n): list(map(asdict, texts)) for n, texts in by.items()} for name, by in found.items()}
    try:
        (out / "mixes.json").write_text(json.dumps(as_json, indent=1))
        (out / "mixes.md").write_text("\n\n".join(paragraphs) + "\n")
        draw(found, out / "mixes.png")
    except OSError as e:
        raise ModelsError(f"cannot write the report to {out}: {e.strerror}") from e
    return rows


def table(found: Found) -> str:
    """Markdown, one row a pooling and number of voices."""
    lines = [
        "| pooling | voices | known words | of alone | margin | best style | judge | all texts | distinct | repeat "
        "| worst share |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    plain = next(iter(found.values()))
    for name, by_voices in found.items():
        for n, texts in by_voices.items():
            margins = np.array([text.known - base.known for text, base in zip(texts, plain[n], strict=True)])
            low, high = text_metrics.interval(margins)
            margin = f"{100 * margins.mean():+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
            unfair = [text.unfair for text in texts]
            lines.append(
                f"| {name} | {n} | {_mean(texts, 'known'):.1%} | {_mean(texts, 'of_alone'):.1%} | "
                f"{'' if by_voices is plain else margin} | "
                f"{_mean(texts, 'best'):.2f} | {_mean(texts, 'judge'):.2f} | "
                f"{_mean(texts, 'everyone'):.2f} | {_mean(texts, 'distinct'):.1%} | "
                f"{_mean(texts, 'repeat'):.0f} | {np.mean(unfair):.2f} (max {max(unfair):.2f}) |"
            )
    return "\n".join(lines)


def _mean(texts: Sequence[Text], figure: str) -> float:
    return float(np.mean([getattr(text, figure) for text in texts]))


def draw(found: Found, path: Path) -> None:
    """Known words and fairness over the number of voices, a line a pooling."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), dpi=90, layout="constrained")
    for axes, (what, title) in zip(figure.subplots(1, 2), PICTURED, strict=True):
        for name, by_voices in found.items():
            voices = list(by_voices)
            values = np.array([[t.of_alone if what == "known" else t.unfair for t in by_voices[n]] for n in voices])
            axes.plot(voices, values.mean(axis=1), marker="o", label=name)
            axes.fill_between(voices, values.min(axis=1), values.max(axis=1), alpha=0.12)
        axes.set_xscale("log", base=2)
        axes.set_xticks(voices, [str(n) for n in voices])
        axes.set(title=title, xlabel="voices with equal weights")
    axes.legend(fontsize=8)
    figure.savefig(path)
