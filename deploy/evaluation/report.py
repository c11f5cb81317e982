"""Findings of an evaluation, and their report: Markdown, pictures, the texts themselves, JSON."""

import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import ModelsError, evaluation, kinship
from models.alphabet import decode
from models.package import Style

TEMPERATURES = (1.0, 0.7)
WORST = 4.0  # nats a character from which on the picture makes no difference
WANTED = 0.95  # share of windows whose author is to be recognised


@dataclass
class Words:
    """Words of one style's texts, compared with its corpus."""

    known: list[float]  # share of known words, a temperature
    known_heldout: float  # the same for the held-out text and the words of the rest
    copies: list[str]  # the longest verbatim copy, a temperature


@dataclass
class Findings:
    """Everything measured; first axes are styles in order."""

    styles: list[Style]
    texts: NDArray[np.uint8]  # (styles, temperatures, chars)
    scores: NDArray[np.float32]  # (scorers, authors, temperatures, windows)
    seconds: float = 0.0
    corpora: list[str] | None = None  # slugs whose corpus was given
    heldout: NDArray[np.float32] | None = None  # (styles, corpora)
    words: dict[str, Words] | None = None

    def confusion(self, temperature: int) -> evaluation.Confusion:
        return evaluation.Confusion.of(self.scores[:, :, temperature])

    @property
    def nats(self) -> NDArray[np.float64]:
        """(scorers, authors), on what was written at temperature 1."""
        means: NDArray[np.float64] = self.scores[:, :, 0].mean(axis=2, dtype=np.float64)
        return means


def write(findings: Findings, out: Path) -> None:
    """`report.md`, its pictures, the texts, `findings.json` and `kinship.json` in `out`."""
    try:
        (out / "texts").mkdir(parents=True, exist_ok=True)
        for style, texts in zip(findings.styles, findings.texts, strict=True):
            for temperature, text in zip(TEMPERATURES, texts, strict=True):
                (out / "texts" / f"{style.slug}-{temperature:g}.txt").write_text(decode(text))
        (out / "findings.json").write_text(json.dumps(_as_json(findings), indent=1))
        (out / "report.md").write_text(markdown(findings))
    except OSError as e:
        raise ModelsError(f"cannot write the report to {out}: {e.strerror}") from e
    kinship.save(out, [style.slug for style in findings.styles], findings.nats)
    draw(findings, out)


