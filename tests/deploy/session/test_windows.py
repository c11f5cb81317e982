"""Which windows are opened, as flags say it."""

import argparse

import pytest

from actors.wire.endpoints import Endpoints
from deploy.options.settings import add_flags, make, settings
from deploy.options.windows import WindowOptions
from deploy.session import windows
from display import views
from display.config import VIEWS, WindowConfig

HERE = Endpoints("ipc://frames", "ipc://desk")


def configs(*flags: str) -> list[WindowConfig]:
    parser = argparse.ArgumentParser()
    add_flags(parser, settings(WindowOptions))
    return windows.configs(make(WindowOptions, vars(parser.parse_args(flags))), HERE, [])


def test_without_a_word_the_performer_has_one_window_on_the_first_screen() -> None:
    (window,) = configs()
    assert (window.view, window.screen, window.fullscreen, window.size) == ("performer", 1, False, (1280, 800))


def test_two_windows_of_different_kinds_lie_on_the_screens_they_are_given() -> None:
    shown = configs(
        "--view", "performer", "--view", "audience@2", "--view", "operator", "--screen", "3", "--fullscreen"
    )
    assert [(w.view, w.screen) for w in shown] == [("performer", 3), ("audience", 2), ("operator", 3)]
    assert all(w.fullscreen for w in shown)


@pytest.mark.parametrize(
    "flags", [("--view", "stage"), ("--view", "audience@0"), ("--view", "audience@x"), ("--screen", "0")]
)
def test_what_is_no_view_or_screen_is_refused_with_a_word(
    flags: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        configs(*flags)
    assert flags[1] in capsys.readouterr().err


def test_the_views_that_can_be_asked_for_are_those_there_are() -> None:
    assert tuple(views.VIEWS) == VIEWS
