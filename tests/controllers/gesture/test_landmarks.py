"""Features of a hand and a face, from any landmarks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gesture.landmarks import (
    FACE,
    FACE_LANDMARKS,
    FARTHEST,
    HAND,
    HAND_LANDMARKS,
    Landmark,
    face_features,
    hand_features,
)
from tests.support.landmarks import SQUARE, a_face, a_hand

anywhere = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))


anything = st.tuples(st.floats(), st.floats())


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


def test_nan_landmarks_are_no_hand() -> None:
    assert hand_features([(math.nan, 0.5)] * HAND_LANDMARKS, SQUARE) == ()
