"""The runner: asks a hand for its commands, sends them to the desk, and shows the hand the performance.

`chorus control KIND` runs it in the foreground. `chorus play --control KIND` starts it as `python -m controllers.runner`
with a `ControlConfig` on standard input; it ends when that input ends.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType

import msgspec
import zmq

from actors.wire import plane
from actors.wire.child import REFUSED, input_ended, read_config
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Command, LetGo
from actors.wire.parameters import PARAMETERS
from controllers import ControllerError
from controllers.hand import Hand, Seen

PERIOD_S = 0.01  # a hand is asked this often and when its device sends; its commands go out no oftener
SHORTEST_S = 0.001  # a round, however much its device sends
HEARD_S = 2.0  # without news this long the ensemble counts as away
SAYS_AGAIN_S = 10.0  # between two times of the same line
MOST_SAID = 100
TEXT = 2000  # characters of the text that a hand sees
FROM_THE_START = {"score"}  # kinds that begin anew when they are started again
KINDS = {
    "midi": "a MIDI controller: faders, knobs and buttons",
    "leap": "a hand over a Leap Motion",
    "gesture": "learns which pose means which mix, then plays it",
    "link": "keeps the beat of Ableton Link: words fall where the music's beats do",
    "score": "a composed piece: a file of moves and when they come",
    "autopilot": "wanders when nobody touches anything, and gives way at the first touch",
}


class ControlConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller to play, its kind and flags, and the ensemble it plays for."""

    endpoints: Endpoints
    argv: list[str]


class Runner:
    """Runs one hand on the wire."""

    def __init__(self, hand: Hand, name: str, client: Client, tell: Callable[[str], None]) -> None:
        """`tell` shows a line to the person who started it."""
        self.hand, self.name, self.client, self.tell = hand, name, client, tell
        self._said: dict[str, float] = {}
        self._began = time.monotonic()
        self._away = False
        self._files: set[int] = set()

    def turn(self) -> None:
        """Listens for a moment, then sends what the hand wishes."""
        now = time.monotonic()
        client = self.client
        if client.frame is not None:
            self._attend()
        client.listen(PERIOD_S)
        # until the styles are known touches wait in the device: they would be lost
        commands = self.hand.play(time.monotonic(), self.seen()) if client.frame is not None else []
        for command in commands:
            client.send(_named(command, self.name))
        for reply in client.errors:
            self._say(reply.error)
        client.errors.clear()
        if self.hand.trouble:
            self._say(self.hand.trouble)
        away = now - max(client.heard_at, self._began) > HEARD_S
        if away != self._away:
            self._away = away
            silent = client.trouble or "nothing is heard of the ensemble"
            self.tell(f"{silent}; waiting for it" if away else "the ensemble is heard again")
        # the first touch goes out at once; a moving fader is slowed, as the desk limits commands
        if (left := now + (PERIOD_S if commands else SHORTEST_S) - time.monotonic()) > 0:
            time.sleep(left)

    def _attend(self) -> None:
        """Lets the present device of the hand wake the runner."""
        files, poller = set(self.hand.files), self.client.poller
        for file in self._files - files:
            poller.unregister(file)
        for file in files - self._files:
            poller.register(file, zmq.POLLIN)
        self._files = files

    def seen(self) -> Seen:
        """The performance as it is now."""
        frame, health = self.client.frame, self.client.health
        assert frame is not None  # `turn` asks no hand before
        lie = {card.slug: card.at for card in self.client.cards}
        return Seen(
            styles=frame.styles,
            points=plane.lying_at([lie.get(slug) for slug in frame.styles]) if lie else (),
            weights=dict(zip(frame.styles, frame.pi, strict=True)),
            values={parameter.name: parameter.now(frame) for parameter in PARAMETERS},
            text=bytes(self.client.text[-TEXT:]),
            hands=frame.hands,
            solo=frame.solo,
            held=frame.held,
            presets=health.presets if health else (),
        )

    def close(self) -> None:
        """Closes the hand: its weights stay until another hand sets them, its tempo ends."""
        for command in self.hand.farewell(time.monotonic()):
            self.client.send(_named(command, self.name))
        self.client.send(LetGo(hand=self.name))
        try:
            self.hand.close()
        finally:  # also if the hand could not write its file
            self.client.close()

    def _say(self, line: str) -> None:
        now = time.monotonic()
        if now - self._said.get(line, -SAYS_AGAIN_S) >= SAYS_AGAIN_S:
            if len(self._said) > MOST_SAID:
                self._said.clear()
            self._said[line] = now
            self.tell(line)


def _named(command: Command, name: str) -> Command:
    return command if command.hand else msgspec.structs.replace(command, hand=name)


def module_of(kind: str) -> ModuleType:
    """The module of a kind of controller. Raises ControllerError when there is no such kind."""
    if kind not in KINDS:
        raise ControllerError(f"there is no controller {kind!r}; choose one of {', '.join(KINDS)}")
    return importlib.import_module(f"controllers.{kind}")


def parsed(words: Sequence[str], parents: Sequence[argparse.ArgumentParser] = ()) -> argparse.Namespace:
    """The flags of one controller, its kind first; `parents` know more flags.

    Raises ControllerError for an unknown kind; argparse ends the process for unknown flags.
    """
    if not words:
        raise ControllerError(f"name a controller: {', '.join(KINDS)}")
    kind, *flags = words
    module = module_of(kind)
    parser = argparse.ArgumentParser(
        prog=f"chorus control {kind}",
        description=module.__doc__,
        parents=list(parents),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(kind=kind)
    parser.add_argument("--name", default=kind, help="the hand's name on the screen (default: %(default)s)")
    module.add_arguments(parser)
    return parser.parse_args(flags)


def perform(
    args: argparse.Namespace, endpoints: Endpoints, tell: Callable[[str], None], ended: Callable[[], bool]
) -> None:
    """Plays one controller until `ended`. Raises ControllerError when its device is missing, or gone for good."""
    hand: Hand = module_of(args.kind).make(args)
    runner = Runner(hand, args.name, Client(endpoints), tell)
    try:
        while not ended():
            runner.turn()
    finally:
        runner.close()


def main() -> int:
    config = read_config(ControlConfig)

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the session's log

    try:
        perform(parsed(config.argv), config.endpoints, tell, input_ended)
    except ControllerError as e:
        tell(str(e))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
