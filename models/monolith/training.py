"""Training a monolith on all texts at once, and teaching it one more style. Its caller is `chorus monolith`.

From nothing, everything is trained on the passages of `models.monolith.passages`. A style that joins has its vector trained
alone, on its own text, all else as it is: so the styles that are there do not change by a bit.
"""

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models import ModelsError, checkpoint
from models.alphabet import Codes
from models.architecture import Architecture
from models.corpus import Corpus
from models.monolith.network import MonolithLSTM, State
from models.monolith.passages import Passages
from models.training import autocast, cosine, descend, keep_freed_memory

LOOKED_AT = 4000  # held-out characters of each style read for a point of the curve
EVALUATIONS = 24
LONG = 20e6  # characters of updates


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome besides texts, architecture and where it goes on from."""

    chars: float  # of updates in all
    batch: int = 64
    length: int = 80  # characters a sequence (paper 2.2: at most 80)
    rate: float = 2e-3  # AdamW's peak; a cosine brings it to 2 % of this
    warmup: int = 200  # updates
    decay: float = 0.01
    clip: float = 1.0
    dropout: float = 0.05
    dropout_input: float = 0.0
    start: str = ""  # the content hash of the monolith it goes on from
    seed: int = 0


def recipe(chars: float) -> Recipe:
    """For a training of so many characters: short ones need many small updates more than they need large ones."""
    made = Recipe(chars=chars) if chars >= LONG else Recipe(chars=chars, batch=16, rate=4e-3)
    return replace(made, warmup=max(1, min(made.warmup, int(chars / made.batch / made.length / 10))))


@dataclass
class Report:
    """The progress of a training."""

    update: int
    updates: int
    train_nats: float
    heldout_nats: float | None  # the mean of all styles, or of the one that joins; only on reports after an evaluation
    chars_per_s: float
    seconds: float


class Training:
    """One training, resumable: iterate over `run()`, then take `network`, whose last weights are the ones to keep."""

    def __init__(
        self,
        corpora: Sequence[Corpus],
        architecture: Architecture,
        recipe: Recipe,
        kept: Path,
        start: Mapping[str, NDArray[np.float32]] | None = None,
        joining: bool = False,
    ) -> None:
        """`corpora` are the styles' texts in the order of their vectors.

        `start` are the plain weights of a monolith to go on from. Either it has the first of these styles, and everything
        is trained on; or they are `joining`: its vectors come before theirs, and theirs alone are trained.
        """
        keep_freed_memory()
        self.corpora, self.recipe, self.kept = corpora, recipe, kept
        torch.manual_seed(recipe.seed)
        self.before = len(start["output.voices"]) if start is not None and joining else 0
        voices = self.before + len(corpora)
        self.network = MonolithLSTM(architecture, voices, recipe.dropout_input, recipe.dropout)
        learning = list(self.network.parameters())
        if start is not None:
            self.network.start_from(start)
        if joining:
            self.network.requires_grad_(False)
            learning = self.network.vectors()
            for vectors in learning:
                vectors.requires_grad_(True)
                vectors.register_hook(self._newest)  # type: ignore[no-untyped-call]
        decay = 0.0 if self.before else recipe.decay  # it would move the vectors that are to stay
        self.optimiser = torch.optim.AdamW(learning, lr=recipe.rate, betas=(0.9, 0.99), weight_decay=decay)
        self.passages = Passages([corpus.train for corpus in corpora], recipe.batch, recipe.length, recipe.seed)
        self.updates = max(1, round(recipe.chars / recipe.batch / recipe.length))
        self.evaluate_each = max(1, self.updates // EVALUATIONS)
        self.update, self.seconds = 0, 0.0
        self.curve: list[tuple[float, float, float]] = []  # (characters in millions, train, held-out)
        self._state: State | None = None
        self.resumed = self._load()

    def run(self) -> Iterator[Report]:
        """Train to the end. Raises ModelsError when the loss is no number any more."""
        if not self.resumed:
            self.save()  # from now on the plan stands, and a full disk is known before an hour is spent
        losses: list[float] = []
        saved = reported = last = time.monotonic()
        before = self.update
        self.network.train()
        while self.update < self.updates:
            for group in self.optimiser.param_groups:
                group["lr"] = self.recipe.rate * cosine(self.update, self.updates, self.recipe.warmup)
            losses.append(self._update())
            self.update += 1
            now = time.monotonic()
            self.seconds += now - last
            last = now
            speed = (self.update - before) * self.recipe.batch * self.recipe.length / max(now - reported, 1e-9)
            train = float(np.mean(losses[-200:]))
            report = Report(self.update, self.updates, train, None, speed, self.seconds)
            if self.update % self.evaluate_each == 0 or self.update == self.updates:
                report.heldout_nats = float(self.heldout(LOOKED_AT).mean())
                self.curve.append(
                    (self.update * self.recipe.batch * self.recipe.length / 1e6, train, report.heldout_nats)
                )
                losses.clear()
                self.network.train()
                yield report
                reported = last = time.monotonic()
                before = self.update
            elif now - reported > 0.5:
                yield report
                reported, before = now, self.update
            if now - saved > 60:
                self.save()
                saved = time.monotonic()
        self.save()

    def _update(self) -> float:
        codes, pi = self.passages.piece(self.update)
        pi = np.pad(pi, ((0, 0), (self.before, 0)))
        piece = torch.from_numpy(codes.astype(np.int64))
        with autocast()():
            logits, state = self.network(piece[:-1], torch.from_numpy(pi), self._state)
        loss = descend(self.network, self.optimiser, logits, piece[1:], self.recipe.clip)
        if not math.isfinite(loss):
            raise ModelsError(
                f"the training diverged at update {self.update}: try a lower --rate than {self.recipe.rate:g}"
            )
        self._state = [(h.detach().float(), c.detach().float()) for h, c in state]
        return loss

    def heldout(self, chars: int) -> NDArray[np.float64]:
        """Nats a character of the first `chars` of each text's held-out part, with π all on its style."""
        texts = [corpus.heldout[: chars + 1] for corpus in self.corpora]
        return heldout(self.network, texts, range(self.before, self.network.voices))

    def save(self) -> None:
        """Write everything needed to go on but for the state, which the streams soon find again."""
        figures = {"update": self.update, "seconds": self.seconds, "curve": self.curve}
        checkpoint.save(self.kept, self._identity(), figures, {"network": self.network.state_dict()}, self.optimiser)

    def _load(self) -> bool:
        found = checkpoint.load(self.kept, self._identity(), self.optimiser)
        if found is None:
            return False
        figures, states = found
        self.network.load_state_dict(states["network"])
        self.update, self.seconds = int(figures["update"]), float(figures["seconds"])
        self.curve = [tuple(point) for point in figures["curve"]]
        return True

    def _newest(self, gradient: Tensor) -> Tensor:
        """Keeps the gradients of new vectors only."""
        masked = torch.zeros_like(gradient)
        masked[:, -len(self.corpora) :] = gradient[:, -len(self.corpora) :]
        return masked

    def _identity(self) -> str:
        of = [corpus.sha256 for corpus in self.corpora]
        return json.dumps([of, str(self.network.architecture), asdict(self.recipe)])


@torch.no_grad()
def heldout(network: MonolithLSTM, texts: Sequence[Codes], styles: Sequence[int]) -> NDArray[np.float64]:
    """Nats a character of each text with π all on its style, read from the zero state: shape (len(texts),)."""
    network.eval()
    longest = max(len(text) for text in texts)
    codes = np.zeros((longest, len(texts)), np.int64)
    for k, text in enumerate(texts):
        codes[: len(text), k] = text
    pi = torch.zeros(len(texts), network.voices)
    pi[range(len(texts)), list(styles)] = 1
    lengths = torch.tensor([len(text) - 1 for text in texts])
    total = torch.zeros(len(texts), dtype=torch.float64)
    state: State | None = None
    for at in range(0, longest - 1, 2000):
        piece = torch.from_numpy(codes[at : at + 2001])
        logits, state = network(piece[:-1], pi, state)
        nats = nn.functional.cross_entropy(logits.flatten(0, 1), piece[1:].flatten(), reduction="none")
        there = torch.arange(at, at + len(piece) - 1)[:, None] < lengths
        total += (nats.view(len(piece) - 1, -1).double() * there).sum(dim=0)
    return np.asarray((total / lengths).numpy(), np.float64)
