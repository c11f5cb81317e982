"""`chorus replay JOURNAL`: plays a recorded performance again, or exports its text with the authors, or a film.

The journal holds what decided the text; the same weights, read again, say what each style said to it. So what is shown is
not recorded, it is computed, and where it would now come to another text that is noticed.
"""

import argparse
import math
import os
import signal
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress, track

from actors.hands.presets import Presets
from actors.journal.replay import ReplayedCharacter
from actors.journal.what_if import WhatIf
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Command
from controllers import score
from controllers.hand import Seen
from deploy import UsageError, paths
from deploy.options.settings import argument, flag
from deploy.options.styles import StyleFolders
from deploy.options.types import parse_mix
from deploy.options.windows import WindowOptions
from deploy.recording.export import WRITERS, Letter
from deploy.recording.player import Player
from deploy.recording.recording import Recording
from deploy.session import launch, signals, windows
from deploy.session.session import Session
from deploy.session.supervisor import Supervisor
from display.config import VIEWS

SUMMARY = "play a recorded performance again, or make a text of it"
HELP = """\
Every style reads the text again, and says what it said then; so windows, OSC and whoever else listens see it as if it were
played. Space stands still and goes on, up and down change the pace.
chorus replay ~/.local/state/chorus/journals/2026-11-25-201500.journal
chorus replay JOURNAL --from 2:30 --speed 4            or --from 90%; --headless prints the text in its time
chorus replay JOURNAL --video evening.mp4 --from 2:30 --to 3:00 --size 1920x1080 --view audience      a film of it
chorus replay JOURNAL --text evening.html              as a page tinted by its authors; .txt plain, .jsonl for programs
What would have been said with other weights, from some place on, by the same dice:
chorus replay JOURNAL --from 2:30 --mix kant=1,latex=0.5
chorus replay JOURNAL --score piece.toml --text otherwise.txt"""
FAINTEST = 0.005  # a style's share of a letter: what is less is left out
OTHERWISE = "what would have been said, from there on"


@dataclass(frozen=True)
class Begin:
    """A time in a recording: seconds from its first character, or a share of its length."""

    value: float
    share: bool = False

    def seconds(self, came: Sequence[float]) -> float:
        """Seconds. `came`: when each character came (s). Raises UsageError when the recording is over before."""
        at_s = self.value * came[-1] if self.share else self.value
        if at_s > came[-1]:
            minutes, seconds = divmod(came[-1], 60)
            raise UsageError(f"the recording is {minutes:.0f}:{seconds:04.1f} long: name a time in it")
        return at_s


