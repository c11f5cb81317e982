"""The configuration of a performance: flags, then the file, then the environment, then defaults."""

import argparse
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from actors.wire import parameters
from actors.wire.parameters import TEMPERATURE, MixSettings
from deploy import UsageError, cli, paths
from deploy.options import play
from deploy.options.play import PlayConfig
from deploy.options.windows import Shown


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file would be."""
    monkeypatch.setattr(paths, "PLAY_CONFIG", tmp_path / "chorus.toml")
    return tmp_path / "chorus.toml"


def read(*flags: str, environ: Mapping[str, str] | None = None) -> PlayConfig:
    return play.read(vars(cli.parser().parse_args(["play", *flags])), environ or {})[0]


def test_without_a_word_everything_has_its_default() -> None:
    assert read() == PlayConfig()


def test_flags_win_over_the_file_and_the_file_over_the_environment(file: Path) -> None:
    environ = {"CHORUS_RATE": "1", "CHORUS_CHARS": "2", "CHORUS_OSC_PORT": "3", "CHORUS_SEED": ""}
    file.write_text("rate = 10\nchars = 20\n")
    config = read("--rate", "100", environ=environ)
    assert (config.rate, config.chars, config.osc_port, config.seed) == (100, 20, 3, None)


def test_a_switch_of_the_file_is_taken_back_by_a_flag(file: Path) -> None:
    file.write_text("fullscreen = true\nheadless = true\n")
    config = read("--no-fullscreen", environ={"CHORUS_NO_MONOLITH": "yes"})
    assert (config.fullscreen, config.headless, config.no_monolith) == (False, True, True)


def test_the_file_says_what_the_flags_say(file: Path) -> None:
    file.write_text("""
        mix = { shakespeare = 0.6, linux-c = 0.4 }
        only = ["shakespeare", "linux-c"]
        view = ["performer", "audience@2"]
        size = "1920x1080"
        rate = "max"
        pooling = "hand-over"
        temperature = 0.7
        lookahead = "8x4"
        boldness = 1
        control = ["midi --port 'nano kontrol'"]
        osc-allow = ["10.0.0.0/24", "10.1.0.0/24"]
        page = "0.0.0.0:8080"
        release = inf
        """)
    flags = "--mix shakespeare=0.6,linux-c=0.4 --only shakespeare,linux-c --view performer --view audience@2 --rate max"
    flags += " --size 1920x1080 --pooling hand-over --temperature 0.7 --lookahead 8x4 --boldness 1 --release inf"
    flags += " --osc-allow 10.0.0.0/24,10.1.0.0/24 --page 0.0.0.0:8080"
    config = read()
    assert config.settings == MixSettings("hand-over", temperature=0.7)
    assert (config.lookahead.width, config.lookahead.boldness, config.rate) == (8, 1.0, math.inf)
    assert config.view == [Shown("performer"), Shown("audience", 2)]
    file.unlink()
    assert read(*flags.split(), "--control", "midi --port 'nano kontrol'") == config


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rat = 1", "there is no setting 'rat'; did you mean rate?"),
        ("rate = -1", "rate: rate is 0, or 0.01 or more"),
        ("osc-port = 'x'", "osc-port: 'x' is not a whole number"),
        ("fullscreen = 'perhaps'", "fullscreen: 'perhaps' is neither true nor false"),
        ("mix = 'a=b'", "mix: 'a=b' is not STYLE=WEIGHT"),
        ("pooling = 'loud'", "pooling: pooling is linear, log-linear or hand-over"),
        ("rate = ", "cannot be read"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_line_with_file_and_key(text: str, said: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read()
    assert str(error.value).startswith(str(file))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_wrong_in_the_environment_names_the_variable() -> None:
    with pytest.raises(UsageError, match=r"CHORUS_TOP_P: top_p is 0.05 to 1"):
        read(environ={"CHORUS_TOP_P": "7"})


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"other.toml cannot be read"):
        read("--config", str(tmp_path / "other.toml"))
    (tmp_path / "other.toml").write_text("chars = 5")
    assert read("--config", str(tmp_path / "other.toml")).chars == 5


def test_the_configuration_that_is_shown_is_the_file_that_says_the_same(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--mix", "a=0.1,b", "--rate", "max", "--lookahead", "auto", "--view", "operator@3", "--place", "a=gpu"]
    flags += ["--control", "midi --port 'a b'", "--page", "[::1]:80", "--osc-allow", "10.0.0.0/8", "--watch", "x"]
    flags += ["--public", "10.0.0.1", "--temperature", "0.3", "--seed", "18446744073709551615", "--only", "a,b"]
    config = read(*flags)
    assert cli.main(["play", "--show-config", *flags]) == 0
    shown = capsys.readouterr().out
    assert "# --rate\nrate = inf\n" in shown
    assert tomllib.loads(shown)["osc-port"] == 9000
    file.write_text(shown)
    assert read() == config
    assert cli.main(["serve", "--show-config"]) == 0
    assert f"# {file}\nrate = inf\n" in capsys.readouterr().out


def test_a_new_number_of_the_mix_is_a_flag_a_key_and_a_variable_without_a_word_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @dataclass(frozen=True)
    class More(MixSettings):
        warmth: float = 0.0

    warmth = replace(TEMPERATURE, name="warmth", default=0.0, low=0.0, high=1.0)
    monkeypatch.setattr(parameters, "PARAMETERS", (*parameters.PARAMETERS, warmth))
    monkeypatch.setattr(parameters, "MixSettings", More)
    source = Path(play.__file__).read_text()
    module: dict[str, Any] = {"__name__": play.__name__, "__file__": play.__file__}
    exec(compile(source, play.__file__, "exec"), module)
    parser = argparse.ArgumentParser()
    module["add_arguments"](parser)
    for given in (["--warmth", "0.5"], []):
        config, _ = module["read"](vars(parser.parse_args(given)), {"CHORUS_WARMTH": "0.5"})
        assert config.settings.warmth == 0.5
