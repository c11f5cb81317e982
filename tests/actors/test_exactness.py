"""Skipping is exact, and a seeded text is the same whatever the timing of the machine."""

import contextlib
import math
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from actors import EnsembleError
from actors.coordinator.loop import Coordinator
from actors.journal import writer
from actors.section.tape import SLOT_IDS
from actors.wire import plane
from actors.wire.messages import Card
from actors.wire.parameters import HAND_OVER, LOG_LINEAR, Lookahead, MixSettings
from deploy.ensemble.cards import card_of
from models.engines import on_cpu
from tests.conftest import random_style
from tests.support.ensemble import Ensemble, ensemble, until

SCRIPT = {  # position -> the weights from there on: styles fall silent, come back, and join late
    1: {"alpha": 1.0, "beta": 0.5},
    40: {"alpha": 0.04, "beta": 1.0},
    90: {"gamma": 1.0, "alpha": 0.06},
    91: {"gamma": 1.0},
    150: {"delta": 0.3, "alpha": 0.3, "beta": 0.3, "gamma": 0.3},
    200: {"alpha": 1.0},
    260: {"beta": 1.0, "delta": 1.0},
}
LENGTH = 320


def perform(
    coordinator: Coordinator,
    stop: int = LENGTH,
    before: Callable[[int], None] = lambda t: None,
    weights: Callable[[int], dict[str, float] | None] = SCRIPT.get,
) -> tuple[bytes, np.ndarray]:
    """Write until the tape holds `stop` characters after its opening. Returns text and every ρ."""
    rhos = []
    while (t := coordinator.cluster.tape.length) <= stop:
        before(t)
        if mix := weights(t):
            coordinator.commands.set_weights(mix)
        assert coordinator.step(None)
        assert coordinator.steps.newest is not None
        rhos.append(coordinator.steps.newest.rho)
    coordinator.close()
    return coordinator.cluster.tape.read(1, stop + 1).tobytes(), np.array(rhos)


def test_a_skipped_style_speaks_as_if_it_had_never_been_skipped(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "skipping") as skipping:
        text, rhos = perform(skipping.coordinator())
    with ensemble(styles_folder, tmp_path / "stepping") as stepping:
        other_text, other_rhos = perform(stepping.coordinator(skipping=False))
    assert text == other_text
    assert np.abs(rhos - other_rhos).max() <= 1e-5


def test_a_seeded_text_does_not_depend_on_timing_or_deaths(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "calm") as calm:
        text, rhos = perform(calm.coordinator())
    with ensemble(styles_folder, tmp_path / "rough", start=False) as rough:
        dice = random.Random(1)
        starting = threading.Thread(target=rough.start, args=(2, 0, 3, 1))
        starting.start()

        def disturb(t: int) -> None:
            if dice.random() < 0.1:
                stopped = rough.processes[dice.randrange(4)]
                if stopped is not None and stopped.pid is not None:
                    os.kill(stopped.pid, signal.SIGSTOP)
                    threading.Timer(0.03, wake, (stopped.pid,)).start()
            if t == 120:
                rough.kill(0)
                rough.start(0)

        other_text, other_rhos = perform(rough.coordinator(), before=disturb)
        starting.join()
        time.sleep(0.1)  # let the last stopped one go on
    assert text == other_text
    assert np.array_equal(rhos, other_rhos)


