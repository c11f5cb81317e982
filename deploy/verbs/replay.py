"""`chorus replay JOURNAL`: a recorded performance, played live again, or as a text with whose every letter was.

The journal holds what decided the text; the same weights, read again, say what each style said to it. So what is shown is
not recorded, it is computed, and where it would now come to another text that is noticed.
"""

import argparse
import contextlib
import math
import os
import signal
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from actors.hands.presets import Presets
from actors.journal.replay import ReplayedCharacter
from actors.journal.what_if import WhatIf
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Command
from controllers import score
from controllers.hand import Seen
from deploy import UsageError, paths
from deploy.options.types import parse_mix, parse_rate
from deploy.recording.export import WRITERS, Letter
from deploy.recording.player import Replaying
from deploy.recording.recording import Recording
from deploy.session import windows
from deploy.session.session import Session
from deploy.session.supervisor import Beside, watch
from deploy.verbs.play import has_display
from display.config import VIEWS

FAINTEST = 0.005  # a style's share of a letter: what is less is not told


@dataclass(frozen=True)
class Begin:
    """Where in a recording: so many seconds from its first character, or that share of its time."""

    value: float
    share: bool = False

    def seconds(self, came: Sequence[float]) -> float:
        """Raises UsageError when the recording, whose characters came then, is over before."""
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
        raise argparse.ArgumentTypeError(f"{text!r} is no place: write 2:30, seconds, or 90%")
    return Begin(value / 100, True) if share else Begin(value)


def parse_speed(text: str) -> float:
    """`4` is four times as fast; `max` is infinity."""
    with contextlib.suppress(argparse.ArgumentTypeError):
        return parse_rate(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no speed: 1 is as it was, 4 four times as fast, or max")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journal", type=Path, metavar="JOURNAL", help="as chorus play records it")
    parser.add_argument("--headless", action="store_true", help="no window: print the text to standard output")
    parser.add_argument(
        "--speed", type=parse_speed, default=1.0, metavar="X", help="4: four times as fast; max: as fast as it goes"
    )
    parser.add_argument(
        "--from",
        dest="begin",
        type=parse_begin,
        default=Begin(0.0),
        metavar="TIME",
        help="begin there, with the text before it: 2:30, seconds, or 90%%",
    )
    parser.add_argument(
        "--to", dest="end", type=parse_begin, metavar="TIME", help="where a film ends (default: where it does)"
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="no window: make a film of it, such as evening.mp4, as --view and --size say; takes ffmpeg",
    )
    parser.add_argument(
        "--text",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="no window: write the text: .txt plain, .html tinted by its authors, .jsonl with everyone's share of a letter",
    )
    other = parser.add_argument_group("what would have been said, from there on")
    other.add_argument("--mix", type=parse_mix, metavar="STYLE=WEIGHT,…", help="with these weights, all else as it was")
    other.add_argument(
        "--score", type=Path, metavar="FILE", help="with this score in the place of all hands, begun there"
    )
    windows.add_arguments(parser)
    parser.add_argument("--styles", type=Path, action="append", default=[], help="one more folder of style packages")
    parser.add_argument("--monolith", type=Path, metavar="FOLDER", help="the one that was there (default: yours)")
    parser.add_argument(
        "--osc-port", type=int, default=9000, help="OSC on this machine, to listen to (default: %(default)s; 0: none)"
    )
    parser.set_defaults(osc_host="127.0.0.1", osc_allow=[], osc_name="")


def run(args: argparse.Namespace) -> int:
    for file in args.text:
        if file.suffix not in WRITERS:
            raise UsageError(f"{file} is none of {', '.join(WRITERS)}")
    if args.video:
        from deploy.recording import film  # loads pygame

        film.check(args.video, args.size)
        if args.text or args.headless or len(args.view) > 1:
            raise UsageError(
                "--video makes one film, of one view: give it without --text, --headless, or a second --view"
            )
    elif args.end:
        raise UsageError("--to is for films: say which with --video FILE")
    elif not args.text and not args.headless and not has_display():
        raise UsageError(f"there is no display here:  chorus replay {args.journal} --headless  prints the text")
    recording = Recording(args.journal, args.styles, args.monolith)
    begin_s = args.begin.seconds(recording.came)
    otherwise = _otherwise(args, recording, bisect_left(recording.came, begin_s) + 1)
    if args.text and begin_s and otherwise is None:
        raise UsageError(
            "--text takes the whole text; --from says where other weights begin: give --mix or --score, too"
        )
    said = recording.characters(otherwise)
    console = Console(stderr=True, highlight=False)
    if args.text:
        return write(args.text, said, recording, console)
    if args.video:
        return _film(args, recording, said, begin_s, console)
    replaying = Replaying(recording.frames(said), args.speed, recording.name)
    if begin_s:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("reading it up to there", total=bisect_left(recording.came, begin_s))
            replaying.seek(begin_s, lambda t: progress.update(task, completed=t))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with Session() as session:
            beside = Beside(session)
            if args.osc_port:
                beside.start_osc(args)
            if args.headless:
                return headless(session, beside, replaying)
            configs = windows.configs(args, session.endpoints, replaying.heard.cards)
            with _Playing(replaying, session.endpoints):
                return windows.keep(session, beside, configs)
    except KeyboardInterrupt:
        return 130


