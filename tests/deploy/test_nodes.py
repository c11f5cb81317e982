from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import UsageError
from deploy.nodes import Node, spread


def node(index: int, cpus: float = 2.0, gpus: float = 0.0, label: str = "") -> Node:
    return Node(index, f"id{index}", f"10.0.0.{index}", f"machine-{index}", cpus, gpus, (label,) if label else ())


@given(st.integers(1, 60), st.lists(st.sampled_from([1.0, 2.0, 8.0]), min_size=1, max_size=6))
def test_styles_are_spread_evenly_over_the_processors(styles: int, cpus: list[float]) -> None:
    nodes = {k: node(k, c) for k, c in enumerate(cpus)}
    places = spread([f"s{k}" for k in range(styles)], nodes, {})
    assert len(places) == styles
    sits = Counter(places.values())
    loads = {k: sits[k] / nodes[k].cpus for k in nodes}
    for k in nodes:  # nobody would sit better elsewhere
        assert all(loads[k] <= (sits[other] + 1) / nodes[other].cpus for other in nodes)


def test_wishes_are_a_host_a_name_a_label_or_a_gpu() -> None:
    nodes = {0: node(0), 1: node(1, label="attic"), 2: node(2, gpus=1.0)}
    wishes = {"a": "10.0.0.1", "b": "machine-2", "c": "attic", "d": "gpu"}
    places = spread(["a", "b", "c", "d", "e", "f"], nodes, wishes)
    assert [places[slug] for slug in "abcd"] == [1, 2, 1, 2]
    assert places["e"] == places["f"] == 0


def test_a_wish_that_no_node_fulfils_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"--place a=gpu.*10\.0\.0\.0, 10\.0\.0\.1"):
        spread(["a"], {0: node(0), 1: node(1)}, {"a": "gpu"})
