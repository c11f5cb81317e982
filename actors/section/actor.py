"""The section of another node, as a Ray actor: it owns that node's tape and follows the coordinator's calls.

It is made by the ensemble's process, one a node, under the name `section.INDEX`. When it dies, Ray makes it again and it
takes over the tape that is there; when its node is gone, so is it. It ends with the performance and takes its tape along.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import ray

from actors.section import tape
from actors.section.remote import Answer, Call, Post, decode_ask, encode
from actors.section.section import Section, SlotStatus
from actors.section.tape import SLOTS
from models import engines

STATUS_EVERY_S = 0.25
ALONE_S = 600.0  # without a call this long, the performance is over


class Node:
    """The far end of `actors.section.remote.RemoteSection`: follows its calls."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self._given: set[int] = set()
        self._statuses_at = 0.0

    def step(self, raw: bytes) -> bytes:
        """Take the new characters, give out the slots, gather the rows that are wanted."""
        ask = decode_ask(raw)
        section, tape = self.section, self.section.tape
        if ask.start > tape.length and not self._given:  # made in the middle of a long text: begin where it is known
            tape.skip_to(ask.start)
        if ask.start <= tape.length:
            for code in ask.chars[tape.length - ask.start :]:
                tape.append(code)
        heard: list[int] = []
        if ask.whole and tape.length >= ask.start + len(ask.chars):
            for slot, generation in ask.generations:
                section.give(slot, generation)
                self._given.add(slot)
            heard = section.gather(ask.wanted, ask.deadline_s) if ask.wanted else []
            section.keep_up([slot for slot in ask.silent if slot < SLOTS], SLOTS)
        return encode(
            Answer(
                length=tape.length,
                heard=heard,
                rows=section.omega[heard].astype("<f4").tobytes(),
                state=tape.state[:SLOTS].astype(np.uint8).tobytes(),
                statuses=self._statuses(),
            )
        )

    def _statuses(self) -> dict[int, SlotStatus]:
        now = time.monotonic()
        if now - self._statuses_at < STATUS_EVERY_S:
            return {}
        self._statuses_at = now
        return {slot: self.section.status(slot) for slot in sorted(self._given)}


class SectionActor:
    """Ray's actor: one on every node but the coordinator's."""

    def __init__(self, tape_name: str, cache: str) -> None:
        self._node = Node(Section(tape_name))
        self._tape_name = tape_name
        self._cache = Path(cache).expanduser()
        self._called_at = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    def step(self, raw: bytes) -> bytes:
        self._called_at = time.monotonic()
        return self._node.step(raw)

    def keep(self, files: dict[str, bytes]) -> list[str]:
        """Keep what this node's styles load, by name, and say where."""
        return [str(engines.keep(self._cache / name, contents)) for name, contents in files.items()]

    def end(self) -> None:
        """The performance is over: the styles here end, and the tape is taken away."""
        self._node.section.tape.stop()
        tape.remove(self._tape_name)

    def _watch(self) -> None:
        while time.monotonic() - self._called_at < ALONE_S:
            time.sleep(ALONE_S / 20)
        self.end()
        os._exit(0)


class RayCall(Call):
    """A call that Ray carries."""

    def __init__(self, ref: Any) -> None:
        self._ref = ref

    def wait(self, patience_s: float) -> bytes | None:
        try:
            answer: bytes = ray.get(self._ref, timeout=patience_s)
        except ray.exceptions.GetTimeoutError:
            return None
        except ray.exceptions.RayError as e:
            raise OSError(f"its section is gone: {type(e).__name__}") from e
        return answer


def connect(name: str) -> Post:
    """The way to call the section of that name. Raises OSError when Ray knows none."""
    try:
        actor = ray.get_actor(name)
    except (ValueError, ray.exceptions.RayError) as e:
        raise OSError(f"there is no {name}") from e

    def post(raw: bytes) -> Call:
        try:
            return RayCall(actor.step.remote(raw))
        except ray.exceptions.RayError as e:
            raise OSError(f"its section is gone: {type(e).__name__}") from e

    return post
