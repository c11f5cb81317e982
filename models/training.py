"""Training one style: many small updates along streams of text, as RECIPE.md explains. Its caller is `chorus train`.

The text is laid out as `batch` parallel streams that start at a random offset every epoch; the LSTM's state is carried
along them, so that 80-character sequences still teach long memory. A checkpoint a minute (safetensors, no pickle) lets
a training go on after Ctrl-C or a power cut; the best weights by held-out nats are what is kept.
"""

import contextlib
import ctypes
import functools
import json
import math
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from models import ModelsError, checkpoint
from models.alphabet import Codes, decode
from models.architecture import Architecture
from models.corpus import Corpus
from models.lstm import CharLSTM, State

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
MOST_KEPT_BYTES = 1 << 30
LOOKED_AT = 100_000  # held-out characters read for a point of the curve; the outcome is measured on all of them


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training's outcome besides text, architecture and seed."""

    epochs: float = 12.0
    batch: int = 16
    length: int = 80  # characters a sequence (paper 2.2: at most 80)
    rate: float = 3e-3  # AdamW's peak; a cosine brings it to 2 % of this
    warmup: int = 100  # updates
    decay: float = 0.05
    clip: float = 1.0
    dropout: float = 0.5  # on the output of every layer
    dropout_input: float = 0.2
    dropout_recurrent: float = 0.0  # on the weights from a layer to itself
    patience: int = 8  # evaluations without a better held-out figure before it stops early
    evaluate_every: float = 0.5  # epochs
    start: str = ""  # the content hash of the style it goes on from; nothing: it starts from random weights
    keep_last: bool = False  # keep the last weights, not the best on held-out text: for a text whose end is unlike it
    seed: int = 0


@dataclass
class Report:
    """The progress of a training: the figures a progress bar and a learning curve need."""

    update: int
    updates: int
    epoch: float
    train_nats: float
    heldout_nats: float | None  # only on reports that follow an evaluation
    chars_per_s: float
    seconds: float  # spent training in all, over every resumption
    sample: str = ""


@dataclass
class Outcome:
    """The best network found, and the way to it."""

    network: CharLSTM
    train_nats: float
    heldout_nats: float
    seconds: float
    curve: list[tuple[float, float, float]] = field(default_factory=list)  # (epoch, train, held-out)


