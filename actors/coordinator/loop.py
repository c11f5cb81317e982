"""The coordinator: the loop of the instrument, one per installation.

Each turn: the active set of π, their rows from the section, ρ, one character, and out with it: tape first, so that the
styles go on at once, then journal, then the frame. Between two characters it listens at its desk. It may be killed at any
time: the text is in the journal and on the tape, weights and seed in the journal, and its successor goes on with the next
character.

Two promises pull apart. Live, a step has a deadline, and who was late is written beside the character. Seeded (`exact`),
there is none: the same seed gives the same text, whatever the timing of the machine.
"""

import os
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError
from actors.coordinator.commands import OF_HANDS
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.lookahead_budget import LookaheadBudget
from actors.coordinator.membership import KEPT
from actors.coordinator.publisher import Newest, Telling
from actors.hands.tempo import JUST_NOW_S
from actors.journal.writer import ALONE, MIXED, SILENT, Journal
from actors.mixing import combine, mixture, pooling
from actors.mixing.dice import Dice
from actors.section.remote import Post
from actors.section.tape import SLOTS
from actors.wire import codec, messages
from actors.wire.messages import GetSnapshot, Join, Leave, NodeIsGone, NodeIsHere, Reply, SetRate, Snapshot
from actors.wire.parameters import HAND_OVER, RATE, Lookahead, MixSettings

SHORTEST_DEADLINE_S, LONGEST_DEADLINE_S = 0.02, 0.1
PATIENCE = 3  # times the usual turn
STAND_IN_AFTER_S = 0.5  # when nobody of the active set answers, whoever is ready speaks
EXACT_TURN_S = 0.25
DESK_EVERY_S = 0.004  # at full rate the desk is looked at this often
SNAPSHOT_COMMANDS = 50  # a snapshot counts as many
NOTED_S = 0.25  # while nothing is written, weights are noted this often
IDLE_READ_S = 0.001  # idle time to leave for one silent style's reading


class CoordinatorActor:
    """What Ray holds the one of."""

    def __init__(self, score: CoordinatorConfig) -> None:
        self._thread = threading.Thread(target=self._live, args=(score,), daemon=True)
        self._thread.start()

    def pid(self) -> int:
        return os.getpid()

    def _live(self, score: CoordinatorConfig) -> None:
        try:
            conduct(score)
        except BaseException:
            traceback.print_exc()
            os._exit(1)  # Ray starts a fresh one, which continues the journal
        os._exit(0)


def conduct(score: CoordinatorConfig) -> None:
    """Run the loop until the tape is stopped."""
    from actors.section.actor import connect

    Coordinator(score, connect).run()


