"""The settings of a benchmark."""

from dataclasses import dataclass

from actors.wire.parameters import LOOKAHEAD, Lookahead
from deploy.options.settings import flag
from deploy.options.types import parse_size
from models.architecture import Architecture

ACTIVE = (1, 2, 4, 8, 16, 24)


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    arch: str = flag("2x512", "1x256, 2x512, 3x512 or any other")
    styles: int = flag(24, "how many are loaded")
    repeats: int = flag(3, "measurements of each figure")
    seconds: float = flag(1.0, "for one measurement")
    json: bool = flag(False, "one line of JSON a row")
    simulate: bool = flag(False, "instead: what 10 to 1000 styles on 1 to 64 such machines would do")
    hosts: int | None = flag(
        None, "instead: the styles on one node, and spread over N", metavar="N", choices=range(2, 9)
    )
    control: bool = flag(False, "instead: from a hand's touch to the first character drawn from the new mix")
    lookahead: Lookahead | None = flag(
        None,
        "instead: with W hypotheses, D deep, and the same search with a call for every hypothesis and step",
        metavar="WxD",
        read=LOOKAHEAD.read_text,
    )
    display: list[tuple[int, int]] | None = flag(
        None,
        "instead: how long a picture takes, at 1920x1080 and 3840x2160 or these sizes",
        metavar="WxH",
        read=parse_size,
        nargs="*",
    )
    pictures: int = flag(3000, "of --display")
    monolith: str | None = flag(None, "instead: the ensemble, and one network in its place", metavar="ARCH")
    joining: bool = flag(False, "instead: the longest wait for a character while styles join and leave")

    @property
    def architecture(self) -> Architecture:
        """The network whose random weights are played. Raises ModelsError when `arch` names none."""
        return Architecture.parse(self.arch)

    @property
    def actives(self) -> tuple[int, ...]:
        """Numbers of styles that speak at once, a measurement each."""
        return tuple(sorted({n for n in ACTIVE if n <= self.styles} | {self.styles}))
