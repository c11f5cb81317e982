"""A camera made up here: it comes late, goes black, and shows parts of a body."""

import argparse
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controllers import ControllerError, gesture
from controllers.gesture import webcam
from controllers.gesture.landmarks import (
    FACE,
    HAND,
    hand_features,
)
from controllers.gesture.webcam import Sight, Webcam, webcam_poses
from tests.support.landmarks import SQUARE, a_hand
from tests.support.running import free_port


class Film:
    """A camera that shows pictures that are names."""

    def __init__(self, *pictures: str, opened: bool = True) -> None:
        self.pictures, self.opened, self.released = list(pictures), opened, False
        self.rolling = threading.Event()
        self.rolling.set()

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def read(self) -> tuple[bool, Any]:
        self.rolling.wait(10.0)
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
        return (("left", hand_features(a_hand(reach=len(picture)), SQUARE)),)

    def close(self) -> None: ...


def wait(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_picture_becomes_a_pose_in_which_missing_parts_are_zeros() -> None:
    film, looker = Film("a", "bb", "ccc"), Looker()
    film.rolling.clear()
    poses = webcam_poses(Webcam(0, lambda _: film, lambda: looker))
    assert "has shown nothing yet" in poses.trouble
    film.rolling.set()
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
