import argparse
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.wire.messages import Move, Preset, SetLookahead, SetPooling, SetRate, SetTemperature, SetTempo
from controllers import ControllerError
from controllers.hand import Seen
from controllers.score import Player, make, read

PIECE = """
[[move]]
at = "1:30"
preset = "dark forest"
rate = "max"
temperature = 0.8
tempo = 90
unit = "line"

[[move]]
at = 0
mix = { shakespeare = 1 }

[[move]]
at = 40.5
mix = { shakespeare = 0.4, linux-c = 0.6 }
over = 20
falls = "line"
"""
TEXT = Seen(["shakespeare", "linux-c"], text=b"x")


def test_a_score_is_read_in_the_order_of_its_times() -> None:
    cues = read(PIECE, "piece")
    assert [cue.at_s for cue in cues] == [0.0, 40.5, 90.0]
    assert cues[1].commands == (Move(weights={"shakespeare": 0.4, "linux-c": 0.6}, over_s=20.0, falls="line"),)
    assert cues[2].commands == (
        Preset(name="dark forest"),
        SetRate(cps=math.inf),
        SetTemperature(temperature=0.8),
        SetTempo(bpm=90.0, unit="line"),
    )


def test_a_score_changes_how_voices_become_one() -> None:
    (cue,) = read('[[move]]\nat = 1\npooling = "hand-over"\ntop_p = 0.9\ncross = 1\nlookahead = "8x4"', "piece")
    assert cue.commands == (
        SetPooling(pooling="hand-over", top_p=0.9, cross=1.0),
        SetLookahead(width=8, depth=4),
    )
    (cue,) = read('[[move]]\nat = 1\nlookahead = "auto"', "piece")
    assert cue.commands == (SetLookahead(auto=True),)


def test_settings_of_moves_that_are_due_at_once_are_joined() -> None:
    player = Player(read('[[move]]\nat = 0\npooling = "hand-over"\n[[move]]\nat = 5\ncross = 1', "piece"), begin_s=9.0)
    assert player.play(0.0, TEXT) == [SetPooling(pooling="hand-over", cross=1.0)]


def test_every_cue_comes_once_and_in_its_time_from_when_the_text_begins() -> None:
    player = Player(read(PIECE, "piece"))
    assert player.play(1000.0, Seen()) == []
    came = {1001.0 + k / 2: player.play(1001.0 + k / 2, TEXT) for k in range(250)}
    assert [when - 1001.0 for when, commands in came.items() if commands] == [0.0, 40.5, 90.0]


def test_from_the_middle_the_newest_mix_comes_at_once() -> None:
    player = Player(read(PIECE, "piece"), begin_s=60.0)
    assert [type(command) for command in player.play(5.0, TEXT)] == [Move]
    assert player.play(34.0, TEXT) == []
    assert len(player.play(35.0, TEXT)) == 4


def test_a_loop_begins_again() -> None:
    player = Player(read(PIECE, "piece"), again_s=60.0)
    moves = [k for k in range(180) if player.play(float(k), TEXT)]
    assert moves == [0, 41, 60, 101, 120, 161]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"holds \[\[move\]\] and nothing else"),
        ("[[move]]\nmix = { a = 1 }", "move 1: it has no time"),
        ("[[move]]\nat = 1\n", "move 1: nothing happens in it"),
        ("[[move]]\nat = 1\nmix = { a = -1 }", "a is a number of zero or more, not -1"),
        ("[[move]]\nat = 1\nmix = { a = nan }", "a is a number of zero or more, not nan"),
        ("[[move]]\nat = 1\nmix = { a = 0 }", "at least one weight above zero"),
        ("[[move]]\nat = 1\nmix = 3", "move 1"),
        ('[[move]]\nat = "soon"\nrate = 3', "move 1: a time is written as 90 or 1:30; not 'soon'"),
        ('[[move]]\nat = 1\nrate = "fast"', "move 1: rate is 0, or 0.01 or more"),
        ('[[move]]\nat = 1\npooling = "loud"', "pooling is linear, log-linear or hand-over"),
        ("[[move]]\nat = 1\ncross = 2", "cross is 0 to 1"),
        ('[[move]]\nat = 1\nlookahead = "8"', "lookahead is auto"),
        ('[[move]]\nat = 1\nlookahead = "99x9"', "up to 16x16"),
        ('[[move]]\nat = 1\nlookahead = "0x0"', "up to 16x16"),
        ('[[move]]\nat = 1\nrate = 1\nfalls = "soon"', "falls is one of now, word"),
        ("[[move]]\nat = 1\nvolume = 3", "volume is not known"),
        ("at = [", "is not TOML"),
    ],
)
def test_a_score_that_cannot_be_followed_says_which_move_and_why(text: str, says: str) -> None:
    with pytest.raises(ControllerError, match=says):
        read(text, "piece")


@given(st.text(max_size=200))
def test_any_text_is_a_score_or_a_line_that_says_why_not(text: str) -> None:
    said = "piece"
    try:
        read(text, "piece")
    except ControllerError as e:
        said = str(e)
    assert "piece" in said


def test_a_missing_score_is_an_error_in_one_line(tmp_path: Path) -> None:
    args = argparse.Namespace(file=tmp_path / "none.toml", begin="0", loop="", name="score")
    with pytest.raises(ControllerError, match=r"none\.toml cannot be read"):
        make(args)
