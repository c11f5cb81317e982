"""Texts that are written side by side are those that each would be alone."""

from pathlib import Path

import numpy as np
import pytest

from actors.mixing import mixture
from actors.mixing.dice import Dice
from actors.mixing.offline import Crossing, Mix, write, write_ahead
from actors.wire.parameters import HAND_OVER, Lookahead, MixSettings
from models import package
from models.architecture import Architecture
from models.engines import Engine
from models.engines.graph import build
from models.engines.monolith_engine import MonolithEngine, vectors
from models.engines.onnx_engine import OnnxEngine
from models.monolith import package as monoliths
from tests.conftest import refuse

CHARS = 60


@pytest.fixture(scope="module")
def engines(styles_folder: Path) -> dict[int, Engine]:
    styles = package.installed([styles_folder], refuse).values()
    return {k: OnnxEngine(build(style.architecture, style.weights())) for k, style in enumerate(styles)}


def test_a_mix_of_one_voice_is_plain_sampling(engines: dict[int, Engine]) -> None:
    (made,) = write(engines, [Mix([2], np.ones(1), 7)], MixSettings(), CHARS)
    engine, dice, char, text = engines[2], Dice(7), 10, []
    engine.reset()
    for at in range(1, CHARS + 1):
        char = mixture.sample(mixture.mix(engine.step((0,), (char,)), np.ones(1)), dice.at(at))
        text.append(char)
    assert made.chars.tolist() == text
    assert made.shares.tolist() == [1.0]


@pytest.mark.parametrize("settings", [MixSettings(), MixSettings(HAND_OVER)])
def test_a_text_does_not_depend_on_those_beside_it(engines: dict[int, Engine], settings: MixSettings) -> None:
    mixes = [Mix([0, 1], np.ones(2), 1), Mix([1, 2, 3], np.array([1.0, 0.5, 2.0]), 2), Mix([3], np.ones(1), 3)]
    together = write(engines, mixes, settings, CHARS)
    for mix, text in zip(mixes, together, strict=True):
        (alone,) = write(engines, [mix], settings, CHARS)
        assert alone.chars.tolist() == text.chars.tolist()
        assert text.shares.sum() == pytest.approx(1)
        assert len(text.nats) == len(mix.styles)


@pytest.fixture(scope="module")
def monolith() -> Crossing:
    """One that knows the four styles in another order, and one more."""
    weights = monoliths.random_weights(Architecture(1, 32), 5, seed=3)
    engine = MonolithEngine(build(Architecture(1, 32), weights), vectors(weights))
    return Crossing(engine, [3, 0, 4, 1])


@pytest.mark.parametrize("x", [0.5, 1.0])
def test_a_text_that_crosses_does_not_depend_on_those_beside_it(
    engines: dict[int, Engine], monolith: Crossing, x: float
) -> None:
    mixes = [Mix([0, 1], np.ones(2), 1), Mix([1, 2, 3], np.array([1.0, 0.5, 2.0]), 2), Mix([3], np.ones(1), 3)]
    together = write(engines, mixes, MixSettings(cross=x), CHARS, monolith=monolith)
    for mix, text in zip(mixes, together, strict=True):
        (alone,) = write(engines, [mix], MixSettings(cross=x), CHARS, monolith=monolith)
        assert alone.chars.tolist() == text.chars.tolist()
        assert text.shares.sum() == pytest.approx(1)
    uncrossed = write(engines, mixes, MixSettings(), CHARS, monolith=monolith)
    assert [text.chars.tolist() for text in uncrossed] != [text.chars.tolist() for text in together]


def test_a_lookahead_of_one_writes_the_same_as_none(engines: dict[int, Engine]) -> None:
    mix = Mix([1, 2, 3], np.array([1.0, 0.5, 2.0]), 2)
    for settings in (MixSettings(), MixSettings(HAND_OVER)):
        (plain,) = write(engines, [mix], settings, CHARS)
        assert write_ahead(engines, mix, settings, Lookahead(1, 1), CHARS).chars.tolist() == plain.chars.tolist()
        assert write_ahead(engines, mix, settings, Lookahead(4, 3), CHARS).chars.tolist() != plain.chars.tolist()
