"""A saved dataset comes back as it was; another file is refused in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers import ControllerError
from controllers.gesture.dataset import MOST_EXAMPLES, Dataset, load, of_styles, save

numbers = st.floats(-1e9, 1e9)


def dataset_of(*examples: tuple[list[float], dict[str, float]]) -> Dataset:
    dataset = Dataset()
    for pose, mix in examples:
        dataset = dataset.with_example(pose, mix)
    return dataset


TWO = dataset_of(([0.0, 1.0], {"a": 1.0, "b": 0.0}), ([1.0, 0.5], {"a": 0.0, "b": 0.5, "c": 0.5}))


@pytest.mark.parametrize("kind", ["mlp", "knn"])
def test_a_saved_dataset_is_loaded_as_it_was(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "hands.json"
    learnt = TWO.trained(kind)
    save(learnt, path)
    back = load(path)
    assert (back.styles, back.poses, back.mixes) == (learnt.styles, learnt.poses, learnt.mixes)
    for pose in ([0.0, 1.0], [0.3, 0.3], [9.0, -9.0]):
        scaled = learnt.model.scale(np.array(pose))
        assert back.mix(scaled) == pytest.approx(learnt.mix(scaled))
    save(TWO, path)
    assert load(path).model is None
    assert list(path.parent.iterdir()) == [path]


def test_without_a_file_a_dataset_is_empty(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == Dataset()


@settings(max_examples=30)
@given(
    st.integers(1, 5).flatmap(
        lambda d: st.lists(
            st.tuples(
                st.lists(numbers, min_size=d, max_size=d),
                st.dictionaries(st.text(min_size=1, max_size=5), st.floats(0.01, 1.0), min_size=1, max_size=4),
            ),
            max_size=6,
        )
    )
)
def test_any_examples_come_back(tmp_path_factory: pytest.TempPathFactory, examples: list[Any]) -> None:
    path = tmp_path_factory.mktemp("gestures") / "g.json"
    dataset = dataset_of(*examples)
    save(dataset, path)
    assert load(path) == dataset


def test_styles_that_join_later_were_silent_before() -> None:
    learnt = TWO.trained("knn")
    assert learnt.model_styles == ("a", "b", "c")
    assert learnt.mix(learnt.model.scale(np.array([0.0, 1.0]))) == pytest.approx({"a": 1, "b": 0, "c": 0}, abs=0.01)


def test_a_pose_of_another_length_is_not_taken() -> None:
    with pytest.raises(ControllerError, match=r"2 features, this pose has 3: .*forget"):
        TWO.with_example([1.0, 2.0, 3.0], {"a": 1.0})


def test_the_number_of_examples_is_limited() -> None:
    full = Dataset(("a",), ((1.0,),) * MOST_EXAMPLES, ((1.0,),) * MOST_EXAMPLES)
    with pytest.raises(ControllerError, match="forget"):
        full.with_example([1.0], {"a": 1.0})


def test_a_mix_is_reduced_to_the_styles_that_are_there() -> None:
    assert of_styles({"a": 0.5, "b": 0.25, "c": 0.25}, ["c", "b", "x"]) == {"c": 0.5, "b": 0.5, "x": 0.0}
    assert of_styles({"a": 1.0}, ["x"]) == {}
    assert of_styles({"a": 1.0}, []) == {}


def kept() -> dict[str, Any]:
    """The content of a saved file, as an object to be damaged."""
    return {
        "chorus": "gestures",
        "version": 1,
        "styles": ["a", "b"],
        "poses": [[0.0, 1.0], [1.0, 0.0]],
        "mixes": [[1.0, 0.0], [0.0, 1.0]],
        "model": {
            "styles": ["a", "b"],
            "mean": [0.5, 0.5],
            "spread": [0.5, 0.5],
            "net": {"type": "mlp", "w": [[1.0], [1.0]], "b": [0.0], "v": [[1.0, 2.0]], "c": [0.0, 0.0]},
        },
    }


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in kept().items() if k != key}


def net(**changed: Any) -> dict[str, Any]:
    model = kept()["model"]
    return kept() | {"model": model | {"net": model["net"] | changed}}


NEAR = {"type": "knn", "points": [[0.0, 1.0]], "mixes": [[1.0, 0.0]]}


def test_the_file_that_is_damaged_below_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    for whole in (kept(), without("model"), net(**NEAR)):
        path.write_text(json.dumps(whole))
        assert load(path).styles == ("a", "b")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95\x10\x00",  # a pickle
        b"null",
        b"[1,2]",
        b"{}",
        b"[" * 100_000,
        json.dumps(kept())[:-20].encode(),
        without("chorus"),
        without("mixes"),
        kept() | {"chorus": "journal"},
        kept() | {"version": 2},
        kept() | {"more": 1},
        kept() | {"poses": [[0.0, 1.0], [1.0]]},
        kept() | {"poses": [[0.0, 1.0]]},
        kept() | {"poses": [[], []]},
        kept() | {"poses": [[0.0, float("nan")], [1.0, 0.0]]},
        kept() | {"poses": [[0.0, "1"], [1.0, 0.0]]},
        kept() | {"mixes": [[1.0, 0.0], [0.0, -1.0]]},
        kept() | {"mixes": [[1.0, 0.0], [0.0, 0.0]]},
        kept() | {"mixes": [[1.0, 0.0, 1.0], [0.0, 1.0]]},
        kept() | {"poses": [[1.0]] * (MOST_EXAMPLES + 1), "mixes": [[1.0]] * (MOST_EXAMPLES + 1)},
        kept() | {"model": kept()["model"] | {"mean": [0.5]}},
        kept() | {"model": kept()["model"] | {"spread": [0.5, 0.0]}},
        kept() | {"model": kept()["model"] | {"styles": ["a"]}},
        kept() | {"model": kept()["model"] | {"styles": [], "mean": [], "spread": []}},
        net(w=[[1.0]]),
        net(w=[[1.0], [1.0, 2.0]]),
        net(b=[]),
        net(v=[[1.0, 1e20]]),
        net(c=[0.0]),
        net(type="tree"),
        net(**(NEAR | {"points": []})),
        net(**(NEAR | {"mixes": [[0.0, 0.0]]})),
        net(**(NEAR | {"points": [[0.0]]})),
    ],
    ids=str,
)
def test_a_file_that_is_not_ours_is_refused_in_one_line(content: bytes | dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ControllerError, match="--file") as error:
        load(path)
    assert "\n" not in str(error.value)


@given(st.data(), st.integers(0, 1000), st.integers(0, 255))
def test_a_damaged_file_is_a_lesson_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, at: int, value: int
) -> None:
    path = tmp_path_factory.mktemp("gestures") / "g.json"
    raw = bytearray(json.dumps(kept()).encode())
    raw[at % len(raw)] = value
    path.write_bytes(raw)
    try:
        dataset = load(path)
    except ControllerError:
        return
    if dataset.model is not None:
        assert sum(dataset.mix(dataset.model.scale(np.zeros(2))).values()) == pytest.approx(1.0)


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ControllerError, match="--file"):
        save(TWO, tmp_path / "file" / "g.json")
    with pytest.raises(ControllerError, match="--file"):
        load(tmp_path)
