from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from models import ModelsError, package
from models.architecture import Architecture
from tests.conftest import random_style


def test_a_package_says_after_loading_what_was_saved(tmp_path: Path) -> None:
    style = random_style(tmp_path, "alpha", "2x32")
    again = package.load(tmp_path / "alpha")
    assert (again.slug, again.title, again.architecture) == ("alpha", "Alpha", Architecture(2, 32))
    assert again.weights().keys() == style.weights().keys()
    assert again.content_hash() == style.content_hash()


def test_a_package_can_be_moved(tmp_path: Path) -> None:
    random_style(tmp_path / "here", "alpha").folder.rename(tmp_path / "elsewhere")
    assert package.load(tmp_path / "elsewhere").weights()


def test_quantised_rows_are_within_half_a_step() -> None:
    w = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    table = package.quantise({"w": w})
    error = np.abs(table["w"] * table["w.scale"][:, None] - w)
    assert (error <= table["w.scale"][:, None] / 2 + 1e-7).all()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda f: (f / "weights.safetensors").write_bytes(b"not tensors"), "damaged"),
        (lambda f: (f / "weights.safetensors").write_bytes((f / "weights.safetensors").read_bytes()[:999]), "damaged"),
        (lambda f: (f / "weights.safetensors").unlink(), "no weights"),
        (lambda f: save_file({"w": np.zeros(3, np.float32)}, f / "weights.safetensors"), "no Chorus style"),
        (lambda f: _change(f, "layer0.bias", lambda a: a * np.float32("nan")), "NaN"),
        (lambda f: _change(f, "layer0.bias", lambda a: a[:-1]), "layer0.bias"),
    ],
)
def test_broken_weights_are_refused_in_one_line(tmp_path: Path, break_it: object, said: str) -> None:
    style = random_style(tmp_path, "alpha")
    assert callable(break_it)
    break_it(style.folder)
    with pytest.raises(ModelsError, match=said) as error:
        package.load(style.folder).weights()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('slug = "alpha"', 'slug = "../alpha"', "slug"),
        ('colour = "#88aaff"', 'colour = "blue"', "colour"),
        ("format = 1", "format = 99", "format 99"),
        ("hidden = 64", "hidden = 0", "no architecture"),
        ('slug = "alpha"', "", "slug"),
        ('title = "Alpha"', 'title = "Al\\u0000pha"', "printable"),
        ("format = 1", "format = = 1", "cannot be read"),
    ],
)
def test_a_broken_card_is_refused_in_one_line(tmp_path: Path, line: str, instead: str, said: str) -> None:
    card = random_style(tmp_path, "alpha").folder / "style.toml"
    card.write_text(card.read_text().replace(line, instead))
    with pytest.raises(ModelsError, match=said) as error:
        package.load(card.parent)
    assert len(str(error.value).splitlines()) <= 2


def test_the_first_of_two_roots_wins(tmp_path: Path) -> None:
    complaints: list[ModelsError] = []
    random_style(tmp_path / "mine", "alpha", "1x32")
    random_style(tmp_path / "theirs", "alpha", "1x64")
    styles = package.installed([tmp_path / "mine", tmp_path / "nowhere", tmp_path / "theirs"], complaints.append)
    assert [str(s.architecture) for s in styles.values()] == ["1x32"]
    assert complaints == []


def test_a_broken_package_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    complaints: list[ModelsError] = []
    random_style(tmp_path, "alpha")
    (random_style(tmp_path, "beta").folder / "style.toml").write_text("figures = [1]")
    assert list(package.installed([tmp_path], complaints.append)) == ["alpha"]
    assert len(complaints) == 1
    assert "beta" in str(complaints[0])


@pytest.mark.parametrize("text", ["", "3x", "x512", "9x512", "2x4", "2 x 512", "2x99999"])
def test_what_is_no_architecture_is_refused(text: str) -> None:
    with pytest.raises(ModelsError, match="no architecture"):
        Architecture.parse(text)


def test_the_parameters_are_those_of_the_arrays() -> None:
    net = Architecture.parse("3x48")
    arrays = package.random_weights(net)
    assert net.parameters == sum(a.size for name, a in arrays.items() if not name.endswith(".scale"))


def _change(folder: Path, name: str, change: object) -> None:
    weights = load_file(folder / "weights.safetensors")
    assert callable(change)
    weights[name] = np.ascontiguousarray(change(weights[name]))
    save_file(weights, folder / "weights.safetensors")
