"""One network with many styles: what it learns from, that its engine plays it, and what its package promises."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import ModelsError
from models.alphabet import encode
from models.architecture import Architecture
from models.corpus import Corpus
from models.engines import graph
from models.engines.monolith_engine import EMPHASIS, MonolithEngine, Voices, vectors
from models.monolith import MOST_VOICES, package
from models.monolith.network import MonolithLSTM
from models.monolith.package import Monolith
from models.monolith.passages import PIECES, Passages
from models.monolith.training import Recipe, Training, heldout
from models.package import plain
from tests.conftest import made_up_text

NET = Architecture(2, 24)
TINY = Recipe(chars=40_000, batch=8, length=40, rate=1e-2, warmup=10)


def texts_of_one_letter(styles: int) -> list[np.ndarray]:
    """Style k writes words of its own letter."""
    dice = np.random.default_rng(0)
    return [encode(" ".join(chr(97 + k) * int(n) for n in dice.integers(1, 9, 4000))) for k in range(styles)]


def engine_of(weights: dict[str, np.ndarray], as_trained: bool = False) -> MonolithEngine:
    return MonolithEngine(graph.build(NET, weights), vectors(weights), as_trained)


def heard(dice: np.random.Generator, rows: int, styles: int) -> np.ndarray:
    pi: np.ndarray = dice.integers(0, 256, (rows, styles)).astype(np.float32)
    return pi


# what it learns from


def test_a_passage_is_written_by_those_who_are_heard_in_it() -> None:
    passages = Passages(texts_of_one_letter(8), 4, 80, seed=1)
    many = 0
    for stream, passage in itertools.product(range(4), range(10)):
        text, pi = passages.passage(stream, passage)
        assert len(text) == PIECES * 80 + 1
        assert pi.sum() == pytest.approx(1)
        letters = text[text != 32]
        assert {int(code) - 97 for code in letters} <= set(np.flatnonzero(pi).tolist())
        many += (pi > 0).sum() > 1
    assert 5 < many < 30


def test_over_many_passages_everyone_writes_as_much_as_he_weighs() -> None:
    passages = Passages(texts_of_one_letter(6), 4, 80, seed=2)
    wanted, written = np.zeros(6), np.zeros(6)
    for passage in range(400):
        text, pi = passages.passage(0, passage)
        if (pi > 0).sum() > 1:
            letters = text[text != 32]
            wanted += pi * len(letters)
            written += np.bincount(letters - 97, minlength=6)
    assert written / written.sum() == pytest.approx(wanted / wanted.sum(), rel=0.15)


def test_who_hands_over_does_so_at_the_end_of_a_word() -> None:
    passages = Passages(texts_of_one_letter(6), 4, 80, seed=2)
    for passage in range(60):
        text, _ = passages.passage(1, passage)
        for before, after in itertools.pairwise(text.tolist()):
            assert before == after or 32 in (before, after)


def test_a_stream_goes_on_where_it_was_and_depends_on_its_update_alone() -> None:
    texts = texts_of_one_letter(5)
    one, other = Passages(texts, 6, 80, seed=3), Passages(texts, 6, 80, seed=3)
    pieces = [one.piece(update) for update in range(PIECES + 5)]
    for (before, pi), (after, later) in itertools.pairwise(pieces):
        same = (pi == later).all(axis=1)
        assert same.sum() >= 5  # they do not all change at once
        assert (before[-1, same] == after[0, same]).all()
    again, pi = other.piece(30)
    assert (again == pieces[30][0]).all()
    assert (pi == pieces[30][1]).all()


# the network and its engine


def test_the_engine_plays_what_was_trained() -> None:
    torch.manual_seed(1)
    network = MonolithLSTM(NET, 5).eval()
    engine = engine_of(package.quantise(network.played_weights()), as_trained=True)
    dice = np.random.default_rng(0)
    codes, pi = dice.integers(32, 127, 40), heard(dice, 40, 5)
    for code, weights in zip(codes.tolist(), pi, strict=True):
        y = engine.step((0,), (code,), weights[None])
    shares = torch.from_numpy(pi / pi.sum(axis=1, keepdims=True))
    with torch.no_grad():
        logits, _ = network(torch.from_numpy(codes)[:, None], shares[:, None])
    assert y[0] == pytest.approx(torch.softmax(logits[-1, 0], 0).numpy(), abs=2e-3)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_a_row_does_not_depend_on_the_others_in_its_batch(seed: int, batch: int) -> None:
    dice = np.random.default_rng(seed)
    weights = package.random_weights(NET, 7, seed=5)
    one, other = engine_of(weights), engine_of(weights)
    codes, pi = dice.integers(0, 128, 20), heard(dice, 20, 7)
    one.consume(codes.astype(np.uint8), pi)
    for code, now in zip(codes.tolist(), pi, strict=True):
        other.step((0,), (code,), now[None])
    rows, chars = heard(dice, batch, 7), dice.integers(0, 128, batch).tolist()
    y = one.step((0,) * batch, chars, rows)
    kept = other.keep()
    for k in range(batch):
        other.back_to(kept, 0)
        assert np.array_equal(other.step((0,), (chars[k],), rows[k : k + 1])[0], y[k])


def test_without_weights_nothing_is_added_and_only_their_proportions_count() -> None:
    weights = package.random_weights(NET, 4, seed=1)
    engine = engine_of(weights)
    silent = {name: w * 0 if name.endswith(".voices") else w for name, w in weights.items()}
    nobody = engine_of(silent).step((0,), (65,), np.ones((1, 4), np.float32)).copy()
    assert np.array_equal(engine.step((0,), (65,), np.zeros((1, 4), np.float32)), nobody)
    engine.reset()
    loud = engine.step((0,), (65,), np.array([[200, 100, 0, 0]], np.float32)).copy()
    engine.reset()
    assert engine.step((0,), (65,), np.array([[2, 1, 0, 0]], np.float32)) == pytest.approx(loud, abs=1e-6)
    assert np.abs(loud - nobody).max() > 1e-4


def test_going_on_from_a_package_gives_the_same_network_with_room_for_more() -> None:
    torch.manual_seed(2)
    network = MonolithLSTM(NET, 3).eval()
    wider = MonolithLSTM(NET, 5).eval()
    wider.start_from(network.played_weights())
    x, pi = torch.randint(128, (30, 2)), torch.rand(2, 3)
    with torch.no_grad():
        was, _ = network(x, pi)
        now, _ = wider(x, torch.cat([pi, torch.rand(2, 2)], 1))
    assert torch.allclose(was, now, atol=1e-4)


# training


def corpora(count: int) -> list[Corpus]:
    return [Corpus(f"text{k}", encode(made_up_text(20_000, k)), f"sha{k}") for k in range(count)]


def done(training: Training) -> Training:
    for _ in training.run():
        pass
    return training


def test_it_learns_and_a_style_is_more_likely_with_its_own_weight(tmp_path: Path) -> None:
    texts = [encode(("abab cdcd " if k else "xyz zyx ") * 3000) for k in range(2)]
    both = [Corpus(f"text{k}", text, f"sha{k}") for k, text in enumerate(texts)]
    training = done(Training(both, Architecture(1, 24), TINY, tmp_path / "checkpoint"))
    assert training.curve[-1][2] < 0.5
    assert training.curve[-1][2] < training.curve[0][2]
    parts = [corpus.heldout for corpus in both]
    assert (heldout(training.network, parts, [0, 1]) < heldout(training.network, parts, [1, 0])).all()


def test_a_training_that_was_stopped_goes_on(tmp_path: Path) -> None:
    whole = done(Training(corpora(2), NET, TINY, tmp_path / "whole"))
    part = Training(corpora(2), NET, TINY, tmp_path / "part")
    for report in part.run():
        if report.update >= whole.updates // 2:
            break
    part.save()
    resumed = Training(corpora(2), NET, TINY, tmp_path / "part")
    assert resumed.resumed
    assert resumed.update == part.update
    done(resumed)
    assert resumed.curve[-1][2] == pytest.approx(whole.curve[-1][2], abs=0.15)


def test_a_style_that_joins_changes_nothing_of_those_that_are_there(tmp_path: Path) -> None:
    base = done(Training(corpora(2), NET, TINY, tmp_path / "base"))
    weights = package.quantise(base.network.played_weights())
    text = Corpus("new", encode("mnm nmn mmm nn " * 2000), "sha")
    joining = Training(
        [text], NET, replace(TINY, chars=80_000, rate=3e-2), tmp_path / "new", plain(weights), joining=True
    )
    untaught = joining.heldout(1000)[0]
    done(joining)
    assert joining.heldout(1000)[0] < 0.8 * untaught
    before = MonolithLSTM(NET, 2)
    before.start_from(plain(weights))
    for was, now in zip(before.vectors(), joining.network.vectors(), strict=True):
        assert torch.equal(was, now[:, :-1])
    for (name, was), (_, now) in zip(before.named_parameters(), joining.network.named_parameters(), strict=True):
        if was.shape == now.shape:
            assert torch.equal(was, now), name


# the package


def test_a_package_is_what_was_saved(tmp_path: Path) -> None:
    weights = package.random_weights(NET, 2, seed=1)
    made = package.save(Monolith(NET, ["austen", "latex"], {"austen": 1.25}, {"minutes": 3}), weights, tmp_path)
    assert package.load(tmp_path) == made == package.find(tmp_path)
    assert made.heldout_nats == {"austen": 1.25}
    for name, w in made.weights().items():
        assert np.array_equal(w, weights[name])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("styles = [", "styles = 3 #"), "mistypes"),
        (('"austen"', '"Austen!"'), "short name"),
        (('"austen"', '"latex"'), "each once"),
        (("format = 1", "format = 9"), "format 9"),
        (("hidden = 24", "hidden = 5000"), "no architecture"),
        (("[architecture]", "[arch]"), "lacks"),
        (("styles =", "styles ="), ""),
    ],
)
def test_a_broken_card_is_refused_in_a_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    package.save(Monolith(NET, ["austen", "latex"], {}), package.random_weights(NET, 2), tmp_path)
    card = tmp_path / package.CARD
    card.write_text(card.read_text().replace("\n    ", " ").replace(",\n]", "]").replace(*change))
    if not said:
        package.load(tmp_path)
        return
    with pytest.raises(ModelsError, match=said) as refused:
        package.load(tmp_path)
    assert "\n" not in str(refused.value)


def test_weights_that_do_not_fit_their_card_are_refused(tmp_path: Path) -> None:
    made = package.save(Monolith(NET, ["austen", "latex"], {}), package.random_weights(NET, 2), tmp_path)
    made.weights_path.write_bytes(b"nothing")
    with pytest.raises(ModelsError, match="damaged"):
        made.weights()
    with pytest.raises(ModelsError, match="monolith of 3 styles"):
        package.save(Monolith(NET, ["a", "b", "c"], {}), package.random_weights(NET, 2), tmp_path)
    many = [f"s{k}" for k in range(65)]
    with pytest.raises(ModelsError, match=str(MOST_VOICES)):
        package.save(Monolith(NET, many, {}), package.random_weights(NET, 65), tmp_path / "many")


def test_where_there_is_none_none_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.paths.MONOLITH", tmp_path / "own")
    monkeypatch.setattr(package, "SHIPPED", tmp_path / "shipped")
    assert package.find() is None
    package.save(Monolith(NET, ["a", "b"], {}), package.random_weights(NET, 2), tmp_path / "shipped")
    assert package.find().folder == tmp_path / "shipped"
    package.save(Monolith(NET, ["a", "c"], {}), package.random_weights(NET, 2), tmp_path / "own")
    assert package.find().folder == tmp_path / "own"
    with pytest.raises(ModelsError, match="no monolith"):
        package.find(tmp_path / "nowhere")


def test_the_voices_of_a_monolith_are_what_each_style_alone_would_say_beside_their_mix() -> None:
    weights = package.random_weights(NET, 4, seed=2)
    voices, dice = Voices(engine_of(weights)), np.random.default_rng(0)
    text, pi = dice.integers(0, 128, 25), heard(dice, 25, 4)
    voices.consume(text[:-1].astype(np.uint8), pi[:-1])
    said = voices.step(int(text[-1]), pi[-1])
    for k, own in enumerate((pi, *(np.tile(row, (25, 1)) for row in np.eye(4, dtype=np.float32)))):
        engine = engine_of(weights)
        engine.consume(text[:-1].astype(np.uint8), own[:-1])
        assert np.array_equal(engine.step((0,), (int(text[-1]),), own[-1:])[0], said[k])
    voices.reset()
    again = Voices(engine_of(weights))
    assert np.array_equal(voices.step(65, pi[0]), again.step(65, pi[0]))


def test_a_style_alone_is_heard_with_emphasis_and_several_with_as_much_together() -> None:
    weights = package.random_weights(NET, 4, seed=2)
    played, trained = engine_of(weights), engine_of(weights, as_trained=True)
    one = np.array([3, 0, 0, 0], np.float32)
    assert played.heard(one) == pytest.approx(EMPHASIS * trained.heard(one), rel=1e-5)
    equal = np.full(4, 255, np.float32)
    assert played.heard(equal) == pytest.approx(EMPHASIS * 2 * trained.heard(equal), rel=1e-5)
