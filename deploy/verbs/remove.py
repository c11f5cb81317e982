"""`chorus remove STYLE`: a style leaves the ensemble that is playing."""

from dataclasses import dataclass

from actors.wire.messages import Leave
from deploy.options.connection import LocalSession
from deploy.options.settings import argument
from deploy.session import discovery

SUMMARY = "a style leaves the ensemble that is playing"
HELP = """\
chorus remove jane-austen
The others go on with the weights they have. One that speaks alone cannot leave."""


@dataclass(frozen=True, kw_only=True)
class RemoveConfig(LocalSession):
    style: str = argument("its short name")


def run(config: RemoveConfig) -> None:
    discovery.ask(discovery.find(config.session), Leave(slug=config.style))
    print(f"{config.style} has left")
