"""The filter against the paper's own algorithm, and against what devices send when they are not well."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controllers.one_euro import OneEuro

lengths = st.floats(-1e4, 1e4)
steps_s = st.floats(1e-3, 0.5)
anything = st.floats(allow_nan=True, allow_infinity=True)


def of_the_paper(values: list[float], steps: list[float], min_cutoff: float, beta: float) -> list[float]:
    """Algorithm 1 and 2 of the paper for one component, in its own words."""

    def alpha(rate: float, cutoff: float) -> float:
        tau = 1 / (2 * math.pi * cutoff)
        return 1 / (1 + tau * rate)

    filtered, slope, out = values[0], 0.0, [values[0]]
    for x, step in zip(values[1:], steps, strict=False):
        rate = 1 / step
        dx = (x - filtered) * rate
        slope = alpha(rate, 1.0) * dx + (1 - alpha(rate, 1.0)) * slope
        a = alpha(rate, min_cutoff + beta * abs(slope))
        filtered = a * x + (1 - a) * filtered
        out.append(filtered)
    return out


@given(st.lists(lengths, min_size=2, max_size=40), st.data(), st.floats(0.1, 10), st.floats(0, 1))
def test_one_component_is_filtered_as_the_paper_says(
    values: list[float], data: st.DataObject, min_cutoff: float, beta: float
) -> None:
    steps = data.draw(st.lists(steps_s, min_size=len(values) - 1, max_size=len(values) - 1))
    filtered, t_s, out = OneEuro(min_cutoff, beta), 0.0, []
    times = [0.0]
    for step in steps:
        times.append(times[-1] + step)
    for value, t_s in zip(values, times, strict=True):
        out.append(filtered.smooth((value,), t_s)[0])
    expected = of_the_paper(values, [b - a for a, b in pairwise(times)], min_cutoff, beta)
    assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) for a, b in zip(out, expected, strict=True))


@given(st.lists(st.tuples(lengths, lengths, lengths), min_size=1, max_size=50), steps_s)
def test_filtered_values_stay_within_the_range_of_the_input(
    values: list[tuple[float, float, float]], step_s: float
) -> None:
    one = OneEuro(1.0, 0.01)
    for k, value in enumerate(values):
        smooth = one.smooth(value, k * step_s)
        for axis in range(3):
            seen = [v[axis] for v in values[: k + 1]]
            assert min(seen) - 1e-6 <= smooth[axis] <= max(seen) + 1e-6


@given(st.lists(st.tuples(anything, anything), max_size=20), st.lists(anything, max_size=20))
def test_nothing_a_device_sends_spoils_it_for_good(values: list[tuple[float, float]], times: list[float]) -> None:
    one = OneEuro(1.0, 0.01)
    one.smooth((1.0, 2.0), 0.0)
    for value, t_s in zip(values, times, strict=False):
        assert all(map(math.isfinite, one.smooth(value, t_s)))
    start = max([t for t in times if math.isfinite(t)], default=0.0)
    start = max(0.0, start)
    for k in range(1, 200):
        smooth = one.smooth((3.0, 4.0), start + k * max(0.1, abs(start) * 1e-3))
    assert all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(smooth, (3.0, 4.0), strict=True)) or start > 1e300


def test_nan_before_the_first_value_is_forgotten() -> None:
    one = OneEuro()
    assert one.smooth((math.nan, 1.0), 0.0) == (0.0, 1.0)
    assert one.smooth((5.0, 6.0), 0.1) == (5.0, 6.0)


def test_time_that_does_not_advance_changes_nothing() -> None:
    one = OneEuro()
    one.smooth((1.0,), 1.0)
    for t_s in (1.0, 0.5, -math.inf, math.nan, math.inf):
        assert one.smooth((9.0,), t_s) == (1.0,)
    assert one.smooth((9.0,), 1.1)[0] > 1.0


def test_a_fast_hand_is_followed_sooner_than_a_trembling_one() -> None:
    calm, quick = OneEuro(1.0, 0.0), OneEuro(1.0, 0.05)
    for k in range(20):
        calm.smooth((20.0 * k,), k / 100)
        quick.smooth((20.0 * k,), k / 100)
    assert quick.smooth((400.0,), 0.2)[0] > calm.smooth((400.0,), 0.2)[0] + 20


def test_a_vector_of_another_length_begins_anew() -> None:
    one = OneEuro()
    one.smooth((1.0, 1.0), 0.0)
    assert one.smooth((7.0, 8.0, 9.0), 0.1) == (7.0, 8.0, 9.0)
