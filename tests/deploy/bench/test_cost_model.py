import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.bench.cost_model import Costs, around, character

COSTS = Costs(step_s=0.13e-3, mix_s=0.5e-6, wake_up_s=8e-6, character_s=60e-6, call_s=0.9e-3, busy_s=0.25e-3)


@given(st.integers(1, 1000), st.integers(1, 64))
def test_more_styles_are_never_faster(styles: int, nodes: int) -> None:
    assert character(COSTS, styles + 1, nodes, 2).total >= character(COSTS, styles, nodes, 2).total


@given(st.integers(1, 64), st.integers(1, 16))
def test_more_processors_are_never_slower(nodes: int, cores: int) -> None:
    assert character(COSTS, 200, nodes, cores + 1).total <= character(COSTS, 200, nodes, cores).total


def test_another_node_pays_for_many_styles_and_not_for_few() -> None:
    def total(styles: int, nodes: int) -> float:
        return character(COSTS, styles, nodes, 2).total

    assert total(4, 1) < total(4, 2)
    assert total(300, 4) < total(300, 1) / 2


@pytest.mark.parametrize(("styles", "nodes", "name"), [(300, 1, "styles"), (64, 64, "coordinator"), (2, 2, "calls")])
def test_the_bottleneck_moves(styles: int, nodes: int, name: str) -> None:
    assert character(COSTS, styles, nodes, 2).bottleneck == name


@given(st.integers(2, 200), st.integers(1, 16))
def test_what_an_ensemble_did_says_what_its_characters_cost(count: int, cores: int) -> None:
    one_cps, all_cps = (1 / character(COSTS, styles, 1, cores).total for styles in (1, count))
    bare = Costs(step_s=COSTS.step_s, mix_s=COSTS.mix_s)
    found = around(bare, one_cps, all_cps, count, cores)
    assert character(found, count, 1, cores).total == pytest.approx(1 / all_cps, rel=0.1)


def test_nodes_that_share_a_machine_pay_for_the_other_ends_of_their_calls() -> None:
    apart, together = (character(COSTS, 16, 4, 0.5, shared=shared).total for shared in (False, True))
    assert together == pytest.approx(apart + 2 * COSTS.busy_s)
    assert character(COSTS, 16, 2, 1, shared=True).total == character(COSTS, 16, 2, 1).total
