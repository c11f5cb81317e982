"""The command line as data: every verb explains itself, every flag is checked."""

import argparse

import pytest

from deploy import cli
from deploy.options import types


@pytest.mark.parametrize("verb", list(cli.VERBS))
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([verb, "--help"])
    assert end.value.code == 0
    assert verb in capsys.readouterr().out


def test_a_mix_is_read() -> None:
    assert types.parse_mix("shakespeare=0.6, linux-c=.4") == {"shakespeare": 0.6, "linux-c": 0.4}
    assert types.parse_mix("latex") == {"latex": 1.0}


@pytest.mark.parametrize("text", ["12", "12x", "10x10", "1e3x400", "-1280x800"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        types.parse_size(text)


def test_osc_prints_the_address_space(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["osc"]) == 0
    assert "/chorus/weight/STYLE" in capsys.readouterr().out