def markdown(findings: Findings) -> str:
    styles = findings.styles
    confusions = [findings.confusion(k) for k in range(len(TEMPERATURES))]
    windows = findings.scores.shape[3] * len(styles)
    paragraphs = [
        "# How the styles do",
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {findings.seconds:.0f} s. {len(styles)} styles wrote "
        f"{findings.texts.shape[2]:,} characters each, alone, at temperature 1 and at 0.7; all scored every text. "
        f"Of {windows:,} windows of {evaluation.WINDOW} characters the author was the best scorer of "
        f"**{confusions[0].right:.1%}** at temperature 1 and of **{confusions[1].right:.1%}** at 0.7 "
        f"(wanted: {WANTED:.0%}).",
        "![Confusion](confusion.png)",
    ]
    if findings.words:
        copies = [[len(w.copies[k]) for w in findings.words.values()] for k in range(len(TEMPERATURES))]
        paragraphs.append(
            "Longest verbatim copy from the corpus, median of the styles: "
            f"{np.median(copies[0]):.0f} characters at temperature 1, {np.median(copies[1]):.0f} at 0.7."
        )
    header = ["style", "network", "held out, on its card", "recognised at 1", "at 0.7", "most often taken for"]
    if findings.words:
        header += ["held out, played", "known words at 1", "at 0.7", "in held-out text", "longest copy at 1", "at 0.7"]
    lines = ["\n\n".join(paragraphs) + "\n", "| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    for k, style in enumerate(styles):
        others = confusions[0].table[k].copy()
        others[k] = -1
        other = int(others.argmax())
        row = [style.title, str(style.architecture), f"{style.heldout_nats:.3f}"]
        row += [f"{confusion.table[k, k]:.0%}" for confusion in confusions]
        row.append(f"{styles[other].title} ({others[other]:.0%})" if others[other] > 0 else "")
        if findings.words and findings.heldout is not None and findings.corpora:
            row += _about_words(findings, k)
        lines.append("| " + " | ".join(row) + " |")
    if findings.corpora and findings.heldout is not None:
        title = "## Held-out nats a character of every style on every corpus"
        lines += ["", title, "", "![Held-out nats](heldout.png)", ""]
        lines += ["| style | " + " | ".join(findings.corpora) + " |"]
        lines += ["|---" * (len(findings.corpora) + 1) + "|"]
        for k, style in enumerate(styles):
            lines.append(f"| {style.slug} | " + " | ".join(f"{n:.2f}" for n in findings.heldout[k]) + " |")
    return "\n".join(lines) + "\n"


def _about_words(findings: Findings, k: int) -> list[str]:
    slug = findings.styles[k].slug
    if not (findings.words and findings.corpora and findings.heldout is not None) or slug not in findings.corpora:
        return [""] * 6
    words = findings.words[slug]
    return [
        f"{findings.heldout[k, findings.corpora.index(slug)]:.3f}",
        *(f"{share:.1%}" for share in (*words.known, words.known_heldout)),
        *(str(len(copy)) for copy in words.copies),
    ]


def _as_json(findings: Findings) -> dict[str, Any]:
    slugs = [style.slug for style in findings.styles]
    record: dict[str, Any] = {"styles": slugs, "temperatures": TEMPERATURES, "window": evaluation.WINDOW}
    record["right"] = [findings.confusion(k).right for k in range(len(TEMPERATURES))]
    record["confusion"] = [findings.confusion(k).table.round(4).tolist() for k in range(len(TEMPERATURES))]
    record["nats"] = findings.nats.round(4).tolist()
    if findings.words and findings.heldout is not None:
        record["corpora"], record["heldout"] = findings.corpora, findings.heldout.astype(float).round(4).tolist()
        record["words"] = {slug: vars(words) for slug, words in findings.words.items()}
    return record


def draw(findings: Findings, out: Path) -> None:
    """`confusion.png`, and `heldout.png` where corpora were given."""
    from matplotlib.figure import Figure

    slugs = [style.slug for style in findings.styles]
    side = 2.5 + 0.24 * len(slugs)

    def grid(
        axes: Any, values: NDArray[Any], title: str, rows: list[str], columns: list[str], scale: str, top: float
    ) -> Any:
        image = axes.imshow(values, cmap=scale, aspect="equal", vmax=top)
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=7)
        axes.set_yticks(range(len(rows)), rows, fontsize=7)
        axes.set_title(title, fontsize=9)
        return image

    figure = Figure(figsize=(2 * side, side), dpi=90, layout="constrained")
    for k, axes in enumerate(figure.subplots(1, 2)):
        confusion = findings.confusion(k)
        title = f"written at temperature {TEMPERATURES[k]:g}: {confusion.right:.1%} recognised"
        image = grid(axes, confusion.table, title, slugs, slugs, "magma", 1.0)
        axes.set(ylabel="author", xlabel="best scorer")
    figure.colorbar(image, ax=figure.axes, shrink=0.6, label="share of windows")
    figure.savefig(out / "confusion.png")
    if findings.corpora and findings.heldout is not None:
        figure = Figure(figsize=(side + 1, side), dpi=90, layout="constrained")
        axes = figure.subplots()
        image = grid(axes, findings.heldout, "held-out nats a character", slugs, findings.corpora, "viridis_r", WORST)
        axes.set(ylabel="style", xlabel="corpus")
        figure.colorbar(image, ax=axes, shrink=0.6, extend="max")
        figure.savefig(out / "heldout.png")
