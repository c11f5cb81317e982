"""A performance that follows a surface, and a small device made up here: what tests of surfaces play on."""

from dataclasses import replace

from actors.wire.messages import Command, Hold, SetPooling, SetRate, SetTemperature, SetWeights, Solo
from controllers.hand import Seen
from controllers.midi import map as midi_map
from controllers.midi.learn import Lesson, Pairing
from controllers.midi.messages import ControlChange, Message
from controllers.midi.surface import Surface

SMALL = midi_map.read(
    """
channel = 1
step = 2
rows = [
    { cc = "0-1", does = "weight", light = { values = "0-127" } },
    { cc = "2-3", does = "mute", light = { values = [0, 127] } },
    { cc = "4-5", does = "hold" },
    { cc = "6-7", does = "solo", shifted = "hold", light = { values = [0, 127] } },
    { cc = 10, does = "bank-up" },
    { cc = 11, does = "bank-down" },
    { cc = 12, does = "rate" },
    { cc = 13, does = "temperature" },
    { cc = 14, does = "still" },
    { cc = 15, does = "clear" },
    { cc = 16, does = "faster" },
    { cc = 17, does = "shift" },
    { cc = 18, does = "weight", fine = true },
    { cc = "20-21", does = "weight", follows = true, light = { values = "0-127" } },
    { cc = 22, does = "level", level = 0.5 },
    { cc = 23, does = "cross" },
    { cc = 24, does = "evenness" },
    { cc = "30-31", does = "preset", preset = 5, shifted = "keep" },
    { nrpn = 300, channel = 2, does = "weight" },
    { bend = true, does = "weight", slot = 1 },
]
""",
    "small",
)


STYLES = ("latex", "linux-c", "shakespeare", "sonnets", "recipes")


class SurfaceRig:
    """A performance that follows the surface, or another hand; what is wished is seen a tenth of a second later."""

    def __init__(
        self, pickup: bool = True, lesson: Lesson | Pairing | None = None, device: midi_map.DeviceMap = SMALL
    ) -> None:
        self.surface = Surface(device, pickup=pickup, lesson=lesson)
        self.seen = Seen(styles=STYLES, weights=dict.fromkeys(STYLES, 0.0))
        self.now = 0.0
        self._coming: list[Command] = []

    def wait(self, seconds: float = 10.0) -> None:
        self.surface.look(self.seen, self.now + 0.05)
        self.now += 0.1
        for command in self._coming:
            if isinstance(command, SetWeights):
                self.other_hand(**command.weights)
            elif isinstance(command, SetRate):
                self.set(rate=command.cps)
            elif isinstance(command, SetTemperature):
                self.set(temperature=command.temperature)
            elif isinstance(command, SetPooling):
                self.set(
                    **{name: value for name in ("cross", "evenness") if (value := getattr(command, name)) is not None}
                )
            elif isinstance(command, Solo):
                self.seen = replace(self.seen, solo=command.slugs)
            elif isinstance(command, Hold):
                held = set(self.seen.held) - set(command.slugs) | (set(command.slugs) if command.held else set())
                self.seen = replace(self.seen, held=sorted(held))
        self._coming.clear()
        self.surface.look(self.seen, self.now)
        self.now += seconds
        self.surface.look(self.seen, self.now)

    def set(self, **values: float) -> None:
        """Live parameters have these values now."""
        self.seen = replace(self.seen, values={**self.seen.values, **values})

    def other_hand(self, **weights: float) -> None:
        self.seen = replace(
            self.seen, weights={**self.seen.weights, **{k.replace("_", "-"): w for k, w in weights.items()}}
        )

    def touch(self, control: int, *values: int) -> list[Command]:
        """The commands of the last of the values."""
        commands: list[Command] = []
        for value in values:
            self.now += 0.01
            self.surface.look(self.seen, self.now)
            commands = self.surface.heard(ControlChange(1, control, value))
            self._coming += commands
        return commands

    def bank(self) -> list[str]:
        self.surface.look(self.seen, self.now)
        return self.surface.bank()

    def lights(self, after: float = 0.1) -> list[Message]:
        self.now += after
        self.surface.look(self.seen, self.now)
        return self.surface.lights()


def weigh(**weights: float) -> list[Command]:
    return [SetWeights(weights={slug.replace("_", "-"): w for slug, w in weights.items()}, replace=False)]


def seen_solo(rig: SurfaceRig, *slugs: str) -> None:
    """The performance is seen with these solo: the others are silent."""
    weights = {slug: weight if slug in slugs else 0.0 for slug, weight in rig.seen.weights.items()}
    if not any(weights.values()):
        weights |= dict.fromkeys(slugs, 1.0)
    rig.seen = replace(rig.seen, weights=weights, solo=slugs)


def weights_of(commands: list[Command]) -> dict[str, float]:
    (command,) = commands
    assert isinstance(command, SetWeights)
    return command.weights
