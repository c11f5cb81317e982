"""The monolith beside the ensemble: what crossing means, and that it is as exact as everyone else."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.coordinator.loop import Coordinator
from actors.journal.format import MonolithCard
from actors.mixing import crossfade, pooling, turn
from actors.mixing.combine import MonolithAnswer
from actors.section import tape
from actors.wire.messages import SetPooling, SetWeights
from actors.wire.parameters import HAND_OVER, LINEAR, LOG_LINEAR, MixSettings
from models.architecture import Architecture
from models.engines import graph, monolith_engine, on_cpu
from models.monolith import package
from models.monolith.package import Monolith
from tests.support.ensemble import SPAWN, Ensemble, ensemble, live_monolith, until
from tests.support.recordings import replay_as_written

KNOWN = ["gamma", "alpha", "omega", "beta"]  # not delta; and one that is not here
POOLINGS = (LINEAR, LOG_LINEAR, HAND_OVER)


@pytest.fixture(scope="module")
def monolith(tmp_path_factory: pytest.TempPathFactory) -> Monolith:
    net = Architecture(2, 32)
    weights = package.random_weights(net, len(KNOWN), seed=3)
    for name in weights:
        if name.endswith(".voices"):
            weights[name] *= 4  # so that whom it hears matters
    return package.save(Monolith(net, KNOWN, {}), weights, tmp_path_factory.mktemp("monolith"))


class WithMonolith:
    """An ensemble with a monolith's process on its tape."""

    def __init__(self, ensemble: Ensemble, monolith: Monolith) -> None:
        self.ensemble, self.monolith = ensemble, monolith
        self.known = MonolithCard(monolith.styles, monolith.content_hash())
        self._files = str(graph.cached(monolith, ensemble.folder / "engines")), str(monolith.weights_path)
        self.start()

    def start(self) -> None:
        self.process = SPAWN.Process(target=live_monolith, args=(self.ensemble.tape, 1, *self._files), daemon=True)
        self.process.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.join(10)

    def coordinator(self, **changes: object) -> Coordinator:
        return self.ensemble.coordinator(monolith=self.known, **changes)

    def said_again(self) -> int:
        by_slug = self.ensemble.styles
        engine = monolith_engine.Voices(monolith_engine.load(Path(self._files[0]), Path(self._files[1])))
        path = self.ensemble.folder / "journal"
        return replay_as_written(path, lambda card: on_cpu(by_slug[card.slug]), lambda _: engine)


@contextmanager
def beside(styles_folder: Path, folder: Path, monolith: Monolith) -> Iterator[WithMonolith]:
    with ensemble(styles_folder, folder) as one:
        both = WithMonolith(one, monolith)
        try:
            yield both
        finally:
            both.kill()


def write(
    coordinator: Coordinator,
    chars: int,
    before: Callable[[int], None] = lambda t: None,
    deadline_s: float | None = None,
) -> bytes:
    start = coordinator.cluster.tape.length
    while (t := coordinator.cluster.tape.length) < start + chars:
        before(t)
        coordinator.step(deadline_s)
    return coordinator.cluster.tape.read(start, start + chars).tobytes()


def cross(coordinator: Coordinator, x: float) -> None:
    coordinator.commands.apply(SetPooling(cross=x))


MIX = {"alpha": 1.0, "beta": 0.6, "delta": 0.5}


