from actors.wire.messages import Card, Health, Member, NodeHealth, StyleHealth
from deploy.ensemble.metrics import OF_ALL
from tests.actors.wire.test_messages import frame


def test_the_figures_of_the_whole_are_those_of_its_health() -> None:
    health = Health(
        epoch=3,
        pid=1,
        styles=[StyleHealth("x", "ready", 0, 0.2, 11), StyleHealth("y", "lost", 40, 0.2, 0)],
        position=101,
        journal="full",
        roster=[Member(Card("x", "X", "#ffffff"), 0, 1), Member(Card("y", "Y", "#ffffff"), 1, 2)],
        nodes=[NodeHealth(1, "10.0.0.2", "section.1", 1.0, "gone"), NodeHealth(2, "10.0.0.3", "section.2", 1.0, "")],
        longest_wait_ms=70.0,
    )
    assert {name: figure(frame(), health) for name, (_, figure) in OF_ALL.items()} == {
        "characters": 100,
        "characters_per_second": 3.0,
        "longest_wait_ms": 70.0,
        "coordinator_restarts": 2,
        "journal_trouble": 1.0,
        "styles": 2,
        "styles_ready": 1,
        "nodes_in_trouble": 1,
    }
