"""The loop of the instrument: one coordinator an installation, made of parts that each do one thing.

    Membership   which style has which slot                 Commands    what hands and clients ask for
    Step         the next character                         Publisher   frames, health, snapshots
    Journal      what decided the text                      Desk        the sockets

Between two characters it listens at its desk. It may be killed at any time: the text is in the journal and on the tape,
weights and seed in the journal, and its successor goes on with the next character.
"""

import time

from actors import EnsembleError
from actors.coordinator.cluster import Cluster
from actors.coordinator.commands import Commands
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.desk import Desk
from actors.coordinator.events import Events
from actors.coordinator.membership import Connect, Membership
from actors.coordinator.monolith_client import MonolithClient
from actors.coordinator.publisher import Publisher
from actors.coordinator.step import Step
from actors.hands.controls import Controls
from actors.hands.fusion import Fusion
from actors.hands.presets import Presets
from actors.hands.tempo import JUST_NOW_S
from actors.journal.writer import Journal
from actors.mixing import mixture
from actors.section.section import Section
from actors.section.tape import SLOTS
from actors.wire import codec
from actors.wire.messages import GetSnapshot, Reply
from actors.wire.parameters import Lookahead, MixSettings

DESK_EVERY_S = 0.004  # at full rate the desk is looked at this often
SNAPSHOT_COMMANDS = 50  # a snapshot counts as many
NOTED_S = 0.25  # while nothing is written, weights are noted this often
IDLE_READ_S = 0.001  # idle time to leave for one silent style's reading
BUSY_CPS = 200  # above this rate silent styles do not read along