def parse_begin(text: str) -> Begin:
    """`2:30`, `150` or `90%`."""
    minutes, _, seconds = text.removesuffix("%").rpartition(":")
    try:
        value = float(seconds) + 60 * float(minutes or 0)
    except ValueError:
        value = -1.0
    share = text.endswith("%")
    if not (math.isfinite(value) and value >= 0) or (share and (value > 100 or minutes)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: write 2:30, seconds, or 90%")
    return Begin(value / 100, True) if share else Begin(value)


def parse_speed(text: str) -> float:
    """`4` is four times as fast; `max` is infinity."""
    try:
        speed = float("inf" if text == "max" else text)
    except ValueError:
        speed = -1.0
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed: give 4 for four times as fast, or max")
    return speed


@dataclass(frozen=True, kw_only=True)
class ReplayConfig(WindowOptions, StyleFolders):
    journal: Path = argument("as chorus play records it", metavar="JOURNAL")
    headless: bool = flag(False, "no window: print the text to standard output")
    speed: float = flag(
        1.0, "4: four times as fast; max: as fast as it goes (default: 1)", metavar="X", read=parse_speed
    )
    begin: Begin = flag(
        Begin(0.0),
        "begin there, with the text before it: 2:30, seconds, or 90% (default: at the beginning)",
        metavar="TIME",
        read=parse_begin,
        key="from",
    )
    end: Begin | None = flag(
        None, "where a film ends (default: where it does)", metavar="TIME", read=parse_begin, key="to"
    )
    video: Path | None = flag(
        None,
        "no window: make a film of it, such as evening.mp4, as --view and --size say; takes ffmpeg",
        metavar="FILE",
    )
    text: list[Path] = flag(
        [],
        "no window: write the text: .txt plain, .html tinted by its authors, .jsonl with everyone's share of a letter",
        metavar="FILE",
        many=True,
    )
    mix: dict[str, float] | None = flag(
        None, "with these weights, all else as it was", metavar="STYLE=WEIGHT,…", read=parse_mix, group=OTHERWISE
    )
    score: Path | None = flag(
        None, "with this score in the place of all hands, begun there", metavar="FILE", group=OTHERWISE
    )
    monolith: Path | None = flag(None, "the one that was there (default: yours)", metavar="FOLDER")
    osc_port: int = flag(9000, "OSC on this machine, to listen to; 0: none")


def run(config: ReplayConfig) -> int:
    for file in config.text:
        if file.suffix not in WRITERS:
            raise UsageError(f"{file} is none of {', '.join(WRITERS)}")
    if config.video:
        from deploy.recording import film  # loads pygame

        film.check(config.video, config.size)
        if config.text or config.headless or len(config.view) > 1:
            raise UsageError(
                "--video makes one film, of one view: give it without --text, --headless, or a second --view"
            )
    elif config.end:
        raise UsageError("--to is for films: say which with --video FILE")
    elif not config.text and not config.headless and not windows.has_display():
        raise UsageError(f"there is no display here:  chorus replay {config.journal} --headless  prints the text")
    recording = Recording(config.journal, config.styles, config.monolith)
    begin_s = config.begin.seconds(recording.came)
    otherwise = _otherwise(config, recording, bisect_left(recording.came, begin_s) + 1)
    if config.text and begin_s and otherwise is None:
        raise UsageError(
            "--text takes the whole text; --from says where other weights begin: give --mix or --score, too"
        )
    said = recording.characters(otherwise)
    console = Console(stderr=True, highlight=False)
    if config.text:
        return write(config.text, said, recording, console)
    if config.video:
        end_s = config.end.seconds(recording.came) if config.end else recording.came[-1] + film.AFTERGLOW_S
        if end_s <= begin_s:
            raise UsageError("a film ends after it begins: --to is later than --from")
        view = config.view[0].view if config.view else VIEWS[0]
        film.shoot(config.video, recording.frames(said), view, config.size, begin_s, end_s, console)
        return 0
    player = Player(recording.frames(said), config.speed, recording.name)
    if begin_s:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("reading it up to there", total=bisect_left(recording.came, begin_s))
            player.seek(begin_s, lambda t: progress.update(task, completed=t))
    signals.interruptible()
    with Session() as session:
        supervisor = Supervisor(session)
        if config.osc_port:
            launch.start_osc(supervisor, config.osc_port)
        if config.headless:
            headless(supervisor, player)
        else:
            with _played(player, session.endpoints):
                windows.keep(supervisor, windows.configs(config, session.endpoints, player.heard.cards))
    return 0


def headless(supervisor: Supervisor, player: Player) -> None:
    """Print the text in its time, and nothing else; ends with it."""

    def written(chars: bytes) -> None:
        if chars:
            sys.stdout.write(chars.decode("ascii"))
            sys.stdout.flush()
        supervisor.look()

    try:
        written(bytes(player.heard.text))
        player.play(supervisor.session.endpoints, Event(), written)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - whoever read us is gone; say nothing more


@contextmanager
def _played(player: Player, endpoints: Endpoints) -> Iterator[None]:
    """Plays in a thread of its own, while the window is kept open in the main one."""
    end, errors = Event(), list[BaseException]()

    def play() -> None:
        try:
            player.play(endpoints, end)
        except BaseException as e:
            errors.append(e)
            signal.raise_signal(signal.SIGINT)  # the main thread closes the window, and says why

    thread = Thread(target=play, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        if errors:
            raise errors[0]


def write(files: Sequence[Path], said: Iterable[ReplayedCharacter], recording: Recording, console: Console) -> int:
    """The text into every one of `files`. Raises UsageError when one cannot be written."""
    letters = list(read(said, len(recording.came), console))
    for file in files:
        try:
            file.write_text("".join(WRITERS[file.suffix](letters, recording.styles)))
        except OSError as e:
            raise UsageError(f"cannot write {file}: {e.strerror}") from e
        console.out(f"{len(letters):,} characters in {file}")
    return 0


def read(said: Iterable[ReplayedCharacter], length: int, console: Console) -> Iterator[Letter]:
    """Every character of a journal, with progress shown. Raises EnsembleError when the weights that spoke are not here."""
    others = 0
    for one in track(said, "reading it again", total=length, console=console):
        others += one.code != one.drawn
        yield Letter(one.t, one.code, _shares(one.slugs, one.shares))
    if others:
        console.print(
            f"{others:,} characters would be others now: another version wrote them, or the power was cut meanwhile"
        )


def _otherwise(config: ReplayConfig, recording: Recording, since: int) -> WhatIf | None:
    """The weights or score that decide from position `since` on. Raises UsageError for a style that was never there."""
    if config.mix is None and config.score is None:
        return None
    known = recording.everyone
    for slug in config.mix or ():
        if slug not in known:
            raise UsageError(f"there was no style {slug!r} in this performance; there were {', '.join(sorted(known))}")
    piece = score.Player(score.read_file(config.score)) if config.score else None

    def hand(at_s: float, slugs: Sequence[str], text: bytes) -> list[Command]:
        return piece.play(at_s, Seen(styles=slugs, text=text)) if piece else []

    return WhatIf(
        since, config.mix, hand if piece else None, Presets(paths.PRESETS), recording.past.header.monolith is not None
    )


def _shares(slugs: Sequence[str], shares: "NDArray[Any]") -> dict[str, float]:
    ordered = sorted(zip(slugs, shares.tolist(), strict=True), key=lambda pair: -pair[1])
    return {slug: share for slug, share in ordered if share >= FAINTEST}
