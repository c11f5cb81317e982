"""What would have been said: other weights, the same dice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from actors import EnsembleError
from actors.hands.presets import Presets
from actors.journal.replay import ReplayedCharacter, replay
from actors.journal.what_if import Hand, WhatIf
from actors.wire.messages import (
    Command,
    Join,
    Move,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetTempo,
)
from models import package
from tests.conftest import refuse
from tests.support.recordings import EVERY_S, LENGTH, MIX, engines, record

LINES: dict[int, list[dict[str, Any]]] = {
    20: [{"manner": {"temperature": 0.7}}],
    50: [{"manner": {"pooling": "hand-over"}}, {"ahead": {"width": 3, "depth": 2}}],
    80: [{"ahead": {"width": 1, "depth": 1}}, {"admitted": 0.3}],
}


def said(path: Path, folder: Path, what_if: WhatIf | None = None) -> list[ReplayedCharacter]:
    return list(replay(path, engines(folder), what_if=what_if))


def text(heard: Sequence[ReplayedCharacter]) -> bytes:
    return bytes(one.code for one in heard)


def cues(*told: tuple[float, Command]) -> Hand:
    """A hand that says something at some times."""
    left = list(told)

    def hand(at_s: float, slugs: Sequence[str], text: bytes) -> list[Command]:
        due = [command for when_s, command in left if when_s <= at_s]
        left[:] = [(when_s, command) for when_s, command in left if when_s > at_s]
        return due

    return hand


def test_the_same_weights_say_the_same_text(styles_folder: Path, tmp_path: Path) -> None:
    original = record(tmp_path / "j", styles_folder, lines=LINES)
    assert all(one.code == one.drawn for one in said(tmp_path / "j", styles_folder))
    for since in (1, 60, LENGTH):
        assert text(said(tmp_path / "j", styles_folder, WhatIf(since, MIX))) == original
        quiet = WhatIf(since, MIX, cues((0.0, SetRate(cps=99.0))))
        if since > 80:  # a hand in the place of all hands: what they did later is not done
            assert text(said(tmp_path / "j", styles_folder, quiet)) == original


def test_a_late_style_is_late_in_the_replay_unless_something_else_differs(styles_folder: Path, tmp_path: Path) -> None:
    record(tmp_path / "j", styles_folder)
    lines = (tmp_path / "j").read_text().splitlines()
    lines[-1] = lines[-1].replace("]", ', ["beta"]]')
    (tmp_path / "j").write_text("\n".join(lines) + "\n")
    assert said(tmp_path / "j", styles_folder, WhatIf(1, MIX))[-1].slugs == ["beta"]
    assert said(tmp_path / "j", styles_folder, WhatIf(1, MIX | {"gamma": 1.0}))[-1].slugs == [
        "alpha",
        "beta",
        "gamma",
    ]


def test_other_weights_say_another_text_from_there_on(styles_folder: Path, tmp_path: Path) -> None:
    original = record(tmp_path / "j", styles_folder, lines=LINES)
    heard = said(tmp_path / "j", styles_folder, WhatIf(60, {"gamma": 1.0}))
    assert text(heard)[:59] == original[:59]
    assert text(heard)[59:] != original[59:]
    assert len(heard) == LENGTH
    assert {slug for one in heard[59:] for slug in one.slugs} == {"gamma"}
    assert [one.at_s for one in heard] == [one.at_s for one in said(tmp_path / "j", styles_folder)]
    assert heard[-1].state.settings.temperature == 0.7  # all else is as it was


def test_a_score_is_played_in_the_time_of_the_recording(styles_folder: Path, tmp_path: Path) -> None:
    record(tmp_path / "j", styles_folder, lines=LINES)
    score = cues(
        (0.0, Move(weights={"gamma": 1.0})),
        (1.0, Move(weights={"alpha": 1.0}, over_s=2.0)),
        (4.0, SetTemperature(temperature=1.5)),
        (4.0, SetPooling(pooling="log-linear")),
        (4.0, SetLookahead(width=2, depth=2)),
        (5.0, SetTempo(bpm=60.0)),
        (5.1, Move(weights={"beta": 1.0}, falls="beat")),
    )
    heard = said(tmp_path / "j", styles_folder, WhatIf(1, hand=score))
    shares = [dict(zip((m.slug for m in one.state.members), one.state.pi, strict=True)) for one in heard]
    at = [round(one.at_s / EVERY_S) for one in heard]
    assert at == list(range(LENGTH))
    assert shares[0] == {"alpha": 0.0, "beta": 0.0, "gamma": 1.0}
    assert shares[40] == pytest.approx({"alpha": 0.5, "beta": 0.0, "gamma": 0.5}, abs=0.03)
    assert shares[60] == {"alpha": 1.0, "beta": 0.0, "gamma": 0.0}
    assert {one.state.settings.temperature for one in heard[:79]} == {1.0}  # what hands did is not done
    assert (heard[80].state.settings.temperature, heard[80].state.settings.pooling) == (1.5, "log-linear")
    assert heard[80].state.lookahead.looks
    assert heard[80].hypotheses
    assert shares[118] == {"alpha": 1.0, "beta": 0.0, "gamma": 0.0}
    assert shares[119]["alpha"] == 1.0  # 5.95 s: the beat is at 6
    again_ = WhatIf(1, hand=cues((0.0, Move(weights={"gamma": 1.0}))))
    assert text(said(tmp_path / "j", styles_folder, again_)) == text(
        said(tmp_path / "j", styles_folder, WhatIf(1, {"gamma": 1.0}, cues()))
    )


def test_a_style_that_joins_in_the_recording_joins_in_the_what_if_too(styles_folder: Path, tmp_path: Path) -> None:
    delta = package.installed([styles_folder], refuse)["delta"]
    card = {"slug": "delta", "title": "Delta", "colour": "#ffffff", "weights_sha256": delta.content_hash()}
    lines: dict[int, list[dict[str, Any]]] = {
        40: [{"joins": {"card": card, "chair": 3, "ticket": 4}}],
        90: [{"leaves": "delta"}],
    }
    record(tmp_path / "j", styles_folder, lines=lines)
    mix = {"alpha": 1.0, "delta": 1.0}
    for other in (WhatIf(1, mix), WhatIf(1, mix, cues())):
        heard = said(tmp_path / "j", styles_folder, other)
        assert ["delta" in one.slugs for one in heard] == [40 <= one.t < 90 for one in heard]
    with pytest.raises(EnsembleError, match="no style with a weight is there at character 90"):
        said(tmp_path / "j", styles_folder, WhatIf(50, {"delta": 1.0}))


@pytest.mark.parametrize(
    ("command", "said_of_it"),
    [
        (Move(weights={"nobody": 1.0}), "no style 'nobody'"),
        (Move(weights={"alpha": -1.0, "beta": 1.0}), "zero or more"),
        (Preset(name="dark"), "no preset 'dark'"),
        (SetPooling(cross=1.0), "no monolith"),
        (SetTemperature(temperature=99.0), "temperature"),
        (Join(card=None), "cannot follow Join"),  # type: ignore[arg-type]
    ],
)
def test_a_command_that_cannot_be_followed_is_an_error(
    styles_folder: Path, tmp_path: Path, command: Command, said_of_it: str
) -> None:
    record(tmp_path / "j", styles_folder, length=10)
    with pytest.raises(EnsembleError, match=said_of_it):
        said(tmp_path / "j", styles_folder, WhatIf(1, hand=cues((0.0, command))))


def test_a_preset_is_recalled_from_where_it_is_kept(styles_folder: Path, tmp_path: Path) -> None:
    record(tmp_path / "j", styles_folder, length=10)
    presets = Presets(tmp_path / "presets.toml")
    presets.keep("dark", {"gamma": 1.0, "gone": 1.0})
    presets.keep("strange", {"gone": 1.0})
    heard = said(tmp_path / "j", styles_folder, WhatIf(1, hand=cues((0.0, Preset(name="dark"))), presets=presets))
    assert {slug for one in heard for slug in one.slugs} == {"gamma"}
    with pytest.raises(EnsembleError, match="no style of preset strange"):
        said(tmp_path / "j", styles_folder, WhatIf(1, hand=cues((0.0, Preset(name="strange"))), presets=presets))


def test_weights_out_of_range_are_refused(styles_folder: Path, tmp_path: Path) -> None:
    record(tmp_path / "j", styles_folder, length=10)
    for mix in ({"alpha": 0.0}, {"alpha": float("nan")}, {"alpha": 1.0, "beta": -1.0}):
        with pytest.raises(EnsembleError):
            said(tmp_path / "j", styles_folder, WhatIf(3, mix))
