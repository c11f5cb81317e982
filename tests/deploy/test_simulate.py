import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.bench.simulate import Costs, character

COSTS = Costs(step_s=0.13e-3, mix_s=0.5e-6)


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
