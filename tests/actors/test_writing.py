"""Texts that are written side by side are those that each would be alone."""

from pathlib import Path

import numpy as np
import pytest

from actors import mixture
from actors.pooling import HAND_OVER, Manner
from actors.writing import Mix, write
from models import package
from models.engines import Engine
from models.engines.graph import build
from models.engines.onnx_engine import OnnxEngine
from tests.conftest import refuse

CHARS = 60


@pytest.fixture(scope="module")
def engines(styles_folder: Path) -> dict[int, Engine]:
    styles = package.installed([styles_folder], refuse).values()
    return {k: OnnxEngine(build(style.architecture, style.weights())) for k, style in enumerate(styles)}


def test_a_mix_of_one_voice_is_plain_sampling(engines: dict[int, Engine]) -> None:
    (made,) = write(engines, [Mix([2], np.ones(1), 7)], Manner(), CHARS)
    engine, dice, char, text = engines[2], mixture.Dice(7), 10, []
    engine.reset()
    for at in range(1, CHARS + 1):
        char = mixture.sample(mixture.mix(engine.step((0,), (char,)), np.ones(1)), dice.at(at))
        text.append(char)
    assert made.chars.tolist() == text
    assert made.shares.tolist() == [1.0]


@pytest.mark.parametrize("manner", [Manner(), Manner(HAND_OVER)])
def test_a_text_does_not_depend_on_those_beside_it(engines: dict[int, Engine], manner: Manner) -> None:
    mixes = [Mix([0, 1], np.ones(2), 1), Mix([1, 2, 3], np.array([1.0, 0.5, 2.0]), 2), Mix([3], np.ones(1), 3)]
    together = write(engines, mixes, manner, CHARS)
    for mix, text in zip(mixes, together, strict=True):
        (alone,) = write(engines, [mix], manner, CHARS)
        assert alone.chars.tolist() == text.chars.tolist()
        assert text.shares.sum() == pytest.approx(1)
        assert len(text.nats) == len(mix.styles)