class Coordinator:
    """One life of the coordinator."""

    def __init__(self, config: CoordinatorConfig, connect: Connect | None = None) -> None:
        """`connect` finds a section of another node by its name and may take a while; without it there is one node."""
        self.config = config
        weights = {card.slug: card.weights_sha256 for card in config.cards}
        self.journal = Journal(config.journal, config.seed, weights, config.monolith)
        self.events = Events()
        self.cluster = Cluster(Section(config.tape))
        self.monolith = MonolithClient(self.cluster.own, config.monolith)
        self.controls = Controls(
            config.settings,
            config.lookahead,
            config.rate_cps,
            fusion=Fusion(config.release_s),
            presets=Presets(config.presets),
            has_monolith=config.monolith is not None,
        )
        self.controls.visitors.admitted = config.admitted
        parts = self.cluster, self.monolith
        self.membership = Membership(config, *parts, self.controls, self.journal, self.events, connect)
        mix = config.mix
        if self.journal.past:
            mix = self._resume() or mix
        else:
            self._begin_journal()
        self.controls.set_mix({slug: mix.get(slug, 0.0) for slug in self.membership.roster.members})
        self.membership.weigh(mix)
        self.steps = Step(config, *parts, self.membership, self.controls, self.journal)
        self.commands = Commands(
            self.controls, self.membership, self.steps, self.cluster.tape, self.journal, self.events
        )
        self.desk = Desk(config.endpoints, config.public)
        self.publisher = Publisher(
            config, self.desk, *parts, self.membership, self.controls, self.steps, self.journal, self.events
        )

    def run(self) -> None:
        """Write until the tape is stopped."""
        self.listen(0.0)  # a successor hears of the other nodes first
        tape, due = self.cluster.tape, time.monotonic()
        listened, on_beat = 0.0, False
        while not tape.stopped:
            now, rate_cps = time.monotonic(), self.controls.rate_cps
            if rate_cps and not on_beat:
                due = min(due, now + 1 / rate_cps)  # the rate may have been raised since
            if self.publisher.ended or rate_cps == 0 or not self.can_begin():
                self._stand_still()
                due, on_beat = now, False
            elif now >= due:
                if not self.step(self.steps.deadline_s()):
                    self.listen(0.005)
                else:
                    due, on_beat = self._next_due(due, now)
                if now - listened > DESK_EVERY_S:
                    self.listen(0.0)
                    listened = now
            else:
                idle_s = due - now
                if rate_cps <= BUSY_CPS:
                    self.cluster.keep_up(self.steps.silent(), int(idle_s / IDLE_READ_S))
                    self.monolith.keep_up()
                self.listen(min(idle_s, 0.02, self.publisher.until_frame_s()))
            self.publisher.publish()
        self.publisher.publish(last=True)
        self.close()

    def step(self, deadline_s: float | None) -> bool:
        """Write one character. False when no style has answered in time; without a deadline, waits for all."""
        if self.membership.roster.waiting:
            self.membership.swap()
        if self.controls.transitions.waiting:
            self.commands.fuse(at_once=True)
        written = self.steps.write(deadline_s)
        if written:
            self.publisher.meter.count()
        return written

    def listen(self, patience_s: float) -> None:
        """Take in nodes, swaps and commands, waiting up to `patience_s` for a command."""
        self.membership.admit_nodes()
        self.cluster.look_in()
        if self.membership.roster.waiting:
            self.membership.swap()
        for sender, raw in self.desk.commands(patience_s):
            ref = 0
            try:
                command = codec.decode_command(raw)
                ref = command.ref
                if isinstance(command, GetSnapshot):
                    self.desk.charge(sender, SNAPSHOT_COMMANDS)
                    self.desk.answer(sender, self.publisher.snapshot(command.since))
                    continue
                self.commands.apply(command, sender.outside)
                self.desk.answer(sender, Reply(ref=ref))
            except EnsembleError as e:
                self.desk.answer(sender, Reply(error=str(e), ref=ref))
        self.commands.fuse()

    def close(self) -> None:
        self.desk.close()
        self.journal.close()

    def can_begin(self) -> bool:
        """True when the text may go on: with a mix, as soon as it can be heard; else as soon as two styles are ready."""
        ready = self.cluster.ready()
        active = ready[mixture.active(self.steps.pi)]
        begun = self.cluster.tape.length > 1
        if self.config.exact:
            return bool(active.all()) or begun
        if self.membership.pi.any():
            return bool(active.any()) or begun
        first = self.membership.ready()[:2]
        if len(first) < min(2, len(self.membership.slot_ids)) or not first:
            return False
        self.commands.set_weights({self.membership.names[slot_id]: 1.0 for slot_id in first})
        return True

    def _stand_still(self) -> None:
        self.publisher.meter.pause()
        self.cluster.keep_up(self.steps.silent(), SLOTS)
        self.monolith.keep_up()
        self.listen(0.02)
        self.steps.note_weights(NOTED_S)

    def _next_due(self, due: float, now: float) -> tuple[float, bool]:
        """The time at which the next character is due, and True if the beat decides that."""
        period_s = 1 / self.controls.rate_cps
        due = due + period_s if now - due < period_s else now + period_s
        tempo = self.controls.tempo
        if tempo is None or not tempo.waits(self.commands.recent_text()):
            return due, False
        return tempo.next_unit(due if tempo.unit != "char" else now + JUST_NOW_S), True

    def _begin_journal(self) -> None:
        if self.config.mix:
            self.journal.weights(self.config.mix)
        self.journal.settings(MixSettings(), self.controls.settings)
        self.journal.lookahead(Lookahead(), self.controls.lookahead)
        self.journal.rate(self.controls.rate_cps)

    def _resume(self) -> dict[str, float]:
        """Continue the journal; returns its weights.

        The tape is ahead of it by one character if the predecessor died between the two, and behind it on a new machine.
        """
        past, tape, controls = self.journal.past, self.cluster.tape, self.controls
        assert past is not None
        for code in past.text[tape.length - 1 :]:
            tape.append(code)
        for t in range(len(past.text) + 1, tape.length):
            self.journal.char(t, tape.at(t))
        controls.settings, controls.lookahead = past.settings, past.lookahead
        if (evidence := tape.remembered()) is not None:
            self.membership.evidence = evidence
        if past.rate_cps is not None:
            controls.rate_cps = past.rate_cps
        if past.admitted is not None:
            controls.visitors.admitted = past.admitted
        return past.weights
