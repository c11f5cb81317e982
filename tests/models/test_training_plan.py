import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import package, training_plan
from models.architecture import Architecture
from models.lstm import CharLSTM

ONE_CORE = 8000.0  # characters a second of a 1x512


def measured(speed_of_1x512: float) -> object:
    reference = Architecture(1, 512).parameters
    return lambda architecture: speed_of_1x512 * reference / architecture.parameters


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> object:
    return lambda speed: monkeypatch.setattr(training_plan, "measure", measured(speed))


@given(st.integers(20_000, 20_000_000), st.floats(500, 1e7), st.booleans())
def test_a_plan_keeps_to_the_minutes_there_are(chars: int, speed: float, goes_on: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_plan, "measure", measured(speed))
        start = {"architecture": Architecture(1, 512), "start": "abc"} if goes_on else {}
        made = training_plan.make(chars, **start)  # type: ignore[arg-type]
    limit = training_plan.MINUTES_FROM if goes_on else training_plan.MINUTES
    assert made.seconds <= 60 * limit * 1.001
    assert 0 < made.recipe.epochs <= training_plan.MOST_EPOCHS
    assert made.recipe.start == ("abc" if goes_on else "")


@pytest.mark.parametrize(
    ("chars", "speed", "network"),
    [
        (50_000, ONE_CORE, "1x256"),
        (200_000, ONE_CORE, "1x384"),
        (1_000_000, ONE_CORE, "1x512"),
        (4_000_000, ONE_CORE, "1x512"),
        (1_000_000, 500.0, "1x256"),  # a very slow machine
        (2_000_000, 1e6, "2x512"),  # a GPU
        (4_000_000, 1e6, "3x512"),
        (50_000, 1e6, "1x256"),  # a small text stays small
    ],
)
def test_the_network_follows_the_text_and_the_machine(
    chars: int, speed: float, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_plan, "measure", measured(speed))
    assert str(training_plan.make(chars).architecture) == network


def test_what_is_asked_for_is_not_chosen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_plan, "measure", measured(ONE_CORE))
    made = training_plan.make(1_000_000, architecture=Architecture(2, 96), epochs=3.5)
    assert (made.architecture, made.recipe.epochs) == (Architecture(2, 96), 3.5)


def test_the_fewer_passes_the_less_dropout() -> None:
    passes = [training_plan.recipe(epochs) for epochs in (1, 4, 12)]
    assert [r.dropout for r in passes] == sorted(r.dropout for r in passes)
    assert len({r.dropout for r in passes}) == 3


def test_a_measured_speed_is_of_this_machine_and_a_smaller_network_is_faster() -> None:
    slow, fast = training_plan.measure(Architecture(1, 256), 0.3), training_plan.measure(Architecture(1, 32), 0.3)
    assert fast > slow > 100


@given(st.sampled_from(["1x8", "2x16", "3x24"]), st.integers(0, 100))
def test_a_network_that_starts_from_a_package_plays_the_same(size: str, seed: int) -> None:
    weights = package.plain(package.random_weights(Architecture.parse(size), seed))
    network = CharLSTM(Architecture.parse(size))
    network.start_from(weights)
    played = network.played_weights()
    assert played.keys() == weights.keys()
    for name, array in played.items():
        assert np.allclose(array, weights[name], atol=1e-6)
