"""Transitions, tempo and presets: changes that fall where language, or the beat, can bear them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.hands.fusion import Fusion
from actors.hands.presets import Presets
from actors.hands.tempo import JUST_NOW_S, Tempo
from actors.hands.transitions import WAITS_S, Transitions, ends


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        (b"the sea ", {"word"}),
        (b"the sea", set()),
        (b"the sea. ", {"word", "sentence"}),
        (b'he said "No!" ', {"word", "sentence"}),
        (b"if (x) {\n", {"word", "line"}),
        (b"end.\n", {"word", "line", "sentence"}),
        (b"\n\n", {"line"}),
        (b"    ", set()),
        (b"", set()),
        (b"Dr.", set()),
    ],
)
def test_words_lines_and_sentences_end_where_a_reader_would_say_so(text: bytes, ended: set[str]) -> None:
    assert {what for what in ("word", "line", "sentence") if ends(text, what)} == ended


@given(st.binary(max_size=30), st.sampled_from(["word", "line", "sentence"]))
def test_any_text_can_be_asked(text: bytes, what: str) -> None:
    ends(text, what)


def fusion(**weights: float) -> Fusion:
    made = Fusion()
    made.stand({"a": 0.0, "b": 0.0, "c": 0.0} | weights)
    return made


def test_a_move_goes_evenly_from_the_mix_as_it_is_to_its_goal() -> None:
    mix, moves = fusion(a=1.0), Transitions()
    moves.begin("score", {"a": 0.0, "b": 1.0}, 2.0, "now", 10.0)
    seen = []
    for k in range(21):
        now = 10.0 + k / 10
        moves.go(mix, mix.mix(now), b"", None, now)
        seen.append(mix.mix(now))
    assert [w["b"] for w in seen[::5]] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert seen[-1] == {"a": 0.0, "b": 1.0, "c": 0.0}
    assert not moves.go(mix, seen[-1], b"", None, 13.0)


def test_a_move_waits_for_its_place_in_the_text() -> None:
    mix, moves = fusion(a=1.0), Transitions()
    moves.begin("preset", {"a": 0.0, "b": 1.0}, 0.0, "line", 1.0)
    for k, text in enumerate((b"x", b"x = ", b"x = 1;", b"x = 1; ")):
        moves.go(mix, mix.mix(1.0), text, None, 1.0 + k / 10)
        assert mix.mix(1.0 + k / 10)["b"] == 0.0
    assert moves.waiting
    moves.go(mix, mix.mix(2.0), b"x = 1;\n", None, 2.0)
    assert mix.mix(2.0) == {"a": 0.0, "b": 1.0, "c": 0.0}
    assert not moves.waiting


def test_a_place_that_never_comes_is_not_waited_for_for_good() -> None:
    mix, moves = fusion(a=1.0), Transitions()
    moves.begin("preset", {"a": 0.0, "b": 1.0}, 0.0, "sentence", 1.0)
    moves.go(mix, mix.mix(1.0), b"int x", None, 1.0 + WAITS_S)
    assert moves.waiting
    moves.go(mix, mix.mix(1.0), b"int x", None, 1.1 + WAITS_S)
    assert mix.mix(1.1 + WAITS_S)["b"] == 1.0


def test_a_style_that_another_hand_touches_is_given_up_to_it() -> None:
    mix, moves = fusion(a=1.0), Transitions()
    moves.begin("score", {"a": 0.0, "b": 1.0, "c": 0.5}, 2.0, "now", 10.0)
    moves.go(mix, mix.mix(10.0), b"", None, 10.0)
    moves.go(mix, mix.mix(11.0), b"", None, 11.0)
    mix.wish("midi", {"b": 0.1}, 11.05)
    for k in range(12, 23):
        moves.go(mix, mix.mix(k), b"", None, 11.0 + k / 10 - 1)
    assert mix.mix(13.0) == {"a": 0.0, "b": 0.1, "c": 0.5}


def test_on_the_beat_means_on_the_next_one() -> None:
    mix, moves = fusion(a=1.0), Transitions()
    tempo = Tempo(120.0, 0.0)
    moves.begin("preset", {"a": 0.0, "b": 1.0}, 0.0, "beat", 1.1)
    for now in (1.2, 1.3, 1.49):
        moves.go(mix, mix.mix(now), b"", tempo.last_beat(now), now)
        assert mix.mix(now)["b"] == 0.0
    moves.go(mix, mix.mix(1.5), b"", tempo.last_beat(1.501), 1.501)
    assert mix.mix(1.501)["b"] == 1.0


@given(st.floats(20, 400), st.floats(-100, 100), st.sampled_from([0.5, 1.0, 2.0, 4.0]), st.floats(0, 1000))
def test_units_begin_on_the_beat_and_never_late_by_more_than_one(bpm: float, at: float, per: float, now: float) -> None:
    tempo = Tempo(bpm, at, "word", per)
    due = tempo.next_unit(now)
    beats = (due - at) / tempo.period_s
    assert abs(beats - round(beats)) < 1e-6
    assert -JUST_NOW_S - 1e-6 <= due - now <= tempo.period_s + 1e-6
    assert 0 <= now - tempo.last_beat(now) <= 60 / bpm + 1e-6


def test_a_tempo_holds_back_the_first_character_of_a_unit_alone() -> None:
    assert Tempo(120, 0, "word").waits(b"sea ")
    assert not Tempo(120, 0, "word").waits(b"sea")
    assert not Tempo(120, 0, "line").waits(b"sea ")
    assert Tempo(120, 0, "char").waits(b"s")


def test_presets_outlive_the_performance_and_can_be_read_by_a_person(tmp_path: Path) -> None:
    path = tmp_path / "config" / "presets.toml"
    Presets(path).keep("dark forest", {"grimm": 0.7, "poe": 0.3, "kant": 0.0})
    again = Presets(path)
    assert again.names == ["dark forest"]
    assert again.mix("dark forest") == {"grimm": 0.7, "poe": 0.3}
    assert '["dark forest"]' in path.read_text()
    again.forget("dark forest")
    assert Presets(path).names == []
    with pytest.raises(EnsembleError, match="there is no preset 'dark forest'; there are: none yet"):
        again.mix("dark forest")


@pytest.mark.parametrize("text", ["nonsense", "a = 3", '[a]\nb = "loud"', "[a]\nb = nan", "[a]\nb = -1.0"])
def test_a_presets_file_that_cannot_be_read_is_said_so_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "presets.toml"
    path.write_text(text)
    presets = Presets(path)
    for wish in (lambda: presets.mix("a"), lambda: presets.keep("b", {"x": 1.0})):
        with pytest.raises(EnsembleError, match="cannot be read"):
            wish()
    assert path.read_text() == text


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 41])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(EnsembleError, match="1 to 40 printable"):
        Presets(None).keep(name, {"a": 1.0})
