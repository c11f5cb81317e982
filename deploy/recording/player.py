"""Plays a recording on a desk of its own: the frames of `actors.journal.frames` in their time.

Clients see it as if it were played. They may change its pace, and nothing else.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from threading import Event

import msgspec

from actors import EnsembleError
from actors.coordinator.desk import Desk
from actors.coordinator.publisher import FRAMES_HZ, HEALTH_HZ, STILL_HZ
from actors.coordinator.rate_meter import RateMeter
from actors.journal.frames import TimedFrame, health, opening
from actors.journal.timing import MAX_CPS
from actors.wire import codec
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Frame, GetSnapshot, Reply, SetRate, Snapshot
from actors.wire.transcript import Transcript

LISTENS_S = 0.02  # at most until the desk is looked at
SNAPSHOT_COMMANDS = 50  # a snapshot counts as many
MOST_CHARS = 1 << 16  # in a snapshot: who needs more will ask again
BEHIND_S = 0.5  # more than that is not caught up with
LATE_S = 1e-6


class Player:
    """Plays one recording. `heard` is the transcript of what was published."""

    def __init__(self, moments: Iterable[TimedFrame], speed: float, name: str) -> None:
        """`speed`: 1 as it was, infinity as fast as it goes; `name` is what the recording is called."""
        self.heard, self.speed, self.name = Transcript(), speed, name
        self._moments: Iterator[TimedFrame] = iter(moments)
        self._next = next(self._moments, None)
        self._last = self._next  # the newest that was shown; before the first one, that
        self._stands = False
        self._measured = RateMeter()
        self._at_s, self._since = 0.0, 0.0  # the recording was there when the clock was here
        self._frame_at = self._health_at = -math.inf
        if self._next is not None:
            self.heard.hear(opening(self._next))

    def seek(self, until_s: float, tell: Callable[[int], None] = lambda _: None) -> None:
        """Go to that second without showing what is before it. `tell` hears the position."""
        while self._next is not None and self._next.at_s < until_s:
            tell(self._next.frame.t)
            self.heard.hear(self._take(self._next).frame)
        self._at_s = until_s

    def play(self, endpoints: Endpoints, end: Event, written: Callable[[bytes], None] | None = None) -> None:
        """Play until `end` is set; with `written`, which takes the text, until the last character.

        Raises EnsembleError when an address is in use, or what was cannot be said again.
        """
        self._since = time.monotonic()
        with closing(Desk(endpoints)) as desk:
            while not end.is_set():
                chars = self._publish_due(desk)
                if written:
                    written(chars)
                    if self._next is None:
                        return
                self._publish_still(desk)
                self._listen(desk)

    def _take(self, moment: TimedFrame) -> TimedFrame:
        self._last, self._next = moment, next(self._moments, None)
        return moment

    def _now_s(self) -> float:
        """The recording's time now (s)."""
        if self._stands:
            return self._at_s
        if math.isinf(self.speed):
            return math.inf
        return self._at_s + (time.monotonic() - self._since) * self.speed

    def _publish_due(self, desk: Desk) -> bytes:
        """Publish what is due, in one frame if it is much; returns its characters."""
        if self._next is None or self._until_frame_s() > 0:
            return b""
        now_s, until = self._now_s(), time.monotonic() + 1 / FRAMES_HZ
        if not math.isinf(now_s) and now_s - self._next.at_s > BEHIND_S * self.speed:
            self._at_s, self._since = self._next.at_s, time.monotonic()
            now_s = self._at_s
        due: list[Frame] = []
        while self._next is not None and self._next.at_s <= now_s + LATE_S and not self._stands:
            if time.monotonic() > until or (due and self._next.frame.styles != due[-1].styles):
                break
            before = self._last
            frame = self._take(self._next).frame
            due.append(frame)
            self._measured.count()
            if self._last and before and self._last.roster != before.roster:
                self._health_at = -math.inf  # who joined is shown at once
        chars, voices = (b"".join(getattr(frame, what) for frame in due) for what in ("chars", "voices"))
        if due:
            self._show(desk, msgspec.structs.replace(due[-1], t=due[0].t, chars=chars, voices=voices))
        return chars

    def _publish_still(self, desk: Desk) -> None:
        now = time.monotonic()
        if self._last is not None and now - self._health_at > 1 / HEALTH_HZ:
            self._health_at = now
            news = health(self._last, f"a recording: {self.name}")
            news = msgspec.structs.replace(news, position=self.heard.position)
            self.heard.hear(news)
            desk.publish(news)
        if self.heard.frame is not None and now - self._frame_at > 1 / STILL_HZ:
            still = msgspec.structs.replace(self.heard.frame, t=self.heard.position, chars=b"", voices=b"")
            self._show(desk, still)

    def _show(self, desk: Desk, frame: Frame) -> None:
        self._frame_at = time.monotonic()
        self.heard.hear(frame)
        rate_cps = 0.0 if self._stands else self._rate_cps() * self.speed
        measured_cps = self._measured.cps(self._frame_at)
        desk.publish(msgspec.structs.replace(frame, rate_cps=rate_cps, measured_cps=measured_cps))

    def _rate_cps(self) -> float:
        """The recording's rate, which is finite and above zero."""
        return min(self.heard.frame.rate_cps if self.heard.frame else MAX_CPS, MAX_CPS) or MAX_CPS

    def _until_frame_s(self) -> float:
        return max(0.0, self._frame_at + 1 / FRAMES_HZ - time.monotonic())

    def _until_due_s(self) -> float:
        if self._next is None or self._stands:
            return LISTENS_S
        left = (self._next.at_s - self._now_s()) / self.speed if not math.isinf(self.speed) else 0.0
        return max(left, self._until_frame_s(), 0.0)

    def _listen(self, desk: Desk) -> None:
        for sender, raw in desk.commands(min(LISTENS_S, self._until_due_s())):
            ref = 0
            try:
                command = codec.decode_command(raw)
                ref = command.ref
                if isinstance(command, GetSnapshot):
                    desk.charge(sender, SNAPSHOT_COMMANDS)
                    desk.answer(sender, self._snapshot(command.since))
                elif isinstance(command, SetRate):
                    self._set_rate(command.cps)
                    desk.answer(sender, Reply(ref=ref))
                else:
                    raise EnsembleError("this is a recording: only its pace can be changed")
            except EnsembleError as e:
                desk.answer(sender, Reply(error=str(e), ref=ref))

    def _set_rate(self, cps: float) -> None:
        if not cps >= 0:  # NaN neither
            raise EnsembleError("this is a recording: its rate is 0, to stand still, or above it")
        if not math.isinf(now_s := self._now_s()):
            self._at_s = now_s
        elif self._next is not None:
            self._at_s = self._next.at_s
        self._since, self._frame_at = time.monotonic(), -math.inf
        self._stands = cps == 0
        if not self._stands:
            self.speed = cps / self._rate_cps()

    def _snapshot(self, since: int) -> Snapshot:
        heard = self.heard
        start = min(heard.position, max(heard.start, since))
        part = slice(start - heard.start, start - heard.start + MOST_CHARS)
        return Snapshot(
            epoch=heard.frame.epoch if heard.frame else 1,
            t=start,
            chars=bytes(heard.text[part]),
            voices=heard.voices[part].tobytes(),
            styles=heard.styles,
            cards=heard.cards,
            ended=heard.ended,
        )
