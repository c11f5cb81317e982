"""Mixes as shares of any weights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.easing import as_it_is, shares
from controllers.hand import Seen

STYLES = ("alpha", "beta", "gamma")


@given(st.dictionaries(st.sampled_from(STYLES), st.floats(allow_nan=True, allow_infinity=True)))
def test_a_mix_of_any_weights_sums_to_one_or_is_empty(weights: dict[str, float]) -> None:
    for mix in (shares(weights), as_it_is(Seen(STYLES, weights))):
        assert not mix or sum(mix.values()) == pytest.approx(1.0)
        assert all(0 <= share <= 1 for share in mix.values())