class Coordinator(Telling):
    """One life of the coordinator."""

    def __init__(self, score: CoordinatorConfig, connect: Callable[[str], Post] | None = None) -> None:
        """`connect` finds a section of another node by its name; it may take a while. Without it there is one node."""
        weights = {card.slug: card.weights_sha256 for card in score.cards}
        journal = Journal(score.journal, score.seed, weights, score.monolith)
        super().__init__(score, journal, connect)
        if self.journal.past is None:
            if score.mix:
                self.journal.weights(score.mix)
            self.journal.settings(MixSettings(), self.settings)
            self.journal.ahead(Lookahead(), self.ahead)
            self.journal.rate(self.rate_cps)
        else:
            self._resume()
        self.dice = Dice(score.seed if self.journal.past is None else self.journal.past.seed)
        self.open_desk()
        self._nobody_since = 0.0
        self._usual_s = LONGEST_DEADLINE_S / PATIENCE  # how long it takes until everyone is heard
        self.looking = LookaheadBudget(self.sections.own)

    def run(self) -> None:
        self._listen(0.0)  # whoever comes after a predecessor hears of the other nodes first
        tape, due = self.sections.tape, time.monotonic()
        listened, on_beat = 0.0, False
        while not tape.stopped:
            now = time.monotonic()
            if self.rate_cps and not on_beat:
                due = min(due, now + 1 / self.rate_cps)  # the rate may have been raised since
            if self.ended or self.rate_cps == 0 or not self._can_begin():
                self._measured.pause()
                self.sections.keep_up(self._silent(), SLOTS)
                self.monolith.keep_up()
                self._listen(0.02)
                self.note_weights(NOTED_S)
                due, on_beat = now, False
            elif now >= due:
                if not self.step(self._deadline_s()):
                    self._listen(0.005)
                else:
                    period = 1 / self.rate_cps
                    due = due + period if now - due < period else now + period
                    on_beat = self.tempo is not None and self.tempo.waits(self.lately())
                    if self.tempo and on_beat:
                        due = self.tempo.next_unit(due if self.tempo.unit != "char" else now + JUST_NOW_S)
                if now - listened > DESK_EVERY_S:
                    self._listen(0.0)
                    listened = now
            else:
                idle = due - now
                if self.rate_cps <= 200:
                    self.sections.keep_up(self._silent(), int(idle / IDLE_READ_S))
                    self.monolith.keep_up()
                self._listen(min(idle, 0.02, self._until_frame_s()))
            self._publish()
        self._publish(last=True)
        self.close()

    def close(self) -> None:
        self.desk.close()
        self.journal.close()

    def step(self, deadline_s: float | None) -> bool:
        """Write one character. False when nobody could be heard in time."""
        if self.roster.waiting:
            self._swap()
        if self.moves.waiting:
            self.fuse(at_once=True)
        sections, effective_weights = self.sections, self._weights_of_this_character()
        t, settings = sections.tape.length, self.settings
        if not self.score.skipping:
            sections.gather(self.slot_ids.tolist(), deadline_s)
        began = time.monotonic()
        wished = self.monolith.hear(effective_weights, settings.cross)
        crossed = wished if self.score.exact or self.monolith.ready else []
        self.monolith.ask(crossed)
        pi = self._speaking(effective_weights)
        asked, wanted = self._own(pi, crossed), self._own(effective_weights, wished)
        slot_ids = sections.gather(asked, deadline_s)
        answer = self.monolith.answer(crossed, deadline_s)
        spoke = MIXED if answer or not wished else SILENT
        self._turn_took(time.monotonic() - began, spoke == MIXED and slot_ids == wanted)
        if self.score.exact and not (spoke == MIXED and slot_ids == wanted):
            return False
        if spoke == SILENT:  # its styles speak for themselves
            wanted = self._own(effective_weights, [])
            if crossed:
                asked = self._own(pi, [])
                slot_ids = sections.gather(asked, deadline_s)
        if slot_ids or answer:
            self._nobody_since = 0.0
        elif not self._nobody_for_long():
            return False
        elif answer := self.monolith.stand_in(effective_weights, LONGEST_DEADLINE_S):
            spoke, settings = ALONE, replace(settings, cross=1.0)
        elif not (slot_ids := sections.gather(self.ready(), LONGEST_DEADLINE_S)):
            return False
        heard = combine.together(settings, slot_ids, sections.rows(slot_ids), effective_weights, self.evidence, answer)
        looks = (self.ahead.looks or self.ahead.auto) and answer is None and sections.explores(slot_ids)
        if self.ahead.auto and looks and not self.score.exact:
            self._look_as_far_as_there_is_time(began)
        found = None
        if self.ahead.looks and looks:
            mixed = heard.rho, heard.omega, heard.weights, self.evidence[slot_ids], self.dice.more(t), self.dice.at(t)
            found = self.looking.choose(settings, self.ahead, *mixed, slot_ids, deadline_s, self.score.exact)
            if self.score.exact and not found.looked:
                return False  # it will be, next time
        char = found.char if found else mixture.sample(heard.rho, self.dice.at(t))
        if self.settings.pooling == HAND_OVER:
            self.evidence = pooling.hear(self.evidence, char, heard.omega, heard.slot_ids, heard.rho)
            sections.tape.remember(t + 1, self.evidence)
        sections.append(char)
        if t != self.score.limit:
            # they step while this process writes the journal and shows the character
            sections.ask([*asked, *self._reading_along()])
        told = None if slot_ids == wanted else [self._names[slot_id] for slot_id in slot_ids]
        looked = not self.ahead.looks or (found is not None and found.looked)
        self.journal.char(t, char, told, looked, spoke)
        voices = self._voices[t % KEPT]
        voices[:] = 0
        voices[heard.slot_ids] = np.rint(255 * heard.whose(char))
        slugs = [self._names[slot_id] for slot_id in heard.slot_ids]
        self.newest = Newest(slugs, heard.omega, heard.rho, found.hypotheses if found else [])
        self._measured.count()
        return True

    def _weights_of_this_character(self) -> NDArray[np.float64]:
        """π as it counts, which stays what it is for a character once the monolith has heard it.

        The journal has it before that: whoever comes after this life, or says it again, knows what was heard.
        """
        t = self.sections.tape.length
        if self.monolith.asked_at != t:
            self._frozen = None
            self.note_weights()
            self._frozen = self.effective_weights
        assert self._frozen is not None
        return self._frozen

    def _look_as_far_as_there_is_time(self, began: float) -> None:
        """Change width and depth to what the rate leaves, after what hearing everyone has taken since `began`."""
        left_s = 1 / self.rate_cps - (time.monotonic() - began) if self.rate_cps else 0.0
        if (fitting := self.looking.fitting(self.ahead, left_s)) != self.ahead:
            self.journal.ahead(self.ahead, fitting)
            self.ahead = fitting

    def _speaking(self, effective_weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """π of the styles that can be asked. Exact: all of them, so that timing decides nothing."""
        if self.score.exact:
            return effective_weights
        return np.where(self.sections.ready(), effective_weights, 0.0)

    def _nobody_for_long(self) -> bool:
        """Whether it is time for whoever is ready: nobody who should speak has answered. The text never stops."""
        now = time.monotonic()
        self._nobody_since = self._nobody_since or now
        return not self.score.exact and now - self._nobody_since >= STAND_IN_AFTER_S

    def _can_begin(self) -> bool:
        """Whether the text may go on: with a mix given, as soon as it can be heard; else as soon as two are ready."""
        ready = self.sections.ready()
        if self.score.exact:
            return bool(ready[mixture.active(self.effective_weights)].all()) or self.sections.tape.length > 1
        if self.pi.any():
            return bool(ready[mixture.active(self.effective_weights)].any()) or self.sections.tape.length > 1
        first = self.ready()[:2]
        if len(first) < min(2, len(self.slot_ids)) or not first:
            return False
        self.set_weights({self._names[slot_id]: 1.0 for slot_id in first})
        return True

    def _deadline_s(self) -> float:
        if self.score.exact:
            return EXACT_TURN_S  # and again, until all have answered; in between it listens
        return min(LONGEST_DEADLINE_S, max(SHORTEST_DEADLINE_S, 0.5 / self.rate_cps, PATIENCE * self._usual_s))

    def _turn_took(self, seconds: float, all_heard: bool) -> None:
        """What a turn takes decides how long the next is waited for: many large styles are slow, and not late."""
        if all_heard:
            self._usual_s += (seconds - self._usual_s) / 16
        else:
            self._usual_s = min(1.1 * self._usual_s, LONGEST_DEADLINE_S / PATIENCE)

    def _resume(self) -> None:
        """Continue the journal. The tape is ahead of it by one character if the predecessor died between the two."""
        past, tape = self.journal.past, self.sections.tape
        assert past is not None
        for code in past.text[tape.length - 1 :]:
            tape.append(code)
        for t in range(len(past.text) + 1, tape.length):
            self.journal.char(t, tape.at(t))
        if past.weights:
            self.pi = self._vector(past.weights)
            self.fusion.stand(self._weights())
        self.settings, self.ahead = past.settings, past.ahead
        if (evidence := tape.remembered()) is not None:
            self.evidence = evidence
        if past.rate_cps is not None:
            self.rate_cps = past.rate_cps
        if past.admitted is not None:
            self.visitors.admitted = past.admitted
        self.epoch = past.epoch

    def _listen(self, patience_s: float) -> None:
        self._admit_nodes()
        self.sections.look_in()
        if self.roster.waiting:
            self._swap()
        for sender, command in self.desk.commands(patience_s):
            ref = 0
            try:
                told = codec.decode_command(command)
                ref = told.ref
                if sender.outside and isinstance(told, NodeIsHere | NodeIsGone):
                    raise EnsembleError("nodes are told of on this machine alone")
                if isinstance(told, GetSnapshot):
                    self.desk.charge(sender, SNAPSHOT_COMMANDS)
                self.desk.answer(sender, self._obey(told))
            except EnsembleError as e:
                self.desk.answer(sender, Reply(error=str(e), ref=ref))
        self.fuse()

    def _obey(self, command: messages.Command) -> Reply | Snapshot:
        if isinstance(command, OF_HANDS):
            self.obey_hand(command)
        elif isinstance(command, SetRate):
            if not (command.cps == 0 or command.cps >= RATE.low):  # NaN neither
                raise EnsembleError(
                    f"a rate is 0 (stand still), or {RATE.low:g} characters a second or more; infinity is all it can"
                )
            self.rate_cps = command.cps
            self.journal.rate(command.cps)
        elif isinstance(command, Join):
            self.join(command.card, command.node)
        elif isinstance(command, NodeIsHere):
            self._meet(command)
        elif isinstance(command, NodeIsGone):
            self._miss(command.node)
        elif isinstance(command, Leave):
            self.leave(command.slug)
        elif isinstance(command, GetSnapshot):
            return self._snapshot(command.since)
        return Reply(ref=command.ref)
