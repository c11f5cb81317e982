from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.section.tape import SLOTS
from actors.wire.messages import Card, Health, Member, NodeHealth, StyleHealth
from deploy import UsageError
from deploy.ensemble import placement
from deploy.ensemble.placement import Node, better, spread


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


def settled(sits: dict[str, int], nodes: dict[int, Node], wishes: dict[str, str]) -> list[tuple[str, int]]:
    """Move one after the other until nobody had better sit elsewhere; the moves."""
    moves = []
    while move := better(sits, nodes, wishes, list(sits)):
        moves.append(move)
        sits[move[0]] = move[1]
        assert len(moves) <= 2 * len(sits)
    return moves


@given(st.integers(0, 60), st.lists(st.sampled_from([1.0, 2.0, 8.0]), min_size=1, max_size=6), st.randoms())
def test_wherever_they_sat_styles_come_to_sit_evenly_and_then_stay(
    styles: int, cpus: list[float], dice: Random
) -> None:
    nodes = {k: node(k, c) for k, c in enumerate(cpus)}
    sits = {f"s{k}": dice.choice(list(nodes)) for k in range(styles)}
    assert len(settled(sits, nodes, {})) <= styles
    loads = Counter(sits.values())
    for k in nodes:
        assert all(loads[k] / nodes[k].cpus <= (loads[other] + 1) / nodes[other].cpus for other in nodes)


def test_a_node_that_comes_gets_half_of_the_styles_and_those_that_are_wished_there() -> None:
    nodes = {0: node(0), 1: node(1, gpus=1.0)}
    sits = dict.fromkeys("abcdef", 0)
    assert settled(sits, nodes, {"f": "gpu", "a": "machine-0"})[0] == ("f", 1)
    assert sits["f"] == 1
    assert sits["a"] == 0
    assert Counter(sits.values()) == {0: 3, 1: 3}


def test_a_style_that_cannot_move_stays_and_the_others_move() -> None:
    nodes = {0: node(0), 1: node(1)}
    move = better(dict.fromkeys("abc", 0), nodes, {}, ["c"])
    assert move == ("c", 1)
    assert better(dict.fromkeys("abc", 0), nodes, {"b": "machine-1"}, []) is None


def health(sits: dict[str, int], *troubled: int, state: str = "ready") -> Health:
    """Everyone sits on these nodes, of which some are not heard."""
    roster = [
        Member(Card(slug, slug, "#888888"), node * SLOTS + k, k + 1) for k, (slug, node) in enumerate(sits.items())
    ]
    others = [
        NodeHealth(k, f"10.0.0.{k}", f"s{k}", 1.0, "silent" * (k in troubled)) for k in sorted({*sits.values()} - {0})
    ]
    styles = [StyleHealth(slug, state, 0, 0.1, 1) for slug in sits]
    return Health(epoch=1, pid=1, styles=styles, position=1, journal="", roster=roster, nodes=others)


def test_the_styles_of_a_lost_node_are_spread_over_the_others_or_go_where_they_are_wished() -> None:
    nodes = {0: node(0), 1: node(1), 2: node(2, label="attic")}
    sits = {"a": 1, "b": 1, "c": 1, "d": 0, "e": 2}
    moves = placement.Moves({"a": "attic"})
    assert moves.due(health(sits, 1), nodes, 0.0) == []  # it may be heard again
    due = moves.due(health(sits, 1), nodes, placement.GONE_AFTER_S + 0.1)
    assert [(join.card.slug, join.node) for join in due] == [("a", 2), ("b", 0), ("c", 0)]
    assert moves.due(health(sits, 1), nodes, placement.GONE_AFTER_S + 1) == []  # they are on their way


def test_a_node_that_was_heard_for_a_while_gets_its_part_one_style_after_the_other() -> None:
    nodes = {0: node(0), 1: node(1)}
    moves, sits = placement.Moves({}), {"a": 0, "b": 0, "c": 0, "d": 1}
    assert moves.due(health(sits | {"d": 0}), nodes, 0.0) == []
    assert moves.due(health(sits), nodes, 1.0) == []
    assert moves.due(health(sits), nodes, 2 + placement.STEADY_S) != []
    assert moves.due(health({"a": 1, "b": 0, "c": 0, "d": 1}), nodes, 3 + placement.STEADY_S) == []
