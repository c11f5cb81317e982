"""Files that an earlier version wrote are read as they were meant: see tests/kept/README.md."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from actors.hands.presets import Presets
from actors.journal import writer
from actors.journal.replay import replay
from actors.wire.messages import Move, SetLookahead, SetPooling, SetRate, SetTempo
from actors.wire.parameters import Lookahead, MixSettings
from controllers import score
from controllers.gesture import dataset
from controllers.midi import learn_store
from controllers.midi.touch import Address, Kind
from models import package
from models.engines import on_cpu
from tests.support.ensemble import ensemble, until
from tests.support.recordings import engines

KEPT = Path(__file__).parent / "kept"
STYLES = KEPT / "styles"
# of 100 rows of alpha over exact.txt on the machine that wrote them: elsewhere the last bits of a row may differ
ROWS_SHA256 = "6e6e5c92bad84c923b970c050cb7f6b007851ac9d9212e6681058c03f144008f"


@pytest.fixture(scope="module")
def same_arithmetic() -> bool:
    """Whether this machine multiplies to the same bits as the one that wrote the journals."""
    engine = on_cpu(package.load(STYLES / "alpha"))
    rows = [engine.step((0,), (code,))[0].copy() for code in (KEPT / "exact.txt").read_bytes()[:100]]
    return hashlib.sha256(np.array(rows, np.float32).tobytes()).hexdigest() == ROWS_SHA256


@pytest.mark.parametrize("name", ["exact", "lookahead", "live"])
def test_a_journal_is_replayed_to_the_last_character(name: str, same_arithmetic: bool) -> None:
    characters = list(replay(KEPT / f"{name}.journal", engines(STYLES)))
    assert bytes(c.code for c in characters) == (KEPT / f"{name}.txt").read_bytes()
    as_drawn = sum(c.code == c.drawn for c in characters) / len(characters)
    assert as_drawn == 1 if same_arithmetic else as_drawn > 0.9


def test_the_state_at_the_end_of_a_journal_is_the_one_it_was_left_in() -> None:
    state = writer.read(KEPT / "live.journal")
    assert list(state.roster.members) == ["alpha", "beta", "gamma", "delta"]
    assert state.rate_cps == 40.0
    assert state.settings == MixSettings("log-linear", 0.5, 0.95, 0.8)
    assert state.lookahead == Lookahead()
    assert state.weights["delta"] > 0


@pytest.mark.slow
def test_a_seeded_text_is_written_again(tmp_path: Path, same_arithmetic: bool) -> None:
    text = (KEPT / "exact.txt").read_bytes()
    with ensemble(STYLES, tmp_path) as made:
        made.cards = [card for card in made.cards if card.slug != "delta"]
        coordinator = made.coordinator(seed=7, mix={"alpha": 1.0, "beta": 0.5})
        until(lambda: len(coordinator.membership.ready()) == 3)
        while coordinator.cluster.tape.length <= len(text):
            coordinator.step(None)
        again = coordinator.cluster.tape.read(1, len(text) + 1).tobytes()
        coordinator.close()
    same = sum(a == b for a, b in zip(again, text, strict=True)) / len(text)
    assert same == 1 if same_arithmetic else again[:10] == text[:10]


def test_a_score_is_read() -> None:
    cues = score.read_file(KEPT / "score.toml")
    assert [cue.at_s for cue in cues] == [0.0, 1.0, 2.5, 4.0, 5.0, 6.0]
    assert cues[1].commands == (Move(weights={"beta": 0.4, "gamma": 0.6}, over_s=2.0, falls="word"),)
    commands = [command for cue in cues for command in cue.commands]
    assert SetLookahead(width=4, depth=3) in commands
    assert SetRate(cps=40.0) in commands
    assert SetTempo(bpm=120.0) in commands
    assert {c.pooling for c in commands if isinstance(c, SetPooling)} >= {"hand-over", "log-linear"}


def test_presets_are_read() -> None:
    presets = Presets(KEPT / "presets.toml")
    assert {name: presets.mix(name) for name in presets.names} == {
        "dark forest": {"alpha": 0.25, "gamma": 0.75},
        "F1": {"beta": 1.0},
    }


def test_a_learnt_map_is_read() -> None:
    learnt = learn_store.load(KEPT / "learnt.toml")
    assert learnt == {Address(Kind.CC, 1, 16): "alpha", Address(Kind.NOTE, 10, 60): "beta"}


def test_gestures_are_read_with_what_was_learnt_from_them() -> None:
    gestures = dataset.load(KEPT / "gestures.json")
    assert gestures.styles == ("alpha", "beta", "gamma")
    assert gestures.model is not None
    mix = gestures.mix(gestures.model.scale(np.array([0.0, 1.0])))
    assert mix["alpha"] == pytest.approx(1.0, abs=0.01)


def test_packages_are_read_with_the_digests_that_the_journals_name() -> None:
    state = writer.read(KEPT / "live.journal")
    digests = {slug: package.load(STYLES / slug).content_hash() for slug in state.roster.members}
    assert digests == {slug: member.card.weights_sha256 for slug, member in state.roster.members.items()}
