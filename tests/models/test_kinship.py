import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import ModelsError, kinship, package
from tests.conftest import random_style, refuse


def test_styles_on_a_line_come_out_in_the_line_s_order() -> None:
    places = np.array([3.0, 0.0, 5.0, 1.0, 4.0, 2.0])
    nats = 1 + np.abs(places[:, None] - places[None, :])
    order = [places[i] for i in kinship.path(kinship.distances(nats))]
    assert order in (sorted(order), sorted(order, reverse=True))


@given(st.integers(1, 6), st.integers(0, 1000))
def test_the_path_visits_every_style_once_and_none_of_seven_is_much_shorter(n: int, seed: int) -> None:
    points = np.random.default_rng(seed).random((n, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    way = kinship.path(distance)
    assert sorted(way) == list(range(n))
    shortest = min(distance[list(p[:-1]), list(p[1:])].sum() for p in permutations(range(n)))
    assert distance[way[:-1], way[1:]].sum() <= 1.1 * shortest + 1e-9


@given(st.integers(2, 8), st.integers(0, 1000))
def test_distances_are_symmetric_and_never_negative(n: int, seed: int) -> None:
    distance = kinship.distances(np.random.default_rng(seed).random((n, n)))
    assert (distance == distance.T).all()
    assert (distance >= 0).all()
    assert not distance.diagonal().any()


def test_what_is_saved_is_read_in_order(tmp_path: Path) -> None:
    nats = np.array([[1.0, 3.0, 1.5], [3.0, 1.0, 2.0], [1.5, 2.0, 1.0]])
    order = kinship.save(tmp_path, ["a", "b", "c"], nats)
    assert order == kinship.read(tmp_path) == ["a", "c", "b"]
    table = json.loads((tmp_path / kinship.FILE).read_text())["nats"]
    assert table == [[1.0, 1.5, 3.0], [1.5, 1.0, 2.0], [3.0, 2.0, 1.0]]


def test_a_broken_kinship_file_is_told_and_the_styles_are_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in ("alpha", "beta"):
        random_style(tmp_path, slug)
    monkeypatch.setattr(package, "SHIPPED", tmp_path)
    (tmp_path / kinship.FILE).write_text("{")
    told: list[ModelsError] = []
    assert list(package.installed([tmp_path], told.append)) == ["alpha", "beta"]
    assert "cannot be read" in str(told[0])
    (tmp_path / kinship.FILE).write_text('{"styles": ["gone", "beta", "alpha"]}')
    assert list(package.installed([tmp_path], refuse)) == ["beta", "alpha"]


def test_a_new_style_comes_after_the_one_it_was_trained_from() -> None:
    known = ["bible", "austen", "c"]
    parents = {"letters": "austen", "notes": "letters", "alone": "", "lost": "gone"}
    slugs = ["alone", "austen", "bible", "c", "letters", "lost", "notes"]
    assert kinship.arranged(slugs, known, parents) == ["bible", "austen", "letters", "notes", "c", "alone", "lost"]


@pytest.fixture
def known() -> kinship.Kinship:
    """`a` and `b` are kindred, `c` is far from both."""
    return kinship.Kinship(["a", "b", "c"], np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 5.0], [4.0, 5.0, 0.0]]))


def test_a_style_that_was_not_measured_is_as_far_from_all_as_its_parent_and_next_to_that(
    known: kinship.Kinship,
) -> None:
    far = known.between(["a", "c", "mine", "its-child", "stranger"], {"mine": "a", "its-child": "mine"})
    assert (far == far.T).all()
    assert far[2, :4].tolist() == [0.5, 4.0, 0.0, 0.5]
    assert far[3, 1] == 4.0
    assert far[4, :4].min() > known.distance.max()
    assert known.knows("its-child", {"mine": "a", "its-child": "mine"})
    assert not known.knows("x", {"x": "y", "y": "x"})


def test_styles_that_begin_together_all_have_a_place_or_none_has(known: kinship.Kinship) -> None:
    assert len(kinship.places(["c", "mine", "a", "stranger"], known, {"mine": "a"})) == 4
    assert kinship.places(["stranger", "other"], known, {"stranger": "gone"}) == []
    assert kinship.places(["a"], known, {}) == [(0.0, 0.0)]


def test_a_style_that_joins_lies_next_to_its_parent_or_to_its_parents_nearest_kin_or_in_the_widest_gap(
    known: kinship.Kinship,
) -> None:
    playing = {"b": (-0.9, 0.0), "c": (0.9, 0.0)}
    for slug, parents, near in (
        ("mine", {"mine": "c"}, "c"),
        ("mine", {"mine": "a"}, "b"),
        ("a", {}, "b"),
        ("a", {"a": "c"}, "b"),  # what was measured counts
    ):
        place = kinship.place_beside(slug, playing, known, parents)
        others = {other: np.hypot(place[0] - x, place[1] - y) for other, (x, y) in playing.items()}
        assert min(others, key=lambda other: others[other]) == near
        assert others[near] == pytest.approx(0.4, abs=0.06)
    x, y = kinship.place_beside("stranger", playing, known, {})
    assert min(np.hypot(x - a, y - b) for a, b in playing.values()) > 0.9
    assert kinship.place_beside("stranger", {}, known, {}) == (0.0, 0.0)
    assert kinship.place_beside("mine", {"own": (0.5, 0.5)}, known, {"mine": "own"}) != (0.5, 0.5)


def test_a_table_that_is_not_whole_is_told(tmp_path: Path) -> None:
    assert kinship.measured(tmp_path).slugs == []
    for text in ('{"styles": ["a", "b"], "nats": [[1, 2]]}', '{"styles": ["a"]}', '{"styles": ["a"], "nats": [["x"]]}'):
        (tmp_path / kinship.FILE).write_text(text)
        with pytest.raises(ModelsError, match="cannot be read"):
            kinship.measured(tmp_path)