def test_at_zero_the_text_is_that_of_the_ensemble_alone(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    with beside(styles_folder, tmp_path / "with", monolith) as both:
        text = write(both.coordinator(mix=MIX), 100)
    with ensemble(styles_folder, tmp_path / "without") as other:
        assert write(other.coordinator(mix=MIX), 100) == text


@pytest.mark.parametrize("settings", POOLINGS)
def test_a_text_that_crosses_is_replayed_from_its_journal(
    styles_folder: Path, tmp_path: Path, monolith: Monolith, settings: str
) -> None:
    with beside(styles_folder, tmp_path, monolith) as both:
        coordinator = both.coordinator(mix=MIX, settings=MixSettings(settings, temperature=1.1))

        def conduct(t: int) -> None:
            if t % 40 == 0:
                cross(coordinator, (t // 40 % 3) / 2)
            if t % 25 == 0:
                coordinator.commands.set_weights({"alpha": 1.0, "gamma": t / 200, "delta": 0.2 * (t // 25 % 2)})

        write(coordinator, 260, conduct)
        coordinator.close()
        assert both.said_again() == 260


def test_a_monolith_that_was_killed_speaks_as_if_it_had_not_been(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    def text(folder: Path, deaths: set[int]) -> bytes:
        with beside(styles_folder, folder, monolith) as both:
            coordinator = both.coordinator(mix=MIX)

            def conduct(t: int) -> None:
                if t in (20, 80):
                    cross(coordinator, 1.0 if t == 20 else 0.3)
                if t % 10 == 0:
                    coordinator.commands.set_weights({"alpha": 1.0, "beta": t / 100, "delta": 0.4})
                if t in deaths:
                    deaths.remove(t)
                    both.kill()
                    both.start()

            written = write(coordinator, 120, conduct)
            coordinator.close()
            assert not deaths
            return written

    assert text(tmp_path / "calm", set()) == text(tmp_path / "rough", {30, 31, 90})


def test_a_style_that_the_monolith_does_not_know_keeps_its_own_voice(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    with beside(styles_folder, tmp_path, monolith) as both:
        coordinator = both.coordinator(mix={"alpha": 1.0, "delta": 1.0})
        cross(coordinator, 1.0)
        text = write(coordinator, 30)
        newest = coordinator.steps.newest
        assert newest is not None
        assert newest.slugs == ["alpha", "delta"]
        delta = on_cpu(both.ensemble.styles["delta"])
        delta.consume(np.frombuffer(b"\n" + text[:-2], np.uint8))
        assert np.array_equal(newest.omega[1], delta.step((0,), (text[-2],))[0])
        coordinator.close()


def test_a_style_that_gave_all_weight_to_the_monolith_is_not_stepped(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    with beside(styles_folder, tmp_path, monolith) as both:
        coordinator = both.coordinator(mix={"alpha": 1.0, "beta": 1.0})
        cross(coordinator, 1.0)
        write(coordinator, 50)
        answered = coordinator.cluster.tape.answered
        assert answered[[0, 1]].max() < 50
        assert answered[tape.MONOLITH] >= 50
        cross(coordinator, 0.0)
        write(coordinator, 5)
        assert answered[[0, 1]].min() > 50
        coordinator.close()


def test_the_text_does_not_wait_for_a_monolith_that_hangs(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    with beside(styles_folder, tmp_path, monolith) as both:
        coordinator = both.coordinator(mix={"alpha": 1.0, "beta": 1.0}, exact=False)
        until(lambda: coordinator.monolith.ready and len(coordinator.membership.ready()) == 4)
        cross(coordinator, 1.0)
        write(coordinator, 30, deadline_s=0.05)
        assert both.process.pid is not None
        os.kill(both.process.pid, signal.SIGSTOP)
        try:
            write(coordinator, 30, deadline_s=0.05)
            assert coordinator.steps.newest is not None
            assert coordinator.steps.newest.slugs == ["alpha", "beta"]
        finally:
            os.kill(both.process.pid, signal.SIGCONT)
        write(coordinator, 30, deadline_s=0.05)
        coordinator.close()
        assert both.said_again() == 90


def test_weights_that_move_while_a_character_is_waited_for_are_those_of_the_next(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    with beside(styles_folder, tmp_path, monolith) as both:
        coordinator = both.coordinator(mix={"alpha": 1.0, "beta": 0.5})
        cross(coordinator, 0.5)
        write(coordinator, 30)
        hangs = both.ensemble.processes[0]
        assert hangs is not None
        assert hangs.pid is not None
        for beta in (0.1, 2.0, 0.7):
            os.kill(hangs.pid, signal.SIGSTOP)
            until(lambda: not coordinator.step(0.05))
            coordinator.commands.apply(SetWeights(weights={"beta": beta}, replace=False))
            coordinator.commands.fuse(at_once=True)
            assert not coordinator.step(0.05)
            os.kill(hangs.pid, signal.SIGCONT)
            write(coordinator, 20)
        coordinator.close()
        assert both.said_again() >= 90


def test_when_no_style_answers_the_monolith_speaks_for_them(
    styles_folder: Path, tmp_path: Path, monolith: Monolith
) -> None:
    with beside(styles_folder, tmp_path, monolith) as both:
        coordinator = both.coordinator(mix={"alpha": 1.0, "beta": 1.0}, exact=False)
        until(lambda: coordinator.monolith.ready and len(coordinator.membership.ready()) == 4)
        write(coordinator, 20, deadline_s=0.05)
        pids = [process.pid for process in both.ensemble.processes if process is not None]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)  # type: ignore[arg-type]
        try:
            write(coordinator, 20, deadline_s=0.05)
            assert coordinator.steps.newest is not None
            assert coordinator.steps.newest.slugs == ["alpha", "beta"]
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)  # type: ignore[arg-type]
        write(coordinator, 20, deadline_s=0.05)
        coordinator.close()
        assert both.said_again() == 60
    lines = (tmp_path / "journal").read_text().splitlines()
    assert sum(line.endswith(",[],1,2]") for line in lines) >= 15


def test_without_a_monolith_nothing_is_crossed_to(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as one:
        coordinator = one.coordinator(mix=MIX)
        with pytest.raises(EnsembleError, match="no monolith"):
            cross(coordinator, 0.5)
        coordinator.close()


# the mathematics

rows = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed))


def drawn(dice: np.random.Generator, k: int) -> tuple[np.ndarray, np.ndarray]:
    omega = dice.dirichlet(np.full(128, 0.1), k).astype(np.float32)
    return omega, dice.uniform(0.1, 1, k)


@given(rows, st.integers(1, 6), st.integers(1, 6), st.floats(0.01, 1), st.sampled_from(POOLINGS))
def test_ensemble_and_monolith_make_one_distribution_and_every_letter_has_an_author(
    dice: np.random.Generator, own: int, given: int, x: float, settings: str
) -> None:
    everyone = max(own, given)
    omega, pi = drawn(dice, everyone)
    alone, _ = drawn(dice, given)
    rho_m = dice.dirichlet(np.full(128, 0.1))
    crossed = MonolithAnswer(list(range(given)), alone, rho_m)
    slot_ids = [slot_id for slot_id in range(own) if x < 1 or slot_id >= given]
    heard = turn.mix(MixSettings(settings, cross=x), slot_ids, omega[slot_ids], pi, np.zeros(everyone), crossed)
    assert heard.rho.sum() == pytest.approx(1)
    assert (heard.rho >= 0).all()
    whose = heard.whose(int(heard.rho.argmax()))
    assert whose.sum() == pytest.approx(1)
    assert (whose >= 0).all()
    assert heard.slot_ids == sorted({*slot_ids, *range(given)})
    assert heard.omega.sum(axis=1) == pytest.approx(np.ones(len(heard.slot_ids)), abs=1e-4)


@given(rows, st.integers(1, 6))
def test_all_the_way_across_the_monolith_alone_is_heard(dice: np.random.Generator, k: int) -> None:
    alone, pi = drawn(dice, k)
    rho_m = dice.dirichlet(np.full(128, 0.1))
    none = np.zeros((0, 128), np.float32)
    heard = turn.mix(MixSettings(cross=1.0), [], none, pi, np.zeros(k), MonolithAnswer(range(k), alone, rho_m))
    assert np.array_equal(heard.rho, rho_m)
    assert np.array_equal(heard.omega, alone)


@given(rows, st.integers(1, 6), st.floats(0.0, 1))
def test_with_linear_pooling_crossing_is_the_linear_mixture_of_all_weights(
    dice: np.random.Generator, k: int, x: float
) -> None:
    omega, pi = drawn(dice, k)
    alone, _ = drawn(dice, k)
    rho_m = dice.dirichlet(np.full(128, 0.1))
    known = np.arange(k) < max(1, k // 2)
    crossed = MonolithAnswer(np.flatnonzero(known).tolist(), alone[known], rho_m)
    slot_ids = [slot_id for slot_id in range(k) if x < 1 or not known[slot_id]]
    heard = turn.mix(MixSettings(cross=x), slot_ids, omega[slot_ids], pi, np.zeros(k), crossed)
    own = np.where(known, pi * (1 - x), pi)
    wanted = own @ omega.astype(float) + x * pi[known].sum() * rho_m
    assert heard.rho == pytest.approx(wanted / pi.sum(), abs=1e-6)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_the_monolith_hears_the_loudest_in_full_and_every_style_with_weight(weights: list[float]) -> None:
    pi = np.array(weights)
    speaks_for, heard = crossfade.heard_by(pi, range(len(pi)), {k: k for k in range(len(pi))})
    assert speaks_for == np.flatnonzero(pi).tolist()
    assert heard.shape == (64,)
    assert ((heard[: len(pi)] > 0) == (pi > 0)).all()
    if (pi > 0).any():
        assert heard[pi.argmax()] == 255


def test_pooled_and_drawn_from_are_pool_in_two_steps() -> None:
    dice = np.random.default_rng(0)
    omega, pi = drawn(dice, 3)
    settings = MixSettings(HAND_OVER, temperature=0.7, top_p=0.9)
    rho, _ = pooling.pooled(settings, omega, pi, np.zeros(3))
    assert np.array_equal(pooling.drawn_from(settings, rho), pooling.pool(settings, omega, pi, np.zeros(3))[0])


def test_an_avoided_style_is_avoided_in_the_ensemble_as_before() -> None:
    dice = np.random.default_rng(0)
    omega, _ = drawn(dice, 2)
    alone, _ = drawn(dice, 1)
    rho_m, pi = dice.dirichlet(np.full(128, 0.1)), np.array([1.0, -0.5])
    uncrossed = turn.mix(MixSettings(LOG_LINEAR), [0, 1], omega, pi, np.zeros(2))
    crossed = MonolithAnswer([0], alone, rho_m)
    heard = turn.mix(MixSettings(LOG_LINEAR, cross=0.9), [0, 1], omega, pi, np.zeros(2), crossed)
    assert heard.rho == pytest.approx(0.1 * uncrossed.rho + 0.9 * rho_m)
