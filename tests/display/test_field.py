"""The field on the screen: pixels and points, the style under the pointer, names that stay on it."""

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display import field
from display.field import Mark, Plane

PLANE = Plane(pygame.Rect(100, 50, 400, 600))
points = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


@given(points)
def test_a_point_is_found_again_at_its_pixel(point: tuple[float, float]) -> None:
    assert PLANE.to_field(PLANE.to_screen(point)) == pytest.approx(point, abs=2 / 400)


def test_a_pixel_beyond_the_field_is_at_its_edge() -> None:
    assert PLANE.to_field((0, 10_000)) == (-1.0, 1.0)


def test_the_nearest_style_is_under_the_pointer_if_it_is_near() -> None:
    styles = [(-0.5, 0.0), (0.5, 0.0)]
    assert PLANE.nearest(PLANE.to_screen((0.45, 0.1)), styles) == 1
    assert PLANE.nearest(PLANE.to_screen((0.0, 0.9)), styles) is None
    assert PLANE.nearest((300, 300), []) is None


def test_styles_glide_as_far_in_a_second_whatever_the_pictures_a_second() -> None:
    once = field.glide([(0.0, 0.0)], [(1.0, 1.0)], 6.0)
    twice = field.glide(field.glide([(0.0, 0.0)], [(1.0, 1.0)], 3.0), [(1.0, 1.0)], 3.0)
    assert once[0] == pytest.approx(twice[0])


def test_names_stay_within_the_field() -> None:
    pygame.font.init()
    corners = [(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)]
    marks = [Mark("Shakespeare", (200, 90, 90), at, 0.25, True, "ready", False) for at in corners]
    for image, (x, _) in field._names(PLANE, marks, 0.25, 14):
        assert PLANE.area.left <= x <= PLANE.area.right - image.get_width()
