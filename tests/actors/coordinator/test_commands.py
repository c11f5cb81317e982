"""Several hands at the desk of a performance that runs, over real sockets; and the same performance said again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from actors.coordinator.loop import Coordinator
from actors.hands.tempo import Tempo
from actors.journal import writer
from actors.wire.client import Client
from actors.wire.messages import (
    Hold,
    LetGo,
    Move,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetTempo,
    SetWeights,
    Solo,
)
from actors.wire.parameters import POOLINGS
from models import package
from models.engines import on_cpu
from tests.actors.coordinator.test_loop import hear, playing
from tests.support.ensemble import Ensemble, ensemble
from tests.support.recordings import journal_records, replay_as_written

EQUAL = {"alpha": 1.0, "beta": 1.0, "gamma": 1.0, "delta": 1.0}


@contextmanager
def hands(styles: Path, folder: Path, **changes: object) -> Iterator[tuple[Ensemble, Coordinator, Client]]:
    with ensemble(styles, folder) as made, playing(made, **changes) as (coordinator, client):
        hear(client, lambda: len(coordinator.membership.ready()) == 4)
        yield made, coordinator, client


def weights(client: Client) -> dict[str, float]:
    return dict(zip(client.frame.styles, client.frame.pi, strict=True))


def refused(client: Client) -> str:
    hear(client, lambda: client.errors)
    return client.errors.pop().error


def test_two_hands_share_a_mix_and_the_screen_shows_which_decides(styles_folder: Path, tmp_path: Path) -> None:
    with hands(styles_folder, tmp_path) as (_, _, client):
        client.send(SetWeights(weights={"alpha": 0.25}, replace=False, hand="midi"))
        client.send(SetWeights(weights={"beta": 0.5}, replace=False, hand="mouse", at=[(0.5, 0.5)]))
        hear(client, lambda: weights(client) == EQUAL | {"alpha": 0.25, "beta": 0.5})
        seen = {hand.name: (hand.decides, hand.at) for hand in client.frame.hands}
        assert seen == {"midi": (1, []), "mouse": (1, [(0.5, 0.5)])}
        client.send(SetWeights(weights={"alpha": 0.75}, replace=False, hand="mouse"))
        hear(client, lambda: weights(client)["alpha"] == 0.75)
        client.send(LetGo(hand="mouse"))
        hear(client, lambda: [hand.name for hand in client.frame.hands] == ["midi"])
        assert weights(client)["alpha"] == 0.75


def test_solo_and_hold_override_every_hand(styles_folder: Path, tmp_path: Path) -> None:
    with hands(styles_folder, tmp_path) as (_, _, client):
        client.send(Solo(slugs=["gamma"], hand="midi"))
        hear(client, lambda: weights(client) == {"alpha": 0.0, "beta": 0.0, "gamma": 1.0, "delta": 0.0})
        assert client.frame.solo == ["gamma"]
        client.send(Solo(hand="mouse"))
        hear(client, lambda: weights(client) == EQUAL)
        client.send(Hold(slugs=["beta"], hand="midi"))
        client.send(SetWeights(weights={"alpha": 0.25}, hand="mouse"))
        hear(client, lambda: weights(client) == {"alpha": 0.25, "beta": 1.0, "gamma": 0.0, "delta": 0.0})
        client.send(Solo(slugs=["nobody"], hand="midi"))
        assert "no style 'nobody'" in refused(client)


def test_a_command_that_cannot_be_followed_changes_nothing_and_is_answered_with_an_error(
    styles_folder: Path, tmp_path: Path
) -> None:
    with hands(styles_folder, tmp_path) as (_, _, client):
        for command, says in (
            (SetWeights(weights=dict.fromkeys(EQUAL, 0.0)), "all weights are zero"),
            (SetWeights(weights={"alpha": float("nan")}, replace=False), "finite"),
            (SetWeights(weights={"alpha": -1.0}, replace=False), "zero or more"),
            (SetWeights(weights={"alpha": 1.0}, at=[(float("nan"), 0.0)]), "points from -1 to 1"),
            (SetWeights(weights={"alpha": 1.0}, hand="x" * 41), "at most 40 printable"),
            (SetTemperature(temperature=float("nan")), "0.1 to 4"),
            (SetTempo(bpm=5.0), "20 to 400"),
            (SetTempo(bpm=90.0, unit="verse"), "char, word, line"),
            (Move(weights={"alpha": 1.0}, falls="soon"), "now, word, line"),
            (Move(weights={"alpha": 1.0}, over_s=float("inf")), "0 to 3600 seconds"),
            (Preset(name="none"), "there is no preset 'none'"),
            (Preset(name="none", what="eat"), "kept, recalled or forgotten"),
        ):
            client.send(command)
            assert says in refused(client), command
        hear(client, lambda: weights(client) == EQUAL)
        assert client.frame.temperature == 1.0


def test_a_move_falls_where_a_word_ends(styles_folder: Path, tmp_path: Path) -> None:
    changes = {"rate_cps": 60.0, "mix": {"alpha": 1.0}}
    with hands(styles_folder, tmp_path, **changes) as (_, coordinator, client):
        client.send(Move(weights={"delta": 1.0}, falls="word", hand="score"))
        hear(client, lambda: weights(client)["delta"] == 1.0)
        for _ in range(10):
            client.listen(0.05)
        path = coordinator.journal.path
    entries = journal_records(path)
    moved = next(k for k, entry in enumerate(entries) if "delta" in _told(entry) and _told(entry)["delta"])
    text = bytes(entry[1] for entry in entries[:moved] if isinstance(entry, list))
    assert text[-1] in b" \t\r\n\f\v"
    assert text[-2] not in b" \t\r\n\f\v"


def _told(entry: object) -> dict[str, float]:
    if not isinstance(entry, dict):
        return {}
    return dict(entry.get("weights") or entry.get("moves") or {})


def test_a_preset_comes_gliding_and_a_touch_takes_a_style_out_of_it(styles_folder: Path, tmp_path: Path) -> None:
    with hands(styles_folder, tmp_path, presets=tmp_path / "presets.toml") as (_, _, client):
        client.send(Preset(name="all", what="keep"))
        hear(client, lambda: client.health.presets == ["all"])
        client.send(SetWeights(weights={"alpha": 1.0}, hand="mouse"))
        hear(client, lambda: weights(client)["beta"] == 0.0)
        client.send(Preset(name="all", over_s=1.5, hand="keys"))
        hear(client, lambda: 0.1 < weights(client)["beta"] < 0.9)
        client.send(SetWeights(weights={"gamma": 0.125}, replace=False, hand="midi"))
        hear(client, lambda: weights(client)["beta"] == 1.0)
        assert weights(client) == EQUAL | {"gamma": 0.125}


def test_words_begin_on_the_beat(styles_folder: Path, tmp_path: Path) -> None:
    with hands(styles_folder, tmp_path, rate_cps=200.0) as (_, coordinator, client):
        client.send(SetTempo(bpm=240.0, unit="char"))
        hear(client, lambda: client.frame.bpm == 240.0)
        came: list[float] = []
        position, end = client.position, time.monotonic() + 4
        while time.monotonic() < end:
            client.listen(0.01)
            if client.position != position:
                position = client.position
                came.append(time.monotonic())
        tempo = coordinator.controls.tempo
        assert isinstance(tempo, Tempo)
        assert 13 <= len(came) <= 18
        off = [(t - tempo.beat_at) / tempo.period_s % 1 for t in came]
        assert np.median([min(share, 1 - share) for share in off]) < 0.15
        client.send(SetTempo(bpm=0.0))
        hear(client, lambda: client.frame.bpm == 0.0)
        position = client.position
        hear(client, lambda: client.position > position + 50)


def at_work(client: Client, seconds: float, wish: Callable[[float], None]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        wish(left)
        client.listen(0.01)


def test_a_performance_of_many_hands_is_replayed_to_the_last_character(styles_folder: Path, tmp_path: Path) -> None:
    with hands(styles_folder, tmp_path, rate_cps=100.0) as (_, coordinator, client):
        dice = np.random.default_rng(3)

        def wish(left: float) -> None:
            kind = dice.integers(0, 15)
            slug = list(EQUAL)[dice.integers(0, 4)]
            if kind < 4:
                client.send(SetWeights(weights={slug: float(dice.random())}, replace=False, hand="midi"))
            elif kind < 7:
                pulled = dict(zip(EQUAL, dice.random(4).tolist(), strict=True))
                client.send(SetWeights(weights=pulled, hand="leap", at=[(0.0, 0.0)]))
            elif kind == 7:
                client.send(SetTemperature(temperature=float(dice.uniform(0.3, 2.0)), hand="leap"))
            elif kind == 8:
                client.send(Move(weights={slug: 1.0}, over_s=0.3, falls="word", hand="score"))
            elif kind == 9:
                client.send(Solo(slugs=[slug] if dice.random() < 0.3 else [], hand="midi"))
            elif kind == 11:
                client.send(SetPooling(pooling=str(dice.choice(POOLINGS)), evenness=float(dice.random()), hand="osc"))
            elif kind == 14:
                wide, deep = int(dice.integers(1, 6)), int(dice.integers(1, 5))
                client.send(SetLookahead(width=wide, depth=deep, boldness=float(dice.random()), hand="osc"))
            elif kind == 12:
                client.send(SetPooling(top_p=float(dice.choice([1.0, 0.9])), hand="osc"))
            elif kind == 13:  # refused, but while pooling is log-linear
                client.send(SetWeights(weights={slug: -float(dice.random())}, replace=False, hand="osc"))
            elif kind == 10:
                client.send(Hold(slugs=[slug], held=bool(dice.random() < 0.4), hand="mouse"))
            else:
                client.send(SetRate(cps=float(dice.choice([60, 100, 300])), hand="midi"))

        at_work(client, 5.0, wish)
        path = coordinator.journal.path
        count = coordinator.cluster.tape.length - 1
    by_slug = {style.slug: style for style in package.installed([styles_folder], _refuse).values()}
    assert replay_as_written(path, lambda card: on_cpu(by_slug[card.slug])) >= count > 200
    told = [entry for entry in journal_records(path) if isinstance(entry, dict)]
    assert sum("manner" in entry for entry in told) > 3
    assert sum("moves" in entry or "weights" in entry for entry in told) > 30


def _refuse(error: Exception) -> None:
    raise error


def test_the_weights_that_hands_left_outlive_the_coordinator(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        with playing(made, mix=EQUAL) as (_, client):
            client.send(SetWeights(weights={"alpha": 0.25}, replace=False, hand="midi"))
            client.send(SetTemperature(temperature=0.5))
            hear(client, lambda: weights(client)["alpha"] == 0.25 and client.frame.temperature == 0.5)
            for _ in range(10):
                client.listen(0.02)
        past = writer.read(tmp_path / "journal")
        assert past.weights == EQUAL | {"alpha": 0.25}
        assert past.settings.temperature == 0.5


def test_a_style_below_zero_is_avoided_where_that_can_be(styles_folder: Path, tmp_path: Path) -> None:
    with hands(styles_folder, tmp_path, rate_cps=100.0) as (_, _, client):
        client.send(SetWeights(weights={"alpha": -0.5}, replace=False))
        assert "log-linear" in refused(client)
        client.send(SetPooling(pooling="log-linear"))
        client.send(SetWeights(weights={"alpha": -0.5}, replace=False))
        hear(client, lambda: client.frame.pooling == "log-linear" and weights(client)["alpha"] == -0.5)
        hear(client, lambda: 0 in client.frame.active and len(client.frame.active) == 4)
        client.send(SetWeights(weights={"alpha": -1.0}))
        assert "give at least one style a weight above zero" in refused(client)
        client.send(SetPooling(pooling="hand-over"))  # there it is silent, and what it weighs is kept
        hear(client, lambda: client.frame.pooling == "hand-over" and client.frame.active == [1, 2, 3])
        assert weights(client)["alpha"] == -0.5
        client.send(SetPooling(pooling="geometric"))
        assert "linear, log-linear or hand-over" in refused(client)
        client.send(SetPooling(top_p=float("nan")))
        assert "top_p" in refused(client)
        assert client.frame.top_p == 1.0


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_temperature_makes_the_text_tamer_or_wilder(temperature: float) -> None:
    from actors.mixing.pooling import temper

    rho = np.array([0.5, 0.3, 0.2, 0.0])
    made = temper(rho, temperature)
    assert made.sum() == pytest.approx(1)
    assert made[3] == 0
    assert np.allclose(made, rho ** (1 / temperature) / (rho ** (1 / temperature)).sum())
    if temperature == 1.0:
        assert made is rho
