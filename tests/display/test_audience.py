"""The audience's view, and its code for the page."""

import subprocess
from pathlib import Path

import numpy as np
import pygame
import pytest

from display.audience import Audience, code
from tests.conftest import tool
from tests.support.scenes import scene

PAGE = "http://192.168.1.20:8080/"


@pytest.mark.parametrize("pixels", [100, 216, 432])
def test_the_code_leads_to_the_page(pixels: int, tmp_path: Path) -> None:
    """Read by a program that is not ours, as it stands on the screen."""
    pygame.font.init()
    image = code(PAGE, pixels)
    screen = pygame.Surface((pixels * 3, pixels * 2))
    screen.fill((11, 12, 16))
    screen.blit(image, (pixels, pixels // 2))
    pygame.image.save(screen, str(tmp_path / "code.png"))
    read = subprocess.run([tool("zbarimg"), "--raw", "-q", str(tmp_path / "code.png")], capture_output=True, text=True)
    assert read.stdout.strip() == PAGE


def test_the_code_is_there_only_while_visitors_are_admitted() -> None:
    pygame.font.init()
    shown, surface = scene(3, 3), pygame.Surface((1280, 800))
    pictures = []
    for shown.admitted in (0.3, 0.0):
        Audience((1280, 800)).draw(surface, shown)
        pictures.append(pygame.surfarray.array3d(surface).copy())
    light = [(picture[1000:, :300] > 170).all(axis=2).sum() for picture in pictures]
    assert light[0] > 5000 > light[1]


@pytest.mark.parametrize("size", [(320, 240), (640, 400), (1080, 1920), (3840, 2160)])
def test_every_size_can_be_drawn(size: tuple[int, int]) -> None:
    pygame.font.init()
    surface = pygame.Surface(size)
    Audience(size).draw(surface, scene(2, 2))
    assert np.asarray(pygame.surfarray.array3d(surface)).max() > 100
