"""A node with a GPU. There is none here that torch could use, so the styles that are placed on it play on its processor."""

import secrets
from pathlib import Path

import pytest

from actors.coordinator.config import CoordinatorConfig
from actors.section.tape import SLOTS
from actors.wire.client import Client
from actors.wire.messages import StyleHealth
from deploy.bench.cluster import nodes
from deploy.ensemble.cards import cards_of
from deploy.ensemble.config import EnsembleConfig
from deploy.ensemble.node import make_token
from deploy.faults import netns
from deploy.faults.netns import Hosts
from deploy.session.session import Session
from deploy.session.supervisor import ENSEMBLE
from tests.conftest import random_style
from tests.support.running import hear

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not netns.possible(), reason="network namespaces take root and iproute2"),
    pytest.mark.usefixtures("nothing_is_left"),
]


def test_a_style_is_placed_on_the_node_with_a_gpu_and_speaks_whether_or_not_torch_can_use_it(tmp_path: Path) -> None:
    styles = [random_style(tmp_path / "styles", slug, seed=k) for k, slug in enumerate(("alpha", "beta", "gamma"))]
    token = tmp_path / "token"
    make_token(token)
    with (
        Hosts(2) as network,
        nodes(network, 2, token, tmp_path, gpu_on=2),
        Session(token, prefix=tuple(network.on(1, []))) as session,
    ):
        where = f"{netns.address(1)}:6379"
        coordinator = CoordinatorConfig(
            tape=session.name,
            endpoints=session.endpoints,
            cards=cards_of(styles),
            journal=tmp_path / "journal",
            seed=secrets.randbits(32),
            mix={"alpha": 1.0, "beta": 1.0},
            rate_cps=50.0,
        )
        session.start(ENSEMBLE, EnsembleConfig(coordinator=coordinator, address=where, place={"beta": "gpu"}))
        client = Client(session.endpoints)
        try:
            hear(client, lambda: client.frame and len(client.frame.active) == 2)
            hear(client, lambda: "torch" in style(client, "beta").message)
            assert client.health is not None
            sits = {member.slug: member.slot_id // SLOTS for member in client.health.roster}
            said = {slug: style(client, slug).message for slug in sits}
        finally:
            client.close()
    assert sits["beta"] == 1
    assert {slug: "torch" in message for slug, message in said.items()} == {slug: sits[slug] == 1 for slug in sits}


def style(client: Client, slug: str) -> StyleHealth:
    assert client.health is not None
    return next(style for style in client.health.styles if style.slug == slug)