def wake(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it was killed while it stood still
        os.kill(pid, signal.SIGCONT)


def test_words_are_handed_over_exactly_by_a_coordinator_that_dies_at_every_character(
    styles_folder: Path, tmp_path: Path
) -> None:
    """What hand-over remembers of a word is on the tape, whole, whenever its coordinator dies."""
    settings, mix = MixSettings(HAND_OVER), {"alpha": 1.0, "beta": 1.0, "gamma": 0.5}
    with ensemble(styles_folder, tmp_path / "whole") as whole:
        text, _ = perform(whole.coordinator(settings=settings, mix=mix), stop=60, weights=lambda t: None)
    with ensemble(styles_folder, tmp_path / "cut") as cut:
        for stop in range(1, 61):
            life = cut.coordinator(settings=settings, mix=mix)
            if stop % 2:  # this one died before the character was on the tape
                life.cluster.tape.remember(life.cluster.tape.length + 1, np.full(SLOT_IDS, 7.0))
                life.close()
                life = cut.coordinator(settings=settings, mix=mix)
            said, _ = perform(life, stop=stop, weights=lambda t: None)
    assert said == text


LOOKING = Lookahead(4, 3, 0.5)


@pytest.mark.parametrize("settings", [MixSettings(), MixSettings(HAND_OVER)])
def test_a_text_that_looks_ahead_does_not_depend_on_timing_or_deaths(
    settings: MixSettings, styles_folder: Path, tmp_path: Path
) -> None:
    """Silent styles come and go, one is killed and comes back in the middle of searches, and so is the coordinator."""
    with ensemble(styles_folder, tmp_path / "calm") as calm:
        text, rhos = perform(calm.coordinator(settings=settings, lookahead=LOOKING))
    with ensemble(styles_folder, tmp_path / "plain") as plain:
        assert perform(plain.coordinator(settings=settings))[0] != text
    with ensemble(styles_folder, tmp_path / "rough") as rough:

        def disturb(t: int) -> None:
            if t in (60, 200):
                speaks = 1 if t == 60 else 0
                rough.kill(speaks)
                rough.start(speaks)

        first = rough.coordinator(settings=settings, lookahead=LOOKING)
        perform(first, stop=130, before=disturb)
        again_text, more = perform(rough.coordinator(settings=settings, lookahead=LOOKING), before=disturb)
    assert again_text == text
    assert np.array_equal(more, rhos[130:])


def test_looking_one_deep_is_plain_sampling(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "plain") as plain:
        text, _ = perform(plain.coordinator(), stop=100)
    with ensemble(styles_folder, tmp_path / "narrow") as narrow:
        assert perform(narrow.coordinator(lookahead=Lookahead(1, 1)), stop=100)[0] == text


def test_another_seed_writes_another_text(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        text, _ = perform(made.coordinator(journal=tmp_path / "a"), stop=60)
    with ensemble(styles_folder, tmp_path / "b") as made:
        other, _ = perform(made.coordinator(seed=8), stop=60)
    assert text != other


@pytest.mark.parametrize(
    "settings", [MixSettings(), MixSettings(HAND_OVER, top_p=0.98), MixSettings(LOG_LINEAR, evenness=0.5)]
)
def test_the_text_after_a_coordinator_crash_continues_the_journal(
    settings: MixSettings, styles_folder: Path, tmp_path: Path
) -> None:
    with ensemble(styles_folder, tmp_path / "whole") as whole:
        text, _ = perform(whole.coordinator(settings=settings))
    with ensemble(styles_folder, tmp_path / "cut") as cut:
        first = cut.coordinator(settings=settings)
        perform(first, stop=130)
        second = cut.coordinator(settings=settings)  # as Ray makes it again: same score, same journal, same tape
        assert second.publisher.epoch == 2
        assert second.cluster.tape.length == 131
        continued, _ = perform(second)
    assert continued == text


def test_a_character_that_only_the_tape_has_is_not_lost(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        first = made.coordinator()
        perform(first, stop=50)
        text = first.cluster.tape.read(1, 52).tobytes()
        first.cluster.tape.append(65)  # died between tape and journal
        made.coordinator().close()
        assert bytes(writer.read(tmp_path / "journal").text) == text[:50] + b"A"


def test_a_character_that_only_the_journal_has_is_not_lost(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        first = made.coordinator()
        perform(first, stop=50)
        text = first.cluster.tape.read(1, 51).tobytes()
        first.cluster.tape._length[0] = 50  # died between journal and tape
        second = made.coordinator()
        assert second.cluster.tape.read(1, 51).tobytes() == text
        second.close()


def test_a_style_that_joins_late_has_read_everything(styles_folder: Path, tmp_path: Path) -> None:
    def rho_at_the_end(made: Ensemble, late: bool) -> np.ndarray:
        coordinator = made.coordinator()
        coordinator.commands.set_weights({"alpha": 1.0})
        while coordinator.cluster.tape.length <= 100:
            coordinator.step(None)
        if late:
            made.start(1)
        coordinator.commands.set_weights({"beta": 1.0})
        coordinator.step(None)
        coordinator.close()
        assert coordinator.steps.newest is not None
        return coordinator.steps.newest.rho

    with ensemble(styles_folder, tmp_path / "all") as everyone:
        expected = rho_at_the_end(everyone, late=False)
    with ensemble(styles_folder, tmp_path / "late", start=False) as some:
        some.start(0)
        assert np.array_equal(rho_at_the_end(some, late=True), expected)


def test_a_style_that_comes_and_goes_changes_nothing_where_its_weight_is_the_same(
    styles_folder: Path, tmp_path: Path
) -> None:
    def weights(t: int) -> dict[str, float] | None:
        """Where `delta` is away in the other run, it has no weight here."""
        return {4: {"alpha": 1.0}, 8: {"alpha": 0.5, "delta": 1.0}, 16: {"alpha": 1.0, "beta": 0.5}}.get(t % 20)

    with ensemble(styles_folder, tmp_path / "stays") as stays:
        coordinator = stays.coordinator()
        text, rhos = perform(coordinator, 400, weights=weights)
    with ensemble(styles_folder, tmp_path / "comes and goes") as comes:
        coordinator = comes.coordinator()
        delta = coordinator.membership.roster.members["delta"].card

        def come_and_go(t: int) -> None:
            if t % 20 == 17:
                coordinator.membership.leave("delta")
            elif t % 20 == 3 and t > 17:
                coordinator.membership.join(delta)
                comes.sit_down(coordinator.membership.roster.members["delta"])

        other, other_rhos = perform(coordinator, 400, come_and_go, weights)
    changes = writer.read(tmp_path / "comes and goes" / "journal").changes
    assert sum(change.leaves == "delta" for change in changes) == 20
    assert text == other
    assert np.abs(rhos - other_rhos).max() <= 1e-12  # in another slot id the sum is taken in another order


def test_newer_weights_speak_as_if_they_had_always_been_there(styles_folder: Path, tmp_path: Path) -> None:
    newer = random_style(tmp_path / "newer", "alpha", seed=99)
    with ensemble(styles_folder, tmp_path / "swaps") as made:
        coordinator = made.coordinator()
        while coordinator.cluster.tape.length <= 100:
            coordinator.step(None)
        coordinator.membership.join(card_of(newer))
        made.sit_down(coordinator.membership.roster.waiting["alpha"])
        until(lambda: bool(coordinator.step(None)) and not coordinator.membership.roster.waiting)
        assert coordinator.membership.roster.members["alpha"].card == card_of(newer)
        assert coordinator.steps.newest is not None
        text = coordinator.cluster.tape.read(0, coordinator.cluster.tape.length - 1)
        coordinator.close()
    engine = on_cpu(newer)
    engine.consume(text[:-1])
    assert np.abs(engine.step((0,), (int(text[-1]),))[0] - coordinator.steps.newest.omega[0]).max() < 1e-6


def test_the_next_coordinator_knows_which_styles_joined_and_left(styles_folder: Path, tmp_path: Path) -> None:
    newcomer = random_style(tmp_path / "newcomer", "epsilon", seed=5)
    with ensemble(styles_folder, tmp_path / "ensemble") as made:
        first = made.coordinator()
        first.membership.leave("gamma")
        first.membership.join(card_of(newcomer))
        made.sit_down(first.membership.roster.members["epsilon"])
        first.commands.set_weights({"epsilon": 1.0, "beta": 0.25})
        for _ in range(30):
            assert first.step(None)
        first.close()
        second = made.coordinator()
        assert list(second.membership.roster.members) == ["alpha", "beta", "delta", "epsilon"]
        assert second.membership.roster.generations() == first.membership.roster.generations()
        assert second.membership.pi.tolist() == first.membership.pi.tolist()
        assert second.step(None)
        assert second.steps.newest is not None
        assert sorted(second.steps.newest.slugs) == ["beta", "epsilon"]
        second.close()


def test_the_only_voice_cannot_leave(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path, start=False) as made:
        coordinator = made.coordinator(mix={"alpha": 1.0})
        with pytest.raises(EnsembleError, match="alpha alone speaks"):
            coordinator.membership.leave("alpha")
        with pytest.raises(EnsembleError, match="no style 'omega'"):
            coordinator.membership.leave("omega")
        coordinator.commands.set_weights({"beta": 1.0})
        coordinator.membership.leave("alpha")
        with pytest.raises(EnsembleError, match="no style 'alpha'"):
            coordinator.commands.set_weights({"alpha": 1.0})
        coordinator.close()


def test_a_card_that_cannot_be_shown_does_not_join(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path, start=False) as made:
        coordinator = made.coordinator()
        for card in (
            Card("../etc", "x", "#88aaff"),
            Card("x", "\x1b[2J", "#88aaff"),
            Card("x", "x", "red"),
            Card("x", "x", "#ffffff", "", "/a\0b"),
            Card("x", "x", "#ffffff", at=(float("nan"), 0.0)),
            Card("x", "x", "#ffffff", at=(0.0, float("inf"))),
            Card("x", "x", "#ffffff", at=(0.0, -1.01)),
        ):
            with pytest.raises(EnsembleError):
                coordinator.membership.join(card)
        assert coordinator.journal.past is None
        coordinator.close()


def test_a_style_that_joins_has_a_place_and_newer_weights_keep_it(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path, start=False) as made:
        made.cards = [replace(card, at=at) for card, at in zip(made.cards, plane.places(4), strict=True)]
        coordinator = made.coordinator()
        before = {slug: member.card.at for slug, member in coordinator.membership.roster.members.items()}
        coordinator.membership.join(Card("nobody-knows-it", "It", "#ffffff"))
        place = coordinator.membership.roster.members["nobody-knows-it"].card.at
        assert place is not None
        assert min(math.dist(place, other) for other in plane.places(4)) > 0.5
        coordinator.membership.join(Card("alpha", "Alpha", "#88aaff", "newer", at=(0.9, 0.9)))
        assert coordinator.membership.roster.waiting["alpha"].card.at == before["alpha"]
        with pytest.raises(EnsembleError, match="plays these weights already"):
            coordinator.membership.join(replace(coordinator.membership.roster.members["alpha"].card, at=(0.1, 0.1)))
        assert {slug: coordinator.membership.roster.members[slug].card.at for slug in before} == before
        coordinator.close()
