import math
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.journal.format import Change
from actors.journal.roster import Roster
from actors.wire import plane
from actors.wire.messages import Card
from deploy.ensemble.cards import card_of, cards_of
from models import package
from tests.conftest import refuse

SLUGS = ("alpha", "beta", "gamma", "delta", "epsilon")
WISHES = st.lists(st.tuples(st.sampled_from(("joins", "swaps", "leaves", "gives_up")), st.sampled_from(SLUGS)))


def card(slug: str, weights: str = "") -> Card:
    return Card(slug, slug.title(), "#88aaff", weights)


def follow(roster: Roster, wishes: list[tuple[str, str]]) -> list[Change]:
    """Whatever of `wishes` can be, as the changes it was."""
    changes = []
    for what, slug in wishes:
        try:
            change = Change(joins=roster.member_for(card(slug))) if what == "joins" else Change(**{what: slug})  # type: ignore[arg-type]
            roster.follow(change)
        except EnsembleError:
            continue
        changes.append(change)
    return changes


@given(WISHES)
def test_no_two_sit_in_one_chair_and_no_ticket_is_given_twice(wishes: list[tuple[str, str]]) -> None:
    roster = Roster([card("alpha"), card("beta")], slots=6)
    given_out = {member.generation for member in roster}
    for wish in wishes:
        for change in follow(roster, [wish]):
            if change.joins:
                assert change.joins.generation not in given_out
                given_out.add(change.joins.generation)
        everyone = list(roster)
        assert len({member.slot_id for member in everyone}) == len(everyone)
        assert set(roster.waiting) <= set(roster.members)
        for slot_id, generation in roster.generations().items():
            sitting = [member.generation for member in everyone if member.slot_id == slot_id]
            assert sitting in ([], [generation])


@given(WISHES)
def test_following_the_journal_leads_to_the_same_roster(wishes: list[tuple[str, str]]) -> None:
    first = Roster([card("alpha"), card("beta")], slots=6)
    changes = follow(first, wishes)
    second = Roster([card("alpha"), card("beta")], slots=6)
    for change in changes:
        second.follow(change)
    assert (first.members, first.waiting, first.generations()) == (second.members, second.waiting, second.generations())


@given(WISHES)
def test_the_ticket_of_a_chair_only_grows(wishes: list[tuple[str, str]]) -> None:
    roster = Roster([card("alpha"), card("beta")], slots=6)
    before = roster.generations()
    for wish in wishes:
        follow(roster, [wish])
        after = roster.generations()
        assert all(after[slot_id] >= generation for slot_id, generation in before.items())
        before = after


def test_newer_weights_take_the_place_of_the_older_in_the_order() -> None:
    roster = Roster([card("alpha"), card("beta"), card("gamma")], slots=4)
    roster.follow(Change(joins=roster.member_for(card("beta", "newer"))))
    assert [member.card.weights_sha256 for member in roster.members.values()] == ["", "", ""]
    roster.follow(Change(swaps="beta"))
    assert [(m.slug, m.card.weights_sha256) for m in roster.members.values()] == [
        ("alpha", ""),
        ("beta", "newer"),
        ("gamma", ""),
    ]


def test_a_chair_that_was_left_is_taken_again_last() -> None:
    roster = Roster([card("alpha"), card("beta")], slots=3)
    roster.follow(Change(leaves="alpha"))
    assert roster.member_for(card("gamma")).slot_id == 2


def test_a_full_node_takes_no_more_styles() -> None:
    roster = Roster([card(slug) for slug in SLUGS], slots=5)
    with pytest.raises(EnsembleError, match="all 5 slots of node 0 are taken"):
        roster.member_for(card("zeta"))
    with pytest.raises(EnsembleError, match="all 4 slots"):
        Roster([card(slug) for slug in SLUGS], slots=4)


def test_styles_that_begin_together_lie_by_kinship_and_those_of_which_nothing_is_known_in_a_ring(
    styles_folder: Path,
) -> None:
    shipped = package.only(package.installed([package.SHIPPED], refuse), ["linux-c", "javascript", "milton"])
    lie = {card.slug: card.at or (9.0, 9.0) for card in cards_of(list(shipped.values()))}
    assert math.dist(lie["linux-c"], lie["javascript"]) <= math.dist(lie["linux-c"], lie["milton"])
    assert all(math.hypot(*at) <= 1 for at in lie.values())
    unknown = list(package.installed([styles_folder], refuse).values())
    assert [card.at for card in cards_of(unknown)] == plane.places(4)


def test_a_style_that_joins_gets_a_point_and_no_other_moves(styles_folder: Path) -> None:
    alpha, beta, *_ = package.installed([styles_folder], refuse).values()
    playing = [msgspec.structs.replace(card_of(alpha), at=(-0.5, 0.0))]
    child = replace(beta, training={"from": "alpha"})
    assert card_of(beta).at is None
    place = card_of(child, playing).at
    assert place is not None
    assert 0.35 < math.dist(place, (-0.5, 0.0)) < 0.45
    assert card_of(beta, [card_of(alpha)]).at is None
