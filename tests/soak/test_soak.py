"""The installation for days, in minutes: as fast as it goes, weights and guests changing, a fault now and then.

`CHORUS_SOAK_CHARS=1000000 make test ARGS=tests/soak` is the long version.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from actors.journal import writer
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Join, Leave, SetWeights
from deploy.ensemble.cards import card_of
from tests.conftest import random_style
from tests.support.running import client_of, command, hear, session_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

STYLES = 24
CHARS = int(os.environ.get("CHORUS_SOAK_CHARS", "250000"))
FAULT_EVERY = 20_000
WEIGHTS_EVERY_S = 0.25
GUESTS_EVERY_S = 2.0
WARM_UP = max(130_000, CHARS // 3)  # until then the coordinator fills what it keeps for late joiners
GROWTH = 1.02
SLACK_BYTES = 3 << 20  # what an allocator may do
PATIENCE_S = 30.0


@dataclass
class Guest:
    """A display or controller that comes and goes."""

    client: Client
    since: float = field(default_factory=time.monotonic)


class Soak:
    """One performance, and everything that happens to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.styles = [random_style(folder / "styles", f"style-{k:02}", "1x96", k) for k in range(STYLES)]
        self.newcomer = random_style(folder / "more", "newcomer", "1x96", 99)
        self.journal = folder / "journal"
        flags = ("--styles", str(folder / "styles"), "--only", ",".join(s.slug for s in self.styles), "--osc-port", "0")
        more = ("--rate", "max", "--mix", "style-00=1", "--journal", str(self.journal))
        self.process = command(folder, "play", "--headless", *flags, *more)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()  # the text is read from the journal
        self.session = session_of(self.process)
        self.client = client_of(self.session)
        self.guests: list[Guest] = []
        self.happened: list[str] = []
        self.memory: dict[int, int] = {}
        self.descriptors: dict[int, int] = {}

    @property
    def position(self) -> int:
        return self.client.position

    def states(self) -> dict[str, str]:
        return {style.slug: style.state for style in self.client.health.styles} if self.client.health else {}

    def all_ready(self) -> bool:
        return bool(self.states()) and all(state in ("ready", "late") for state in self.states().values())

    def change_weights(self) -> None:
        some = self.dice.sample(self.styles, self.dice.randint(1, STYLES))
        self.client.send(SetWeights(weights={style.slug: self.dice.random() + 0.01 for style in some}))

    def guest(self) -> None:
        if self.guests and (len(self.guests) > 3 or self.dice.random() < 0.5):
            self.guests.pop(self.dice.randrange(len(self.guests))).client.close()
        else:
            self.guests.append(Guest(Client(Endpoints.local(self.session))))

    def fault(self) -> None:
        what = self.dice.choice(
            (self.kill_style, self.stop_style, self.kill_coordinator, self.come_and_go, self.garbage)
        )
        self.happened.append(what.__name__)
        what()

    def pid(self) -> int:
        pids = [style.pid for style in self.client.health.styles if style.pid]
        return self.dice.choice(pids)

    def kill_style(self) -> None:
        self.signal(self.pid(), signal.SIGKILL)

    def stop_style(self) -> None:
        pid = self.pid()
        self.signal(pid, signal.SIGSTOP)
        self.listen(1.0)
        self.signal(pid, signal.SIGCONT)

    def kill_coordinator(self) -> None:
        epoch = self.client.frame.epoch
        self.signal(self.client.health.pid, signal.SIGKILL)
        hear(self.client, lambda: self.client.frame.epoch > epoch, PATIENCE_S)

    def come_and_go(self) -> None:
        here = "newcomer" in self.states()
        self.client.send(Leave(slug="newcomer") if here else Join(card=card_of(self.newcomer)))

    def garbage(self) -> None:
        for size in (0, 1, 100, 70_000):
            self.client._desk.send(self.dice.randbytes(size))

    @staticmethod
    def signal(pid: int, number: int) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:  # it was killed a moment ago, and its successor has not signed in
            return

    def listen(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.client.listen(0.02)
            for guest in self.guests:
                guest.client.listen()

    def weigh(self) -> tuple[dict[int, int], dict[int, int]]:
        """Memory and open descriptors of every process that plays."""
        pids = [self.client.health.pid, *(style.pid for style in self.client.health.styles if style.pid)]
        memory, descriptors = {}, {}
        for pid in pids:
            try:
                memory[pid] = psutil.Process(pid).memory_info().rss
                descriptors[pid] = psutil.Process(pid).num_fds()
            except psutil.Error:
                continue
        return memory, descriptors

    def end(self) -> None:
        for guest in self.guests:
            guest.client.close()
        self.client.close()
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    made = Soak(tmp_path, seed=1)
    yield made
    made.end()


def test_faults_and_guests_leave_the_text_whole_and_the_memory_flat(soak: Soak) -> None:
    hear(soak.client, lambda: soak.all_ready() and len(soak.states()) == STYLES, 120)
    next_fault, weights_at, guests_at = soak.position + FAULT_EVERY, 0.0, 0.0
    before: tuple[dict[int, int], dict[int, int]] | None = None
    last, moved = soak.position, time.monotonic()
    while soak.position < CHARS:
        now = time.monotonic()
        if now - weights_at > WEIGHTS_EVERY_S:
            weights_at = now
            soak.change_weights()
        if now - guests_at > GUESTS_EVERY_S:
            guests_at = now
            soak.guest()
        if soak.position > next_fault:
            next_fault = soak.position + FAULT_EVERY
            soak.fault()
        if before is None and soak.position > WARM_UP:
            before = soak.weigh()
        soak.listen(0.05)
        if soak.position > last:
            last, moved = soak.position, now
        assert now - moved < PATIENCE_S, soak.happened
    hear(soak.client, soak.all_ready, 60)
    after = soak.weigh()
    assert before is not None
    lived = before[0].keys() & after[0].keys()
    assert len(lived) > STYLES // 2
    for pid in lived:
        assert after[0][pid] <= before[0][pid] * GROWTH + SLACK_BYTES, psutil.Process(pid).cmdline()
        assert after[1][pid] <= before[1][pid] + 8
    assert len(set(soak.happened)) >= 3
    soak.listen(0.5)
    heard, start = bytes(soak.client.text), soak.client.start
    soak.process.terminate()
    soak.process.wait(60)
    past = writer.read(soak.journal)  # raises when a character is missing or doubled
    known = bytes(past.text[start - 1 :])
    assert known.startswith(heard[: len(known)])
    assert len(known) >= len(heard) - 1000
