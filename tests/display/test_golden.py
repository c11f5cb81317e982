"""Golden pictures: every view, at three sizes, with 2, 8 and 24 styles, with code, verse and TeX, as somebody looked at it.

A picture is compared as the eye would: block by block, with a little tolerance. When a view is meant to look otherwise,
look at the new pictures, and keep them:

    CHORUS_GOLDEN=write make test ARGS=tests/display/test_golden.py
"""

import os
from pathlib import Path

import numpy as np
import pygame
import pytest

from display import views
from tests.support.scenes import TEXTS, scene

GOLDEN = Path(__file__).parent / "golden"
SIZES = (800, 600), (1280, 800), (1920, 1080)
STYLES = 2, 8, 24
BLOCK = 8  # pixels
MEAN, WORST = 0.6, 14.0  # differences of 255 that nobody sees


def drawn(view: str, size: tuple[int, int], styles: int, text: str, plain: bool = False) -> pygame.Surface:
    """The picture of a second in which nothing happens."""
    pygame.font.init()
    shown, made, surface = scene(styles, styles, TEXTS[text] * 4), views.make(view, size), pygame.Surface(size)
    shown.plain = plain
    for _ in range(60):
        shown.now += 1 / 60
        made.draw(surface, shown)
    return surface


def blocks(surface: pygame.Surface) -> np.ndarray:
    """Mean colours of blocks: (columns, rows, 3)."""
    pixels = pygame.surfarray.array3d(surface).astype(float)
    wide, high = (side // BLOCK * BLOCK for side in pixels.shape[:2])
    cut: np.ndarray = pixels[:wide, :high].reshape(wide // BLOCK, BLOCK, high // BLOCK, BLOCK, 3)
    means: np.ndarray = cut.mean(axis=(1, 3))
    return means


def compare(name: str, surface: pygame.Surface, scratch: Path) -> None:
    file = GOLDEN / f"{name}.png"
    if os.environ.get("CHORUS_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        pygame.image.save(surface, str(file))
    seen, kept = blocks(surface), blocks(pygame.image.load(str(file)))
    assert seen.shape == kept.shape
    off = np.abs(seen - kept).max(axis=2)
    if off.mean() > MEAN or off.max() > WORST:
        pygame.image.save(surface, str(scratch / f"{name}.png"))
        x, y = (BLOCK * int(k) for k in np.unravel_index(off.argmax(), off.shape))
        pytest.fail(f"{scratch / name}.png is not {file}: by {off.mean():.2f}, at {x},{y} by {off.max():.0f}")


@pytest.mark.parametrize("view", list(views.VIEWS))
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}")
@pytest.mark.parametrize("styles", STYLES)
def test_every_view_looks_like_its_golden_picture(
    view: str, size: tuple[int, int], styles: int, tmp_path: Path
) -> None:
    text = list(TEXTS)[(SIZES.index(size) + STYLES.index(styles)) % len(TEXTS)]
    compare(f"{view}-{size[0]}-{styles}-{text}", drawn(view, size, styles, text), tmp_path)


def test_the_papers_figure_looks_like_its_golden_picture(tmp_path: Path) -> None:
    compare("performer-1280-8-verse-plain", drawn("performer", (1280, 800), 8, "verse", plain=True), tmp_path)


def test_another_picture_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHORUS_GOLDEN", raising=False)
    surface = drawn("audience", (800, 600), 2, "code")
    pygame.draw.rect(surface, (120, 120, 120), (300, 200, 24, 24))
    with pytest.raises(pytest.fail.Exception, match=r"at 3\d\d,2\d\d by"):
        compare("audience-800-2-code", surface, tmp_path)
    assert (tmp_path / "audience-800-2-code.png").exists()
