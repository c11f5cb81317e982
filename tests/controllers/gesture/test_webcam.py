"""Hands and a face before a camera: the features as they are, the camera made up, as there is none here."""

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers import ControllerError, gesture
from controllers.gesture import webcam
from controllers.gesture.landmarks import (
    CHIN,
    FACE,
    FACE_LANDMARKS,
    FARTHEST,
    FINGERTIPS,
    FOREHEAD,
    HAND,
    HAND_LANDMARKS,
    LEFT_BROW,
    LEFT_EYE,
    LOWER_LIP,
    MIDDLE_KNUCKLE,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE,
    RIGHT_BROW,
    RIGHT_EYE,
    UPPER_LIP,
    WRIST,
    Landmark,
    face_features,
    hand_features,
)
from controllers.gesture.webcam import Sight, Webcam, webcam_poses
from tests.support.running import free_port

SQUARE = 1.0
anywhere = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))
anything = st.tuples(st.floats(), st.floats())


def a_hand(x: float = 0.5, y: float = 0.5, size: float = 0.2, reach: float = 2.0) -> list[Landmark]:
    """Wrist below, the knuckle above it, all fingertips `reach` sizes above the wrist; x, y halfway to the knuckle."""
    points = [(x, y)] * HAND_LANDMARKS
    points[WRIST], points[MIDDLE_KNUCKLE] = (x, y + size / 2), (x, y - size / 2)
    for tip in FINGERTIPS:
        points[tip] = (x, y + size / 2 - reach * size)
    return points


def a_face(mouth: float = 0.0, turn: float = 0.0) -> list[Landmark]:
    points = [(0.5, 0.5)] * FACE_LANDMARKS
    points[RIGHT_EYE], points[LEFT_EYE] = (0.4, 0.4), (0.6, 0.4)
    points[RIGHT_BROW], points[LEFT_BROW] = (0.4, 0.35), (0.6, 0.35)
    points[MOUTH_RIGHT], points[MOUTH_LEFT] = (0.45, 0.6), (0.55, 0.6)
    points[UPPER_LIP], points[LOWER_LIP] = (0.5, 0.6), (0.5, 0.6 + mouth)
    points[FOREHEAD], points[CHIN], points[NOSE] = (0.5, 0.25), (0.5, 0.75), (0.5 + turn, 0.5)
    return points


def test_a_hand_is_where_a_mirror_shows_it_and_as_open_as_its_fingers() -> None:
    x, y, size, *reach = hand_features(a_hand(x=0.25, y=0.75), SQUARE)
    assert (x, y, size) == pytest.approx((0.5, 0.5, 0.2))
    assert reach == pytest.approx([2.0] * 5)
    fist = hand_features(a_hand(reach=0.9), SQUARE)
    assert fist[3:] == pytest.approx([0.9] * 5)


@given(st.floats(0.2, 0.8), st.floats(0.2, 0.8), st.floats(0.05, 0.4), st.floats(0.5, 3.0), st.floats(0.5, 2.0))
def test_fingers_are_the_same_wherever_a_hand_is_and_however_near(
    x: float, y: float, size: float, reach: float, aspect: float
) -> None:
    assert hand_features(a_hand(x, y, size, reach), aspect)[3:] == pytest.approx([reach] * 5)


def test_a_face_turns_nods_and_speaks() -> None:
    still = face_features(a_face(), SQUARE)
    assert len(still) == FACE
    assert still == pytest.approx((0.0, 0.0, 0.0, 0.2, 0.0, 0.5, 0.25))
    speaking = face_features(a_face(mouth=0.1), SQUARE)
    assert [k for k in range(FACE) if speaking[k] != pytest.approx(still[k])] == [4]
    assert face_features(a_face(turn=0.05), SQUARE)[2] == pytest.approx(-0.25)


@given(st.lists(anywhere | anything, min_size=HAND_LANDMARKS, max_size=HAND_LANDMARKS))
def test_whatever_the_landmarks_a_hand_is_eight_plain_numbers_or_none(points: list[Landmark]) -> None:
    features = hand_features(points, 16 / 9)
    assert len(features) in (0, HAND)
    assert all(abs(feature) <= FARTHEST for feature in features)


