"""Commands at the desk: applied by a table, checked, answered; then one mix is made of all hands' wishes.

A hand's command changes `Controls` (`actors.hands.commands`); those of styles and nodes change the membership. What a
command has changed is written into the journal before the next character.
"""

import time
from collections.abc import Callable
from typing import Any

from actors import EnsembleError
from actors.coordinator.events import Events
from actors.coordinator.membership import Membership
from actors.coordinator.step import Step
from actors.hands import commands as hands
from actors.hands.controls import RECENT, Controls
from actors.journal.writer import Journal
from actors.section.tape import Tape
from actors.wire.messages import Admit, Command, Join, Leave, NodeIsGone, NodeIsHere, Pull, SetRate

FUSED_S = 0.01  # the mix of all hands is made this often, and whenever one speaks

OF_MEMBERS: dict[type[Command], Callable[[Membership, Any], None]] = {
    Join: lambda membership, command: membership.join(command.card, command.node),
    Leave: lambda membership, command: membership.leave(command.slug),
    NodeIsHere: lambda membership, command: membership.meet_node(command),
    NodeIsGone: lambda membership, command: membership.miss_node(command.node),
}
LOCAL = (NodeIsHere, NodeIsGone)  # accepted from this machine alone


class Commands:
    """Applies commands, and keeps the mix up to date."""

    def __init__(
        self, controls: Controls, membership: Membership, step: Step, tape: Tape, journal: Journal, events: Events
    ) -> None:
        self._controls, self._membership, self._step = controls, membership, step
        self._tape, self._journal, self._events = tape, journal, events
        self._fused_at = 0.0

    def apply(self, command: Command, outside: bool = False) -> None:
        """Apply a command, which came from `outside` this machine or not.

        Raises EnsembleError, with a line for its sender, for one that cannot be followed; then nothing has changed.
        """
        if outside and isinstance(command, LOCAL):
            raise EnsembleError("nodes are introduced on this machine alone")
        if change := OF_MEMBERS.get(type(command)):
            change(self._membership, command)
            return
        settings, lookahead = self._controls.settings, self._controls.lookahead
        if event := hands.apply(self._controls, command, time.monotonic()):
            self._events.say(event)
        self._journal.settings(settings, self._controls.settings)
        self._journal.lookahead(lookahead, self._controls.lookahead)
        if isinstance(command, SetRate):
            self._journal.rate(command.cps)
        elif isinstance(command, Admit):
            self._journal.admitted(command.share)
        if not isinstance(command, Pull):  # it comes ten times a second, and is mostly the same
            self._fused_at, self._events.moved = 0.0, True

    def set_weights(self, weights: dict[str, float]) -> None:
        """π from the next character on, in the place of all wishes. Raises EnsembleError, and keeps the last good mix."""
        self._controls.check_weights(weights)
        self._controls.set_mix({slug: weights.get(slug, 0.0) for slug in self._controls.mix})
        self._membership.weigh(self._controls.mix)
        self._journal.weights(self._controls.mix)

    def fuse(self, at_once: bool = False) -> None:
        """Make the mix of all hands' wishes, those of a while ago included; at most every FUSED_S, or `at_once`."""
        now = time.monotonic()
        if now - self._fused_at < FUSED_S and not at_once:
            return
        self._fused_at = now
        if self._controls.fuse(self.recent_text(), now):
            self._membership.weigh(self._controls.mix)
            self._step.weights_moved()
            self._events.moved = True

    def recent_text(self) -> bytes:
        """The last characters written."""
        length = self._tape.length
        return self._tape.read(max(1, length - RECENT), length).tobytes()
