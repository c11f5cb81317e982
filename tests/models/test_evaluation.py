from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import evaluation, package
from models.alphabet import decode, encode
from models.engines.graph import build
from models.engines.onnx_engine import OnnxEngine
from models.package import Style
from tests.conftest import refuse

TEXT = st.text("abc d'\n", max_size=60)


@pytest.fixture(scope="module")
def engine(styles: list[Style]) -> OnnxEngine:
    return OnnxEngine(build(styles[0].architecture, styles[0].weights()))


@pytest.fixture(scope="module")
def styles(styles_folder: Path) -> list[Style]:
    return list(package.installed([styles_folder], refuse).values())


def test_a_text_has_the_same_score_alone_and_among_others(engine: OnnxEngine) -> None:
    texts = np.random.default_rng(0).integers(32, 127, (5, 60)).astype(np.uint8)
    together = evaluation.score(engine, texts)
    for text, nats in zip(texts, together, strict=True):
        assert evaluation.score(engine, text[None])[0] == pytest.approx(nats)


def test_a_score_is_what_plain_stepping_gives(engine: OnnxEngine) -> None:
    text = encode("the sea")
    engine.reset()
    nats = []
    for before, char in zip([10, *text.tolist()], text.tolist(), strict=False):
        nats.append(-np.log(engine.step((0,), (before,))[0, char]))
    assert evaluation.score(engine, text[None])[0] == pytest.approx(np.array(nats), rel=1e-5)


def test_colder_writing_is_surer_and_the_same_seed_writes_the_same(engine: OnnxEngine) -> None:
    texts = evaluation.write(engine, 800, (1.0, 0.3), seed=3)
    assert texts.shape == (2, 800)
    assert (texts == evaluation.write(engine, 800, (1.0, 0.3), seed=3)).all()
    assert (texts != evaluation.write(engine, 800, (1.0, 0.3), seed=4)).any()
    usual, cold = evaluation.score(engine, texts).mean(axis=1)
    assert cold < usual - 0.2


def test_every_style_recognises_what_it_wrote_itself(styles: list[Style]) -> None:
    engines = [OnnxEngine(build(style.architecture, style.weights())) for style in styles]
    texts = np.concatenate([evaluation.write(engine, 800, (1.0,), seed=k) for k, engine in enumerate(engines)])
    scores = np.stack([evaluation.windows(evaluation.score(engine, texts)) for engine in engines])
    assert scores.shape == (4, 4, 2)
    confusion = evaluation.Confusion.of(scores)
    assert confusion.right == 1.0
    assert (confusion.table == np.eye(4)).all()


def test_a_confusion_names_who_was_taken_for_whom() -> None:
    scores = np.full((2, 2, 4), 2.0, np.float32)
    scores[0, 0, :3] = 1  # author 0 recognised in three windows of four
    scores[1, 0, 3] = 1
    scores[0, 1, :] = 1  # author 1 never
    confusion = evaluation.Confusion.of(scores)
    assert confusion.table.tolist() == [[0.75, 0.25], [1.0, 0.0]]
    assert confusion.right == 3 / 8


def test_only_whole_windows_count() -> None:
    nats = np.arange(900, dtype=np.float32)[None]
    assert evaluation.windows(nats).tolist() == [[199.5, 599.5]]


def test_words_are_letters_with_apostrophes_inside() -> None:
    assert evaluation.words("'Tis the King's, 2nd 'hour'!") == ["tis", "the", "king's", "nd", "hour"]


def test_the_share_of_known_words() -> None:
    assert evaluation.known_share("The sea sings zqx. ", {"the", "sea", "sings"}) == 0.75
    assert evaluation.known_share("the sea si", {"the", "sea"}) == 1.0  # cut off by the end
    assert evaluation.known_share("{} 12", set()) == 1.0


@given(TEXT, TEXT)
def test_the_longest_copy_is_in_both_and_nothing_longer_is(text: str, corpus: str) -> None:
    copy = evaluation.longest_copy(text, corpus)
    assert copy in text
    assert copy in corpus
    longer = len(copy) + 1
    assert not any(text[at : at + longer] in corpus for at in range(len(text) - len(copy)))


def test_a_text_copied_from_its_corpus_is_found_out() -> None:
    corpus = decode(np.random.default_rng(0).integers(97, 123, 5000).astype(np.uint8))
    assert evaluation.longest_copy("x." + corpus[1000:1070] + ".y", corpus) == corpus[1000:1070]
