"""`chorus add PACKAGE`: a style joins the ensemble that is playing, or newer weights of one take its place."""

from dataclasses import dataclass

from rich.console import Console

from deploy.ensemble import joining
from deploy.options.connection import LocalSession
from deploy.options.settings import argument
from deploy.options.styles import StyleFolders
from deploy.session import discovery
from models import package

SUMMARY = "a style joins the ensemble that is playing"
HELP = """\
A trained style joins while the text runs, with weight 0:  chorus add ~/styles/my-letters
It reads the whole text first, with low priority, so that nobody is late for it. A style that is playing already is replaced
between two characters, once its newer weights have read the text."""


@dataclass(frozen=True, kw_only=True)
class AddConfig(StyleFolders, LocalSession):
    package: str = argument("the folder of a style package, or the short name of an installed style")


def run(config: AddConfig) -> None:
    style = package.find(config.package, package.roots(config.styles))
    style.weights()  # a broken package is refused here, before the ensemble hears of it
    endpoints = discovery.find(config.session)
    card = joining.join(endpoints, style)
    with Console(stderr=True, highlight=False).status(f"{style.title} joins"):
        seconds = joining.wait_until_ready(endpoints, card)
    print(f"{style.title} has read the text and can speak, after {seconds:.1f} s")
