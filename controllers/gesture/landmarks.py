"""The pose before a camera: the landmarks that MediaPipe finds, as a few features that mean something to a performer. Pure.

Landmarks come in image coordinates: x from 0 at the left to 1, y from 0 at the top to 1; they may lie outside. A hand has
21, in the order of MediaPipe's hand model, a face 468 or more, in that of its face mesh.
"""

import math
from collections.abc import Sequence

Landmark = tuple[float, float]  # x, y

HAND, FACE = 8, 7  # features of each

WRIST, MIDDLE_KNUCKLE = 0, 9
FINGERTIPS = (4, 8, 12, 16, 20)
HAND_LANDMARKS = 21

NOSE, CHIN, FOREHEAD = 1, 152, 10
RIGHT_EYE, LEFT_EYE = 33, 263  # their outer corners; right is the person's own
MOUTH_RIGHT, MOUTH_LEFT, UPPER_LIP, LOWER_LIP = 61, 291, 13, 14
RIGHT_BROW, LEFT_BROW = 105, 334
FACE_LANDMARKS = 468

LEAST = 1e-3  # of the picture; a smaller shape is no hand or face
FARTHEST = 10.0  # in sizes of a hand or face; anything farther off is cut


def hand_features(landmarks: Sequence[Landmark], aspect: float) -> tuple[float, ...]:
    """Position (x, y from -1 to 1, as in a mirror), size, and the distance of each fingertip from the wrist.

    `aspect` is the picture's width over its height. Empty for landmarks that are no hand.
    """
    points = _square(landmarks, aspect)
    if len(points) != HAND_LANDMARKS or not _finite(points):
        return ()
    size = _distance(points[WRIST], points[MIDDLE_KNUCKLE])
    if size < LEAST:
        return ()
    x, y = _mean([landmarks[WRIST], landmarks[MIDDLE_KNUCKLE]])
    reach = (_within(_distance(points[WRIST], points[tip]) / size) for tip in FINGERTIPS)
    return (_centred(1 - x), _centred(y), _within(size), *reach)


def face_features(landmarks: Sequence[Landmark], aspect: float) -> tuple[float, ...]:
    """Position (x, y as of a hand), turn, nod, opening and width of the mouth, height of the brows.

    Measured in distances between the eyes, except x and y. Empty for landmarks that are no face.
    """
    points = _square(landmarks, aspect)
    if len(points) < FACE_LANDMARKS or not _finite(points):
        return ()
    eyes = _mean([points[RIGHT_EYE], points[LEFT_EYE]])
    between = _distance(points[RIGHT_EYE], points[LEFT_EYE])
    tall = _distance(points[FOREHEAD], points[CHIN])
    if between < LEAST or tall < LEAST:
        return ()
    x, y = landmarks[NOSE]
    brows = _mean([points[RIGHT_BROW], points[LEFT_BROW]])
    return (
        _centred(1 - x),
        _centred(y),
        _within((eyes[0] - points[NOSE][0]) / between),
        _within((points[NOSE][1] - eyes[1]) / tall),
        _within(_distance(points[UPPER_LIP], points[LOWER_LIP]) / between),
        _within(_distance(points[MOUTH_RIGHT], points[MOUTH_LEFT]) / between),
        _within(_distance(brows, eyes) / between),
    )


def _square(landmarks: Sequence[Landmark], aspect: float) -> list[Landmark]:
    """Points in units of the picture's height, so that a circle is round."""
    return [(x * aspect, y) for x, y in landmarks]


def _finite(points: Sequence[Landmark]) -> bool:
    return all(math.isfinite(x) and math.isfinite(y) for x, y in points)


def _distance(a: Landmark, b: Landmark) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


def _mean(points: Sequence[Landmark]) -> Landmark:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _centred(value: float) -> float:
    return min(1.0, max(-1.0, 2 * value - 1))


def _within(value: float) -> float:
    return min(FARTHEST, max(-FARTHEST, value))
