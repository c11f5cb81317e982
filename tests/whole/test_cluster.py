"""Three hosts: network namespaces with a real Ray node each, links that are cut, processes that are killed."""

from collections import Counter
from collections.abc import Iterator

import pytest

from actors.section.tape import SLOTS
from deploy.faults import faults, netns
from deploy.faults.faults import FAULTS, Installation
from tests.support.running import hear, traces

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not netns.possible(), reason="network namespaces take root and iproute2"),
]


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    before = traces()
    with faults.started() as made:
        yield made
    assert traces() == before


def test_the_styles_are_spread_over_the_hosts_and_all_speak(installation: Installation) -> None:
    health = installation.client.health
    assert {member.slot_id // 64 for member in health.roster} == {0, 1, 2}
    assert sorted(node.host for node in health.nodes) == [netns.address(2), netns.address(3)]
    assert all(node.answer_ms > 0 for node in health.nodes)


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if "minute" not in fault.name])
def test_the_text_goes_on_and_everyone_is_back_when(installation: Installation, name: str) -> None:
    recovery = installation.suffer(next(fault for fault in FAULTS if fault.name == name))
    assert recovery.kept, recovery


def test_after_all_of_it_every_host_has_its_part_of_the_styles_again(installation: Installation) -> None:
    client = installation.client
    assert client is not None

    def sits() -> Counter[int]:
        assert client.health is not None
        return Counter(member.slot_id // SLOTS for member in client.health.roster)

    hear(client, lambda: sorted(sits().values()) == [2, 2, 2])  # a node that came back may have another number


def test_after_all_of_it_the_journal_holds_every_character_once(installation: Installation) -> None:
    assert installation.check_journal() >= installation.client.position - 2