def _film(
    args: argparse.Namespace, recording: Recording, said: Iterator[ReplayedCharacter], begin_s: float, console: Console
) -> int:
    from deploy.recording import film

    end_s = args.end.seconds(recording.came) if args.end else recording.came[-1] + film.AFTERGLOW_S
    if end_s <= begin_s:
        raise UsageError("a film ends after it begins: --to is later than --from")
    view = args.view[0].view if args.view else VIEWS[0]
    try:
        film.shoot(args.video, recording.frames(said), view, args.size, begin_s, end_s, console)
    except KeyboardInterrupt:
        return 130
    return 0


def headless(session: Session, beside: Beside, replaying: Replaying) -> int:
    """Print the text in its time, and nothing else; ends with it."""

    def written(chars: bytes) -> None:
        if chars:
            sys.stdout.write(chars.decode("ascii"))
            sys.stdout.flush()
        watch(session, beside)

    try:
        written(bytes(replaying.heard.text))
        replaying.play(session.endpoints, Event(), written)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - whoever read us is gone; say nothing more
    return 0


class _Playing:
    """Plays in a thread of its own, while the window is kept open in the main one."""

    def __init__(self, replaying: Replaying, endpoints: Endpoints) -> None:
        self._replaying, self._endpoints = replaying, endpoints
        self._end, self._error = Event(), list[BaseException]()
        self._thread = Thread(target=self._play, daemon=True)

    def _play(self) -> None:
        try:
            self._replaying.play(self._endpoints, self._end)
        except BaseException as e:
            self._error.append(e)
            signal.raise_signal(signal.SIGINT)  # the main thread closes the window, and says why

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        if self._error:
            raise self._error[0]


def write(files: Sequence[Path], said: Iterable[ReplayedCharacter], recording: Recording, console: Console) -> int:
    """The text into every one of `files`. Raises UsageError when one cannot be written."""
    letters = list(read(said, len(recording.came), console))
    for file in files:
        try:
            file.write_text("".join(WRITERS[file.suffix](letters, recording.styles)))
        except OSError as e:
            raise UsageError(f"cannot write {file}: {e.strerror}") from e
        console.print(f"{len(letters):,} characters in {file}", markup=False, soft_wrap=True)
    return 0


def read(said: Iterable[ReplayedCharacter], length: int, console: Console) -> Iterator[Letter]:
    """Every character of a journal. Raises EnsembleError when the weights that spoke are not here."""
    others = 0
    with Progress(console=console) as progress:
        task = progress.add_task("reading it again", total=length)
        for one in said:
            others += one.code != one.drawn
            yield Letter(one.t, one.code, _shares(one.slugs, one.shares))
            progress.update(task, completed=one.t)
    if others:
        console.print(
            f"{others:,} characters would be others now: another version wrote them, or the power was cut meanwhile"
        )


def _otherwise(args: argparse.Namespace, recording: Recording, since: int) -> WhatIf | None:
    """What decides from the character at `since` on, if it is not what did. Raises UsageError for who was never there."""
    if args.mix is None and args.score is None:
        return None
    known = recording.everyone
    for slug in args.mix or ():
        if slug not in known:
            raise UsageError(f"there was no style {slug!r} in this performance; there were {', '.join(sorted(known))}")
    player = score.Player(score.read_file(args.score)) if args.score else None

    def hand(at_s: float, slugs: Sequence[str], text: bytes) -> list[Command]:
        return player.play(at_s, Seen(styles=slugs, text=text)) if player else []

    return WhatIf(
        since, args.mix, hand if player else None, Presets(paths.PRESETS), recording.past.header.monolith is not None
    )


def _shares(slugs: Sequence[str], shares: "NDArray[Any]") -> dict[str, float]:
    told = sorted(zip(slugs, shares.tolist(), strict=True), key=lambda pair: -pair[1])
    return {slug: share for slug, share in told if share >= FAINTEST}
