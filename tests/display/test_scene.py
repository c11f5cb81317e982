"""The scene: shares of the weights, and styles that are avoided."""

import pytest

from display.scene import Scene, StyleView


def test_shares_are_of_all_weights_above_zero() -> None:
    styles = [StyleView(title, (1, 2, 3), weight=weight) for title, weight in (("A", 3.0), ("B", 1.0), ("C", -2.0))]
    assert Scene(styles, []).weights == pytest.approx([0.75, 0.25, 0.5])
    assert Scene([StyleView("A", (1, 2, 3))], []).weights == [0.0]


def test_an_avoided_style_has_a_minus() -> None:
    assert StyleView("Kant", (1, 2, 3), weight=-1.0).signed == "\u2212Kant"
    assert StyleView("Kant", (1, 2, 3), weight=1.0).signed == "Kant"


def test_the_papers_look_has_no_tints() -> None:
    scene = Scene([], [], tinted=True, plain=True)
    assert not scene.to_read().tinted
