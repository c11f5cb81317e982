"""Landmarks of a hand and a face, as MediaPipe finds them."""

from controllers.gesture.landmarks import (
    CHIN,
    FACE_LANDMARKS,
    FINGERTIPS,
    FOREHEAD,
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
)

SQUARE = 1.0


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
