"""From messages to scenes."""

import numpy as np
import pygame

from display import views
from display.presenter import Presenter
from tests.support.scenes import TEXTS, cards, heard


def test_the_same_messages_at_the_same_times_give_the_same_pictures() -> None:
    pygame.font.init()
    pictures = []
    for _ in range(2):
        presenter, view = Presenter(heard(8, TEXTS["code"], 4), cards(8)), views.make("performer", (640, 400))
        surface = pygame.Surface((640, 400))
        for k in range(30):
            view.draw(surface, presenter.scene(5 + k / 60))
        pictures.append(pygame.surfarray.array3d(surface))
    assert np.array_equal(pictures[0], pictures[1])


def test_a_bar_glides_as_far_in_a_second_whatever_the_pictures_a_second() -> None:
    found = []
    for fps in (20, 60):
        performance = heard(3, TEXTS["verse"], 2)
        presenter = Presenter(performance, cards(3))
        presenter.scene(10.0)
        presenter._smooth_pi = np.zeros(3)
        for k in range(fps // 10):
            scene = presenter.scene(10 + (k + 1) / fps)
        found.append([style.weight for style in scene.styles])
    assert np.allclose(found[0], found[1], atol=1e-6)
    assert 0 < found[0][1] < found[0][0] < 1


def test_events_are_remembered_with_their_times() -> None:
    performance = heard(2, b"text", 2)
    presenter = Presenter(performance, cards(2))
    presenter.scene(1.0)
    assert performance.health is not None
    for k, event in enumerate(("Ada joins", "Ada joins", "Bede has left")):
        performance.health = type(performance.health)(
            **{name: getattr(performance.health, name) for name in performance.health.__struct_fields__}
            | {"event": event, "event_at": 1 + k // 2}
        )
        scene = presenter.scene(2.0 + k)
    assert list(scene.events) == [(2.0, "Ada joins"), (4.0, "Bede has left")]


def test_the_own_hand_is_not_among_the_other_hands() -> None:
    presenter = Presenter(heard(2, b"text", 2), cards(2))
    assert [hand[0] for hand in presenter.scene(1.0).hands] == ["leap"]
    assert presenter.scene(1.1, own_hand="leap").hands == []
