"""A film of a performance: the pictures a window would have shown, one every sixtieth of a second, through ffmpeg.

Time is counted, not measured, so the same performance gives the same film, however long a picture takes to draw.
"""

import contextlib
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pygame
from rich.console import Console
from rich.progress import Progress

from actors.journal.frames import TimedFrame, health, opening
from actors.wire.messages import Card, Frame, Health, Snapshot
from actors.wire.transcript import Transcript
from deploy import UsageError
from display import views
from display.presenter import Presenter
from models.atomic import replacing

FPS = 60
AFTERGLOW_S = 2.0  # of the last picture
MASKS = (0xFF0000, 0xFF00, 0xFF, 0)  # blue first in memory, as ffmpeg's bgr0
CODECS = {
    ".mp4": ("-c:v", "libx264", "-preset", "medium", "-crf", "18", "-movflags", "+faststart"),
    ".mkv": ("-c:v", "libx264", "-preset", "medium", "-crf", "18"),
    ".webm": ("-c:v", "libvpx-vp9", "-crf", "28", "-b:v", "0", "-row-mt", "1"),
}
Timed = tuple[float, Frame | Health | Snapshot]
Size = tuple[int, int]


def check(file: Path, size: Size) -> None:
    """Raises UsageError when no such film can be made here."""
    if file.suffix not in CODECS:
        raise UsageError(f"{file} is none of {', '.join(CODECS)}")
    if shutil.which("ffmpeg") is None:
        raise UsageError("a film takes ffmpeg, which is not installed: apt install ffmpeg")
    if size[0] % 2 or size[1] % 2:
        raise UsageError(f"a film of {size[0]}x{size[1]} cannot be made: both take an even number")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}")


def messages_of(moments: Iterable[TimedFrame]) -> Iterator[Timed]:
    """The messages that a display hears of a recording, and when."""
    before: TimedFrame | None = None
    for moment in moments:
        if before is None:
            yield moment.at_s, opening(moment)
        if before is None or moment.roster != before.roster:
            yield moment.at_s, health(moment, "")
        yield moment.at_s, moment.frame
        before = moment


def pictures(
    news: Iterable[Timed], cards: Sequence[Card], view: str, size: Size, since_s: float = 0.0, until_s: float = math.inf
) -> Iterator[tuple[float, pygame.Surface]]:
    """The pictures one after the other, and when each is shown; all on the same surface.

    `news`: messages and when they came, in seconds, in order. The film begins with the first, or at `since_s` with what
    came before it on the screen; it ends a while after the last, or at `until_s`.
    """
    pygame.font.init()
    heard = Transcript()
    presenter, made = Presenter(heard, cards), views.make(view, size)
    surface = pygame.Surface(size, depth=32, masks=MASKS)
    messages = iter(news)
    coming = next(messages, None)
    if coming is None:
        return
    began, count, ends_s = max(since_s, coming[0]), 0, until_s
    while (now := began + count / FPS) <= ends_s:
        while coming is not None and coming[0] <= now:
            heard.hear(coming[1])
            at, coming = coming[0], next(messages, None)
            if coming is None:
                ends_s = min(until_s, at + AFTERGLOW_S)
        scene = presenter.scene(now)
        scene.fps = FPS
        made.draw(surface, scene)
        count += 1
        yield now - began, surface


def write(shown: Iterable[tuple[float, pygame.Surface]], file: Path, size: Size) -> Iterator[float]:
    """Write pictures into a film; yields after each how many seconds there are. The file is there when all is done.

    Raises UsageError when ffmpeg cannot do it, or there is no room.
    """
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr0"]
    command += ["-s", f"{size[0]}x{size[1]}", "-r", str(FPS), "-i", "-", "-pix_fmt", "yuv420p", *CODECS[file.suffix]]
    with tempfile.TemporaryFile() as said, replacing(file) as part:
        # Ctrl-C in the terminal is for us: we end ffmpeg
        ffmpeg = subprocess.Popen(
            [*command, str(part)], stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True
        )
        assert ffmpeg.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError):  # what it says of that is more than we know
                for at, surface in shown:
                    ffmpeg.stdin.write(surface.get_buffer().raw)
                    yield at
            with contextlib.suppress(BrokenPipeError):
                ffmpeg.stdin.close()
            if ffmpeg.wait():
                said.seek(0)
                lines = said.read().decode(errors="replace").splitlines() or [f"exit code {ffmpeg.returncode}"]
                raise UsageError(f"ffmpeg could not make {file}: {lines[-1]}")
        finally:
            if ffmpeg.poll() is None:
                ffmpeg.kill()
                ffmpeg.wait()


def shoot(
    file: Path, moments: Iterable[TimedFrame], view: str, size: Size, since_s: float, until_s: float, console: Console
) -> None:
    """Make a film of a recording, with a progress bar. `until_s` is where it ends. Raises UsageError when it cannot."""
    check(file, size)
    with Progress(console=console) as progress:
        task = progress.add_task(f"{file.name}, {size[0]}x{size[1]}", total=until_s - since_s)
        at = 0.0
        for at in write(pictures(messages_of(moments), [], view, size, since_s, until_s), file, size):
            progress.update(task, completed=at)
        progress.update(task, completed=until_s - since_s)
    console.out(f"{at:.0f} s in {file}")