@given(st.lists(anywhere | anything, min_size=30, max_size=30))
def test_whatever_the_landmarks_a_face_is_seven_plain_numbers_or_none(points: list[Landmark]) -> None:
    features = face_features((points * (FACE_LANDMARKS // 30 + 1))[:FACE_LANDMARKS], 16 / 9)
    assert len(features) in (0, FACE)
    assert all(abs(feature) <= FARTHEST for feature in features)


@pytest.mark.parametrize("count", [0, 1, HAND_LANDMARKS - 1, HAND_LANDMARKS + 1])
def test_too_few_landmarks_are_no_hand_and_no_face(count: int) -> None:
    assert hand_features([(0.5, 0.5)] * count, SQUARE) == ()
    assert face_features([(0.5, 0.5)] * count, SQUARE) == ()


class Film:
    """A camera that shows pictures that are names."""

    def __init__(self, *pictures: str, opened: bool = True) -> None:
        self.pictures, self.opened, self.released = list(pictures), opened, False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.001)
        return (True, self.pictures.pop(0)) if self.pictures else (False, None)

    def release(self) -> None:
        self.released = True


class Looker:
    """Sees a left hand in every picture, as far open as the picture's name is long."""

    def __init__(self) -> None:
        self.times: list[int] = []

    def see(self, picture: str, now_ms: int) -> Sight:
        self.times.append(now_ms)
        return Sight((("left", hand_features(a_hand(reach=len(picture)), SQUARE)),))

    def close(self) -> None: ...


def wait(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_picture_becomes_a_pose_in_which_missing_parts_are_zeros() -> None:
    film, looker = Film("a", "bb", "ccc"), Looker()
    poses = webcam_poses(Webcam(0, lambda _: film, lambda: looker))
    assert "has shown nothing yet" in poses.trouble
    wait(lambda: len(looker.times) == 3)
    pose = poses.pose(1.0)
    assert len(pose) == 2 * HAND + FACE
    assert pose[3:HAND] == pytest.approx([3.0] * 5)
    assert not any(pose[HAND:])
    assert poses.trouble == ""
    assert poses.pose(2.0) == ()
    assert looker.times == sorted(set(looker.times)), "MediaPipe takes no time twice"
    poses.close()
    assert film.released


def test_a_camera_that_comes_later_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    films = [Film(opened=False), Film("a")]
    poses = webcam_poses(Webcam(3, lambda _: films.pop(0), Looker))
    wait(lambda: "camera 3 cannot be opened" in poses.trouble)
    wait(lambda: poses.pose(0.0))
    assert poses.trouble == ""
    poses.close()


def test_a_camera_that_goes_black_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam, "BLACK_S", 0.05)
    films = [Film(), Film(*"abcdefgh")]
    first = films[0]
    poses = webcam_poses(Webcam(0, lambda _: films.pop(0), Looker))
    wait(lambda: poses.pose(0.0))
    assert first.released
    poses.close()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ((), "say what to look for with --hand-model"),
        (("--hand-model", "none.task"), "there is no model none.task"),
    ],
)
def test_a_missing_part_of_a_camera_is_an_error_in_one_line(flags: tuple[str, ...], says: str, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    gesture.add_arguments(parser)
    args = parser.parse_args(
        ["--source", "webcam", "--port", str(free_port()), "--file", str(tmp_path / "g.json"), *flags]
    )
    with pytest.raises(ControllerError, match=says):
        gesture.make(args)


def test_an_invalid_model_or_a_missing_library_is_an_error_in_one_line(tmp_path: Path) -> None:
    model = tmp_path / "hand_landmarker.task"
    model.write_bytes(b"none")
    with pytest.raises(ControllerError, match=r"no model of MediaPipe|a camera needs MediaPipe"):
        webcam.poses(0, model, None)


def test_nan_landmarks_are_no_hand() -> None:
    assert hand_features([(math.nan, 0.5)] * HAND_LANDMARKS, SQUARE) == ()
