"""As far as there is time: width and depth of an automatic lookahead."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.coordinator.lookahead_budget import LADDER, SPENT, STEADY, LookaheadBudget, work
from actors.journal import format
from actors.journal.format import LookaheadChange
from actors.section.section import Section
from actors.wire.messages import SetLookahead, SetRate
from actors.wire.parameters import Lookahead
from tests.support.ensemble import ensemble, until

AUTO = Lookahead(auto=True)
times = st.floats(1e-5, 0.1)


class Measured(LookaheadBudget):
    """One that knows what a unit of work takes."""

    def __init__(self, unit_s: float) -> None:
        super().__init__(Section.__new__(Section))  # nobody is asked
        self._unit_s = unit_s

    def settled(self, left_s: float, ahead: Lookahead = AUTO) -> Lookahead:
        for _ in range(STEADY * len(LADDER)):
            ahead = self.fitting(ahead, left_s)
        return ahead


def size(ahead: Lookahead) -> float:
    return work(ahead.width, ahead.depth)


@given(times, times)
def test_auto_lookahead_takes_the_widest_search_that_fits_the_time(unit_s: float, left_s: float) -> None:
    found = Measured(unit_s).settled(left_s)
    assert (found.width, found.depth) in LADDER
    assert size(found) * unit_s <= SPENT * left_s
    larger = [work(*rung) for rung in LADDER if work(*rung) > size(found)]
    assert not larger or min(larger) * unit_s > SPENT * left_s


@given(times, times, times)
def test_auto_lookahead_shrinks_at_once_with_less_time(unit_s: float, left_s: float, less_s: float) -> None:
    looking = Measured(unit_s)
    found = looking.settled(left_s)
    after = looking.fitting(found, min(left_s, less_s))
    assert size(after) <= size(found)
    assert size(after) * unit_s <= SPENT * min(left_s, less_s) or size(after) == 0


def test_a_search_that_is_given_up_makes_the_next_one_smaller() -> None:
    looking = Measured(0.0)  # nothing was measured yet: it climbs
    ahead = looking.settled(0.05)
    looking._section.begin_search = lambda: None  # type: ignore[method-assign]

    def too_slow(*_: object) -> None:
        time.sleep(0.02)

    looking._section.explore = too_slow  # type: ignore[method-assign, assignment]
    search = looking.begin([0], 0.02, exact=False)
    assert search.explore([0], [97]) is None
    looking.end(search, ahead.width, looked=False)
    assert size(looking.fitting(ahead, 0.05)) < size(ahead)


def test_at_full_rate_there_is_no_lookahead_and_boldness_stays() -> None:
    assert not Measured(1e-3).settled(0.0, Lookahead(8, 8, 0.7, auto=True)).looks
    assert Measured(1e-3).settled(0.05, Lookahead(8, 8, 0.7, auto=True)).boldness == 0.7


def test_the_ladder_climbs() -> None:
    sizes = [work(*rung) for rung in LADDER]
    assert sizes == sorted(set(sizes))
    for rung in LADDER:
        Lookahead(*rung).check()


def test_auto_lookahead_searches_further_in_a_slow_text_and_the_journal_notes_it(
    styles_folder: Path, tmp_path: Path
) -> None:
    with ensemble(styles_folder, tmp_path) as one:
        coordinator = one.coordinator(mix={"alpha": 1.0, "beta": 1.0}, exact=False, rate_cps=20.0)
        until(lambda: len(coordinator.membership.ready()) == 4)
        coordinator.commands.apply(SetLookahead(auto=True))
        for _ in range(STEADY * len(LADDER)):
            coordinator.step(0.1)
        slow = coordinator.controls.lookahead
        assert slow.auto
        assert slow.looks
        coordinator.commands.apply(SetRate(cps=float("inf")))
        coordinator.step(0.1)
        assert not coordinator.controls.lookahead.looks
        coordinator.commands.apply(SetLookahead(width=2, depth=2))
        assert coordinator.controls.lookahead == Lookahead(2, 2)
        coordinator.close()
        told = [line.ahead for line in format.lines(tmp_path / "journal") if isinstance(line, LookaheadChange)]
    assert told[0] == {"auto": True}
    steps = {name: value for step in told[:-2] for name, value in step.items()}
    assert (steps["width"], steps["depth"]) == (slow.width, slow.depth)


def test_a_seeded_text_keeps_the_lookahead_it_was_given(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as one:
        coordinator = one.coordinator(mix={"alpha": 1.0, "beta": 1.0}, lookahead=Lookahead(4, 2, auto=True))
        for _ in range(3 * STEADY):
            coordinator.step(None)
        assert (coordinator.controls.lookahead.width, coordinator.controls.lookahead.depth) == (4, 2)
        coordinator.close()


@pytest.mark.parametrize("bad", [SetLookahead(width=0), SetLookahead(depth=99)])
def test_a_lookahead_out_of_range_changes_nothing(styles_folder: Path, tmp_path: Path, bad: SetLookahead) -> None:
    with ensemble(styles_folder, tmp_path, start=False) as one:
        coordinator = one.coordinator(lookahead=AUTO)
        with pytest.raises(EnsembleError, match="a lookahead is"):
            coordinator.commands.apply(bad)
        assert coordinator.controls.lookahead == AUTO
        coordinator.close()
