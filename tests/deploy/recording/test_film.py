"""Films of performances."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pygame
import pytest

from actors.wire.messages import Card, Snapshot
from deploy import UsageError
from deploy.recording import film
from tests.actors.wire.test_messages import frame
from tests.conftest import tool

SIZE = (320, 240)
CARDS = [Card("x", "X", "#88aaff"), Card("y", "Y", "#ffaa88")]


def told(letters: int) -> list[film.Timed]:
    """A letter every tenth of a second, from the third second on."""
    empty = Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=["x", "y"], cards=CARDS, ended=False)
    said = [
        (3 + k / 10, frame(t=1 + k, chars=b"abcd"[k % 4 : k % 4 + 1], voices=bytes([9, 1]))) for k in range(letters)
    ]
    return [(3.0, empty), *said]


def test_the_same_performance_gives_the_same_pictures_one_every_sixtieth_of_a_second() -> None:
    films = []
    for _ in range(2):
        shown = [(at, pygame.surfarray.array2d(s).copy()) for at, s in film.pictures(told(5), CARDS, "audience", SIZE)]
        films.append(shown)
    assert len(films[0]) == len(films[1])
    assert all(a == b and np.array_equal(p, q) for (a, p), (b, q) in zip(*films, strict=True))
    assert films[0][0][0] == 0
    assert films[0][-1][0] == pytest.approx(0.4 + film.AFTERGLOW_S, abs=1 / film.FPS)
    assert [round(at * film.FPS) for at, _ in films[0]] == list(range(len(films[0])))
    assert not np.array_equal(films[0][0][1], films[0][-1][1])


def test_a_film_ends_where_it_is_told_to_and_of_nothing_there_is_none() -> None:
    assert list(film.pictures([], CARDS, "audience", SIZE)) == []
    *_, (last, _) = film.pictures(told(50), CARDS, "audience", SIZE, until_s=4.0)
    assert last == pytest.approx(1.0, abs=1 / film.FPS)


def test_what_came_before_a_film_begins_is_on_its_first_picture() -> None:
    _, first = next(film.pictures(told(40), CARDS, "audience", SIZE, since_s=6.0))
    earlier = pygame.surfarray.array3d(first)
    _, nothing = next(film.pictures(told(40), CARDS, "audience", SIZE))
    assert (earlier > 100).sum() > 2 * (pygame.surfarray.array3d(nothing) > 100).sum()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", list(film.CODECS))
def test_a_film_has_the_length_and_the_size_it_was_shot_with(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"evening{suffix}"
    seconds = list(film.write(film.pictures(told(5), CARDS, "performer", SIZE, until_s=3.5), file, SIZE))
    probed = subprocess.run(
        [tool("ffprobe"), "-v", "error", "-show_streams", "-show_format", "-of", "json", str(file)],
        capture_output=True,
        check=True,
    )
    found = json.loads(probed.stdout)
    assert (found["streams"][0]["width"], found["streams"][0]["height"]) == SIZE
    assert float(found["format"]["duration"]) == pytest.approx(len(seconds) / film.FPS, abs=0.05)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_film_that_cannot_be_made_is_an_error_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("ffmpeg")
    for file, size, said in (
        (tmp_path / "a.avi", SIZE, "none of .mp4"),
        (tmp_path / "a.mp4", (321, 240), "even"),
        (tmp_path / "nowhere" / "a.mp4", SIZE, "no folder"),
    ):
        with pytest.raises(UsageError, match=said):
            film.check(file, size)
    film.check(tmp_path / "a.mp4", SIZE)
    (tmp_path / "a.mp4").mkdir()  # nothing can be written there
    with pytest.raises((UsageError, OSError)):
        list(film.write(film.pictures(told(1), CARDS, "audience", SIZE, until_s=3.1), tmp_path / "a.mp4", SIZE))
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt install ffmpeg"):
        film.check(tmp_path / "b.mp4", SIZE)


def test_a_film_that_is_broken_off_leaves_nothing_behind(tmp_path: Path) -> None:
    tool("ffmpeg")
    shooting = film.write(film.pictures(told(50), CARDS, "audience", SIZE), tmp_path / "a.mp4", SIZE)
    next(shooting)
    shooting.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_ffmpegs_own_complaint_reaches_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool("ffmpeg")
    monkeypatch.setitem(film.CODECS, ".mp4", ("-c:v", "no-such-codec"))
    with pytest.raises(UsageError, match=r"no-such-codec|Unknown encoder"):
        list(film.write(film.pictures(told(50), CARDS, "audience", SIZE), tmp_path / "a.mp4", SIZE))
    assert list(tmp_path.iterdir()) == []
