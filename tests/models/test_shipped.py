"""The styles that come with Chorus: dozens, small, in the gallery, and each recognised by what it writes."""

import numpy as np
import pytest

from models import evaluation, kinship, package
from models.engines import on_cpu
from models.package import SHIPPED, Style
from tests.conftest import refuse

STYLES: list[Style] = list(package.installed([SHIPPED], refuse).values())


def test_there_are_dozens_and_all_of_them_together_are_small() -> None:
    sizes = [style.weights_path.stat().st_size for style in STYLES]
    assert len(STYLES) >= 32
    assert max(sizes) <= 6e6
    assert sum(sizes) <= 90e6


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.slug)
def test_a_card_says_what_the_style_was_made_of_and_how_good_it_is(style: Style) -> None:
    assert {"works", "licence", "characters", "sha256"} <= style.corpus.keys()
    assert {"epochs", "minutes", "machine"} <= style.training.keys()
    assert 0.5 < style.heldout_nats < 3
    assert style.folder.name == style.slug
    assert (style.folder / "curve.png").stat().st_size > 1000


def test_the_gallery_shows_every_style_with_its_figure() -> None:
    gallery = (SHIPPED.parent / "STYLES.md").read_text()
    for style in STYLES:
        assert f"[{style.title}](#{style.slug}) | {style.architecture} |" in gallery
        assert f"| {style.heldout_nats:.3f} |" in gallery


def test_the_kinship_has_every_style() -> None:
    assert sorted(kinship.read(SHIPPED)) == sorted(style.slug for style in STYLES)


@pytest.mark.slow
def test_the_author_is_the_best_scorer_of_what_it_wrote() -> None:
    engines = [on_cpu(style) for style in STYLES]
    texts = np.concatenate([evaluation.write(engine, 800, (1.0,), seed=k) for k, engine in enumerate(engines)])
    scores = np.stack([evaluation.windows(evaluation.score(engine, texts)) for engine in engines])
    assert evaluation.Confusion.of(scores).right >= 0.95