class Training:
    """One training, resumable.

    1. `Training(corpus, …)` loads the checkpoint when there is one for the same text, network and recipe.
    2. `run()` yields a Report now and then until the end; stop iterating at any time, then call `save_checkpoint()`.
    3. `outcome()` measures the best weights on the whole held-out text.
    """

    def __init__(
        self,
        corpus: Corpus,
        architecture: Architecture,
        recipe: Recipe,
        kept: Path,
        start: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        keep_freed_memory()
        self.corpus, self.recipe, self.checkpoint = corpus, recipe, kept
        torch.manual_seed(recipe.seed)
        self.network = CharLSTM(architecture, recipe.dropout_input, recipe.dropout, recipe.dropout_recurrent)
        if start is not None:
            self.network.start_from(start)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, betas=(0.9, 0.99), weight_decay=recipe.decay
        )
        self.chunks = len(corpus.train) // recipe.batch // recipe.length  # updates an epoch
        if self.chunks < 1:
            raise ModelsError(f"{corpus.name} is too short for batches of {recipe.batch} x {recipe.length} characters")
        self.updates = max(1, round(self.chunks * recipe.epochs))
        self.evaluate_each = max(1, round(self.chunks * recipe.evaluate_every))
        self.update = 0
        self.seconds = 0.0
        self.curve: list[tuple[float, float, float]] = []
        self.best = math.inf
        self.best_train = math.inf
        self.best_weights = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.resumed = self._load_checkpoint()

    @property
    def chars(self) -> int:
        """The characters it was trained on so far, every pass over the text counted."""
        return self.update * self.recipe.batch * self.recipe.length

    @property
    def finished(self) -> bool:
        return self.update >= self.updates or self._out_of_patience()

    def run(self) -> Iterator[Report]:
        """Train to the end or until patience is out. Raises ModelsError when the loss is no number any more."""
        recipe = self.recipe
        if not self.resumed:
            self.save_checkpoint()  # from now on the plan stands, and a full disk is known before an hour is spent
        streams = self._streams(self.update // self.chunks)
        state: State | None = None
        losses: list[float] = []
        saved = reported = last = time.monotonic()
        last_update = self.update
        while not self.finished:
            epoch, chunk = divmod(self.update, self.chunks)
            if chunk == 0:
                streams, state = self._streams(epoch), None
            for group in self.optimiser.param_groups:
                group["lr"] = self._rate()
            at = chunk * recipe.length
            piece = streams[at : at + recipe.length + 1]  # (length + 1, batch)
            loss, state = self._update(piece, state)
            losses.append(loss)
            self.update += 1
            now = time.monotonic()
            self.seconds += now - last
            last = now
            speed = (self.update - last_update) * recipe.batch * recipe.length / max(now - reported, 1e-9)
            train = float(np.mean(losses))
            report = Report(self.update, self.updates, self.update / self.chunks, train, None, speed, self.seconds)
            if self.update % self.evaluate_each == 0 or self.update == self.updates:
                heldout = nats_per_char(self.network, self.corpus.heldout[:LOOKED_AT], streams=32)
                self._keep(train, heldout)
                losses.clear()
                sample = decode(write(self.network, 160, seed=self.update))
                yield replace(report, heldout_nats=heldout, sample=sample)
                self.network.train()
                reported, last_update = time.monotonic(), self.update
            elif now - reported > 0.5:
                yield report
                reported, last_update = now, self.update
            if now - saved > 60:
                self.save_checkpoint()
                saved = now
        self.save_checkpoint()

    def outcome(self) -> Outcome:
        """Load the weights that are kept and measure them on the whole held-out text.

        It is read as one stream from a zero state; a long one in pieces of 100,000 characters side by side.
        """
        self.network.load_state_dict(self.best_weights)
        heldout = nats_per_char(self.network, self.corpus.heldout, max(1, len(self.corpus.heldout) // LOOKED_AT))
        return Outcome(self.network, self.best_train, heldout, self.seconds, self.curve)

    def save_checkpoint(self) -> None:
        """Write everything needed to go on. Raises ModelsError when it cannot be written."""
        figures = {
            "update": self.update,
            "seconds": self.seconds,
            "curve": self.curve,
            "best": self.best if math.isfinite(self.best) else None,
            "best_train": self.best_train if math.isfinite(self.best_train) else None,
        }
        states: checkpoint.States = {"network": self.network.state_dict(), "best": self.best_weights}
        checkpoint.save(self.checkpoint, self._identity(), figures, states, self.optimiser)

    def _load_checkpoint(self) -> bool:
        found = checkpoint.load(self.checkpoint, self._identity(), self.optimiser)
        if found is None:
            return False
        figures, states = found
        self.network.load_state_dict(states["network"])
        self.best_weights = states["best"]
        self.update, self.seconds = int(figures["update"]), float(figures["seconds"])
        self.curve = [tuple(point) for point in figures["curve"]]
        self.best = math.inf if figures["best"] is None else figures["best"]
        self.best_train = math.inf if figures["best_train"] is None else figures["best_train"]
        return True

    def _identity(self) -> str:
        return json.dumps([self.corpus.sha256, str(self.network.architecture), asdict(self.recipe)])

    def _streams(self, epoch: int) -> Tensor:
        """(chunks * length + 1, batch) codes: `batch` pieces of the text, rolled by an offset that `epoch` decides."""
        recipe, codes = self.recipe, self.corpus.train
        offset = int(np.random.default_rng([recipe.seed, epoch]).integers(len(codes)))
        rolled = np.roll(codes, -offset)
        span = self.chunks * recipe.length
        ends = np.concatenate([rolled, rolled[:1]])
        pieces = [ends[b * span : (b + 1) * span + 1] for b in range(recipe.batch)]
        return torch.from_numpy(np.stack(pieces, axis=1).astype(np.int64))

    def _rate(self) -> float:
        return self.recipe.rate * cosine(self.update, self.updates, self.recipe.warmup)

    def _update(self, piece: Tensor, state: State | None) -> tuple[float, State]:
        loss, state = update(self.network, self.optimiser, piece, state, self.recipe.clip)
        if not math.isfinite(loss):
            self.network.load_state_dict(self.best_weights)
            self.save_checkpoint()
            raise ModelsError(
                f"the training diverged at update {self.update} (loss {loss}): try a lower --rate than "
                f"{self.recipe.rate:g}; its best weights are kept in {self.checkpoint}"
            )
        return loss, state

    def _keep(self, train: float, heldout: float) -> None:
        self.curve.append((self.update / self.chunks, train, heldout))
        if heldout < self.best or self.recipe.keep_last:
            self.best, self.best_train = heldout, train
            self.best_weights = {k: v.clone() for k, v in self.network.state_dict().items()}

    def _out_of_patience(self) -> bool:
        heldouts = [point[2] for point in self.curve]
        if self.recipe.keep_last or not heldouts:
            return False
        return len(heldouts) - 1 - int(np.argmin(heldouts)) >= self.recipe.patience


def keep_freed_memory() -> None:
    """Lets glibc keep the memory that an update has freed for the next one, instead of returning it to the kernel."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_TRIM_THRESHOLD, MOST_KEPT_BYTES)
        mallopt(M_MMAP_THRESHOLD, MOST_KEPT_BYTES)


def cosine(update: int, updates: int, warmup: int) -> float:
    """The share of the peak rate at an update: up in `warmup` updates, and along a cosine down to 2 %."""
    return (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * update / updates))) * min(1.0, (update + 1) / warmup)


@functools.cache
def autocast() -> Callable[[], contextlib.AbstractContextManager[object]]:
    """The precision in which this machine trains fastest: bf16 where the processor multiplies it in hardware (AMX)."""
    bf16, plain = functools.partial(torch.autocast, "cpu", torch.bfloat16), contextlib.nullcontext
    a = torch.ones(512, 512)  # no dice: they belong to the training

    def seconds(precision: Callable[[], contextlib.AbstractContextManager[object]]) -> float:
        took = []
        for _ in range(8):
            at = time.perf_counter()
            with precision():
                a @ a
            took.append(time.perf_counter() - at)
        return min(took)

    return bf16 if seconds(bf16) < 0.7 * seconds(plain) else plain


def update(
    network: CharLSTM, optimiser: torch.optim.Optimizer, piece: Tensor, state: State | None, clip: float
) -> tuple[float, State]:
    """One step down on `piece`, shape (length + 1, batch): its loss in nats a character, and the state it ends in.

    A loss that is no number is returned as it is, and the weights stay.
    """
    with autocast()():
        logits, (h, c) = network(piece[:-1], state)
    return descend(network, optimiser, logits, piece[1:], clip), (h.detach().float(), c.detach().float())


def descend(network: nn.Module, optimiser: torch.optim.Optimizer, logits: Tensor, said: Tensor, clip: float) -> float:
    """One step down from `logits` (length, batch, 128) for the characters `said` (length, batch); returns the loss in nats.

    One that is no number changes no weights.
    """
    loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), said.flatten())
    value = float(loss.detach())
    if math.isfinite(value):
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimiser.step()
    return value


def begun(kept: Path, corpus: Corpus) -> tuple[Architecture, Recipe] | None:
    """The plan of the training that a checkpoint belongs to; None when there is none on this text."""
    try:
        with safe_open(kept, framework="pt") as file:
            sha256, architecture, recipe = json.loads((file.metadata() or {})["of"])
        return (Architecture.parse(architecture), Recipe(**recipe)) if sha256 == corpus.sha256 else None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


@torch.no_grad()
def nats_per_char(network: CharLSTM, codes: Codes, streams: int = 1) -> float:
    """Mean negative log-likelihood, read as `streams` parallel pieces with the state carried along each."""
    network.eval()
    span = (len(codes) - 1) // streams
    inputs = torch.from_numpy(codes[: span * streams].reshape(streams, span).T.astype(np.int64))
    targets = torch.from_numpy(codes[1 : span * streams + 1].reshape(streams, span).T.astype(np.int64))
    state: State | None = None
    total = 0.0
    for at in range(0, span, 2000):
        logits, state = network(inputs[at : at + 2000], state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets[at : at + 2000].flatten(), reduction="sum")
        total += float(loss.detach())
    return total / (span * streams)


@torch.no_grad()
def write(network: CharLSTM, chars: int, seed: int) -> Codes:
    """A text of `chars` characters by the network, after a newline, at temperature 1."""
    network.eval()
    rng = np.random.default_rng(seed)
    code, state, written = 10, None, []
    for _ in range(chars):
        logits, state = network(torch.tensor([[code]]), state)
        rho = torch.softmax(logits[0, 0].double(), 0).numpy()
        code = int(rng.choice(len(rho), p=rho / rho.sum()))
        written.append(code)
    return np.array(written, np.uint8)


def machine() -> str:
    """The machine a training ran on, for the style's card."""
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads, torch {torch.__version__}"
