"""A camera: hands and a face, found by Google's MediaPipe. An optional extra, and the outermost edge.

A thread of its own reads the camera and finds landmarks; `controllers.gesture.landmarks` makes features of them.
MediaPipe's wheel has no models: the performer brings the files.
"""

import importlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from controllers import ControllerError
from controllers.gesture.inputs import Pose, SensorPoses
from controllers.gesture.landmarks import FACE, HAND, face_features, hand_features
from controllers.sensor import Sensor

MODELS = "https://ai.google.dev/edge/mediapipe/solutions/vision"
MOST_HANDS = 2
BLACK_S = 2.0  # without a picture the camera is opened again

Sight = tuple[tuple[str, Pose], ...]  # the content of a picture: "left", "right" and "face", each with its features


class Camera(Protocol):
    """The part of OpenCV's VideoCapture that is used."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name

    def read(self) -> tuple[bool, Any]:
        """A picture (height, width, 3), blue first; waits for it."""

    def release(self) -> None: ...


class Eyes(Protocol):
    """Finds the parts of a body in pictures that come one after the other."""

    def see(self, picture: Any, now_ms: int) -> Sight: ...

    def close(self) -> None: ...


class Webcam(Sensor[Sight]):
    """The frames of one camera."""

    def __init__(self, number: int, open_camera: Callable[[int], Camera], open_eyes: Callable[[], Eyes]) -> None:
        super().__init__()
        self._number, self._open_camera, self._open_eyes = number, open_camera, open_eyes
        self.trouble = f"camera {number} has shown nothing yet"

    def _listen(self) -> None:
        camera = self._open_camera(self._number)
        try:
            if not camera.isOpened():
                raise ControllerError(
                    f"camera {self._number} cannot be opened: is it plugged in, and unused by others? (--camera)"
                )
            eyes = self._open_eyes()
            try:
                self._look(camera, eyes)
            finally:
                eyes.close()
        finally:
            camera.release()

    def _look(self, camera: Camera, eyes: Eyes) -> None:
        began = seen_at = time.monotonic()
        last_ms = -1
        while not self._closing.is_set():
            there, picture = camera.read()
            now = time.monotonic()
            if there:
                seen_at = now
                last_ms = max(last_ms + 1, int((now - began) * 1000))  # MediaPipe refuses a time that it has had
                self._take(eyes.see(picture, last_ms))
            elif now - seen_at > BLACK_S:
                raise ControllerError(f"camera {self._number} shows nothing any more: is it plugged in?")
            else:
                self._closing.wait(0.01)


def poses(number: int, hand_model: Path | None, face_model: Path | None) -> SensorPoses:
    """The poses before a camera. Raises ControllerError, in one line that says what to get and where."""
    if not hand_model and not face_model:
        raise ControllerError(
            "say what to look for with --hand-model hand_landmarker.task or --face-model face_landmarker.task; "
            f"MediaPipe's models are at {MODELS}"
        )
    for model in (hand_model, face_model):
        if model and not model.is_file():
            raise ControllerError(f"there is no model {model}: MediaPipe's are at {MODELS}")
    mediapipe, cv2 = _library("mediapipe"), _library("cv2")
    _library("mediapipe.tasks.python.vision")
    opened = MediaPipe(mediapipe, cv2, hand_model, face_model)  # a model that is none is said at once
    opened.close()
    source = Webcam(number, cv2.VideoCapture, lambda: MediaPipe(mediapipe, cv2, hand_model, face_model))
    return webcam_poses(source)


def webcam_poses(source: Sensor[Sight]) -> SensorPoses:
    """Poses of the left hand, the right, and the face, with the features of `controllers.gesture.landmarks`."""
    return SensorPoses(source, {"left": HAND, "right": HAND, "face": FACE}, lambda sight: sight)


class MediaPipe:
    """MediaPipe's landmarkers with these models."""

    def __init__(self, mediapipe: Any, cv2: Any, hand_model: Path | None, face_model: Path | None) -> None:
        """Raises ControllerError when a file is no model."""
        self._mediapipe, self._cv2 = mediapipe, cv2
        vision = mediapipe.tasks.vision
        self._hands = self._face = None
        if hand_model:
            options = vision.HandLandmarkerOptions(num_hands=MOST_HANDS, **self._usual(hand_model))
            self._hands = _opened(lambda: vision.HandLandmarker.create_from_options(options), hand_model)
        if face_model:
            options = vision.FaceLandmarkerOptions(**self._usual(face_model))
            self._face = _opened(lambda: vision.FaceLandmarker.create_from_options(options), face_model)

    def see(self, picture: Any, now_ms: int) -> Sight:
        image = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=self._cv2.cvtColor(picture, self._cv2.COLOR_BGR2RGB)
        )
        return tuple(self._parts(image, picture.shape[1] / picture.shape[0], now_ms))

    def close(self) -> None:
        for landmarker in (self._hands, self._face):
            if landmarker:
                landmarker.close()

    def _parts(self, image: Any, aspect: float, now_ms: int) -> Iterator[tuple[str, Pose]]:
        if self._hands:
            found = self._hands.detect_for_video(image, now_ms)
            for side, landmarks in zip(found.handedness, found.hand_landmarks, strict=True):
                if features := hand_features(_flat(landmarks), aspect):
                    yield str(side[0].category_name).lower(), features  # the person's own left, not the viewer's
        if self._face:
            for landmarks in self._face.detect_for_video(image, now_ms).face_landmarks:
                if features := face_features(_flat(landmarks), aspect):
                    yield "face", features

    def _usual(self, model: Path) -> dict[str, Any]:
        tasks = self._mediapipe.tasks
        return {
            "base_options": tasks.BaseOptions(model_asset_buffer=model.read_bytes()),
            "running_mode": tasks.vision.RunningMode.VIDEO,
        }


def _flat(landmarks: Any) -> list[tuple[float, float]]:
    return [(float(landmark.x), float(landmark.y)) for landmark in landmarks]


def _opened(make: Callable[[], Any], model: Path) -> Any:
    try:
        return make()
    except (OSError, RuntimeError, ValueError) as e:
        why = " ".join(str(e).split())[:120]
        raise ControllerError(f"{model} is no model of MediaPipe's landmarkers ({why}): get one at {MODELS}") from e


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as e:
        raise ControllerError(f"a camera needs MediaPipe ({e}): .venv/bin/pip install mediapipe") from e
