"""The configuration of a process, from the one that starts it to its own standard input."""

import io
import math
from pathlib import Path

import pytest

from actors.coordinator.config import CoordinatorConfig
from actors.wire import child
from actors.wire.endpoints import Endpoints, Public
from actors.wire.messages import Card
from actors.wire.parameters import Lookahead, MixSettings

HERE = Endpoints("ipc:///tmp/f", "ipc:///tmp/d")


def told(config: object, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr("sys.stdin", io.StringIO(child.encode(config).decode()))
    return child.read_config(type(config))


def test_a_configuration_arrives_as_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CoordinatorConfig(
        tape="chorus-1",
        endpoints=HERE,
        cards=[Card("a", "A", "#88aaff", "ff", "/styles/a", (0.5, -1.0)), Card("b", "B", "#ffaa88")],
        journal=Path("/journals/j"),
        seed=2**64 - 1,
        mix={"a": 1.0},
        rate_cps=math.inf,
        public=Public("10.0.0.1", 7010, Path("/keys")),
        release_s=math.inf,
        settings=MixSettings("hand-over", temperature=0.5),
        lookahead=Lookahead(8, 4),
    )
    assert told(config, monkeypatch) == config


@pytest.mark.parametrize("line", ["", "no json", "{}", '{"frames": 1, "desk": "d"}', "[]"])
def test_a_bad_configuration_ends_the_process_with_one_line(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
    with pytest.raises(SystemExit) as end:
        child.read_config(Endpoints)
    assert end.value.code == child.REFUSED
    said = capsys.readouterr().err
    assert said.startswith("no Endpoints on standard input: ")
    assert said.count("\n") == 1
