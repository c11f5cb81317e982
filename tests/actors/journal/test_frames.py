"""A recording as it is seen: the same frames every time, which any display can hear."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from actors.journal.frames import TimedFrame, frames, health, opening
from actors.journal.replay import replay
from actors.journal.what_if import WhatIf
from actors.wire import codec, plane
from actors.wire.messages import Card, Health
from actors.wire.transcript import Transcript
from models import package
from tests.conftest import refuse
from tests.support.recordings import EVERY_S, LENGTH, engines, record

PLACES = dict(zip(("alpha", "beta", "gamma", "delta"), plane.places(4), strict=True))


def shown(card: Card) -> Card:
    return msgspec.structs.replace(card, title=card.slug.upper(), at=PLACES[card.slug])


def seen(path: Path, folder: Path, what_if: WhatIf | None = None, length: int = LENGTH) -> list[TimedFrame]:
    return list(frames(replay(path, engines(folder), what_if=what_if), length, shown))


def test_the_same_journal_gives_the_same_frames_to_the_last_byte(styles_folder: Path, tmp_path: Path) -> None:
    text = record(tmp_path / "j", styles_folder, lines={30: [{"ahead": {"width": 3, "depth": 2}}]})
    first, second = (seen(tmp_path / "j", styles_folder) for _ in range(2))
    assert [codec.encode(moment.frame) for moment in first] == [codec.encode(moment.frame) for moment in second]
    assert b"".join(moment.frame.chars for moment in first) == text
    assert [moment.frame.t for moment in first] == list(range(1, LENGTH + 1))
    assert [moment.at_s for moment in first] == pytest.approx([k * EVERY_S for k in range(LENGTH)])
    assert [moment.frame.ended for moment in first] == [False] * (LENGTH - 1) + [True]
    assert first[-1].frame.measured_cps == pytest.approx(1 / EVERY_S)
    assert first[40].frame.hypotheses
    for moment in first:
        assert codec.decode_news(codec.encode(moment.frame)) == moment.frame
        assert np.frombuffer(moment.frame.voices, np.uint8).sum() == pytest.approx(255, abs=3)


def test_a_transcript_that_hears_it_knows_text_voices_and_cards(styles_folder: Path, tmp_path: Path) -> None:
    delta = package.installed([styles_folder], refuse)["delta"]
    card = {"slug": "delta", "title": "", "colour": "#ffffff", "weights_sha256": delta.content_hash()}
    lines: dict[int, list[dict[str, Any]]] = {
        40: [{"joins": {"card": card, "chair": 3, "ticket": 4}}],
        50: [{"moves": {"delta": 2.0}}],
        90: [{"leaves": "beta"}],
    }
    text = record(tmp_path / "j", styles_folder, lines=lines)
    heard = Transcript()
    for moment in seen(tmp_path / "j", styles_folder):
        if not heard.whole:
            heard.hear(opening(moment))
        heard.hear(moment.frame)
        told = health(moment, "a recording")
        decoded = codec.decode_news(codec.encode(told))
        assert isinstance(decoded, Health)
        assert decoded == told
        heard.hear(told)
        assert [one.slug for one in heard.cards] == heard.styles == moment.frame.styles
    assert bytes(heard.text) == text
    assert heard.ended
    assert heard.styles == ["alpha", "gamma", "delta"]
    assert [(one.title, one.at) for one in heard.cards] == [(s.upper(), PLACES[s]) for s in heard.styles]
    assert heard.voices[60:, 2].any()
    assert not heard.voices[:49, 2].any()


def test_a_what_if_has_frames_like_a_replay(styles_folder: Path, tmp_path: Path) -> None:
    record(tmp_path / "j", styles_folder)
    was = seen(tmp_path / "j", styles_folder)
    other = seen(tmp_path / "j", styles_folder, WhatIf(61, {"gamma": 1.0}))
    assert [m.frame for m in was[:60]] == [m.frame for m in other[:60]]
    assert [m.at_s for m in was] == [m.at_s for m in other]
    assert other[60].frame.pi == [0.0, 0.0, 1.0]
    assert other[60].frame.active == [2]
