"""A control surface: turns its touches into commands, and the performance into lights. Pure: no ports, no clock.

There are more styles than faders: a bank of them is under the device's slots, and bank buttons move it. The position of a
control belongs to its place on the device, a wish to its style (`local_mix`).
"""

import math
from collections.abc import Callable, Sequence

from actors.wire.messages import Command, Hold, Preset, SetWeights, Solo
from actors.wire.parameters import RATE, TEMPERATURE, Number
from controllers.hand import Seen
from controllers.midi.learn import Lesson, MixState, Pairing
from controllers.midi.learn_store import with_learnt
from controllers.midi.lights import Lights
from controllers.midi.local_mix import A_HAIR, Mix
from controllers.midi.map import OF_A_STYLE, Control, DeviceMap, Does
from controllers.midi.messages import Message, ProgramChange
from controllers.midi.scales import position_of, value_at
from controllers.midi.touch import Address, Kind, Touch, Touches
from controllers.takeover import NEAR, Takeover

QUIET_S = 0.4  # a control is left alone so long after it was moved
A_STEP = 1.25  # factor of the buttons for faster, slower, warmer and cooler
RECALLED_S = 2.0  # that a preset takes to come


class Surface:
    """One device at play. `learnt` gives controls to styles, whatever the map says of them.

    1. `plugged_in` returns the first messages for the device, whenever it comes.
    2. `look` shows it the performance, before every round of
    3. `heard`, which returns the commands of a message, and `lights`, which returns messages for the device.
    4. `dark` puts the lights out.
    """

    def __init__(
        self,
        device: DeviceMap,
        learnt: dict[Address, str] | None = None,
        pickup: bool = True,
        lesson: Lesson | Pairing | None = None,
    ) -> None:
        self.device, self.pickup, self.lesson = device, pickup, lesson
        self.learnt = dict(learnt or {})
        self.first = 0  # the style under slot 0
        self.muted: dict[str, float] = {}  # the weights that they get back
        self.recalled = ""  # the last one
        self._styles: list[str] = []
        self._presets: Sequence[str] = ()
        self._now = 0.0
        self._mix = Mix()
        self._going_cps: float = RATE.default
        self._touches = Touches(
            {c.address for c in device.controls.values() if c.fine},
            {address for address in device.controls if address.kind is Kind.NRPN},
        )
        self._shift = False
        self._layer = device.layers[0] if device.layers else ""
        self._takeovers: dict[Address, Takeover] = {}
        self._touched_at: dict[Address, float] = {}
        self._lights = Lights()
        self._presses: dict[Does, Callable[[Control, str], list[Command]]] = {
            Does.LEVEL: lambda control, slug: self._weigh({slug: control.level * self._mix.scale}),
            Does.SOLO: lambda _, slug: self._toggle_solo(slug),
            Does.MUTE: lambda _, slug: self._toggle_mute(slug),
            Does.HOLD: lambda _, slug: self._toggle_hold(slug),
            Does.BANK_UP: lambda *_: self._bank(device.step),
            Does.BANK_DOWN: lambda *_: self._bank(-device.step),
            Does.STILL: lambda *_: self._go(on=self._mix.value(RATE) == 0),
            Does.STOP: lambda *_: self._go(on=False),
            Does.GO: lambda *_: self._go(on=True),
            Does.FASTER: lambda *_: self._faster(A_STEP),
            Does.SLOWER: lambda *_: self._faster(1 / A_STEP),
            Does.WARMER: lambda *_: self._warmer(A_STEP),
            Does.COOLER: lambda *_: self._warmer(1 / A_STEP),
            Does.PLAIN: lambda *_: self._set(TEMPERATURE, TEMPERATURE.default),
            Does.CLEAR: lambda *_: self._clear(),
            Does.PRESET: lambda control, _: self._recall(control.preset),
            Does.KEEP: lambda control, _: [Preset(name=preset_name(control.preset), what="keep")],
        }
        mix = self._mix
        self._shown: dict[Does, Callable[[Control, str], float]] = {
            Does.WEIGHT: lambda _, slug: mix.relative(slug),
            # the lowest pad shows that there is a style
            Does.LEVEL: lambda c, slug: bool(slug) and (not c.level or mix.relative(slug) >= c.level - NEAR),
            Does.SOLO: lambda _, slug: slug in mix.solo,
            Does.MUTE: lambda _, slug: slug in self.muted,
            Does.HOLD: lambda _, slug: slug in mix.held,
            Does.BANK_UP: lambda *_: self.first + device.step < len(self._styles),
            Does.BANK_DOWN: lambda *_: self.first > 0,
            Does.STILL: lambda *_: mix.value(RATE) == 0,
            Does.STOP: lambda *_: mix.value(RATE) == 0,
            Does.GO: lambda *_: mix.value(RATE) > 0,
            Does.PLAIN: lambda *_: abs(mix.value(TEMPERATURE) - TEMPERATURE.default) < 0.01,
            Does.CLEAR: lambda *_: bool(mix.solo or mix.held or self.muted),
            Does.SHIFT: lambda *_: self._shift,
            Does.PRESET: lambda c, _: self.recalled == preset_name(c.preset) and self.recalled in self._presets,
            Does.KEEP: lambda c, _: preset_name(c.preset) in self._presets,  # it would be written over
        }

    def plugged_in(self) -> list[Message]:
        """The first messages for the device. The positions of its controls and its lights are unknown again."""
        self._takeovers.clear()
        self._lights.forget()
        self._shift = False
        return list(self.device.hello)

    def look(self, seen: Seen, now: float) -> None:
        """Takes in the performance. Raises ControllerError when a style to be learnt is not there."""
        self._now, self._styles, self._presets = now, list(seen.styles), seen.presets
        if self._styles:
            self.first = min(self.first, (len(self._styles) - 1) // self.device.step * self.device.step)
        self._mix.look(seen, now)
        if self.lesson:
            state = MixState(self._mix.weights, self._mix.solo, self._mix.held)
            if pair := self.lesson.look(state, now):
                self.learnt = with_learnt(self.learnt, *pair)
        self._going_cps = self._mix.value(RATE) or self._going_cps
        for slug in [slug for slug in self.muted if self._mix.relative(slug) > A_HAIR]:
            del self.muted[slug]  # another hand has raised it

    def heard(self, message: Message) -> list[Command]:
        """The commands that a message from the device means."""
        if isinstance(message, ProgramChange):
            return [] if self.lesson and not self.lesson.over else self._recall(message.program + 1)
        touch = self._touches.read(message)
        if touch is None:
            return []
        if self.lesson and self.lesson.takes(touch.address):
            if slug := self.lesson.heard(touch):
                self.learnt = with_learnt(self.learnt, touch.address, slug)
            self._takeover(touch.address).where = touch.position
            return []
        self._touched_at[touch.address] = self._now
        control = self.device.find(touch.address)
        if touch.address in self.learnt:
            slug = self.learnt[touch.address]
            return self._move(touch, Does.WEIGHT, slug, control) if slug in self._styles else []
        if control is None:
            return []
        if control.layer and control.layer != self._layer:
            self._layer = control.layer
            self._lights.forget()
        does, slug, pressed = self._does(control), self._slug(control), touch.position > 0
        if does is Does.SHIFT:
            self._shift = pressed
        elif isinstance(does, Number) or does is Does.WEIGHT:
            return self._move(touch, does, slug, control)
        elif pressed and (slug or does not in OF_A_STYLE):
            return self._presses[does](control, slug)
        return []

    def bank(self) -> list[str]:
        """The styles that are under the device's controls now."""
        slots = [c.slot for c in self.device.controls.values() if c.does in OF_A_STYLE]
        return self._styles[self.first : self.first + max(slots, default=-1) + 1]

    def lights(self) -> list[Message]:
        """The messages for lights that have changed; none when asked again too soon."""
        if not self._lights.is_due(self._now):
            return []
        controls = filter(self._is_shown, self.device.controls.values())
        return self._lights.show(((c.light, self._brightness(c)) for c in controls if c.light), self._now)

    def dark(self) -> list[Message]:
        """The messages that put all lights out."""
        return self._lights.dark(c.light for c in self.device.controls.values() if c.light)

    def _is_shown(self, control: Control) -> bool:
        """True if a control is on the present layer, and not being moved by the hand."""
        pulls = control.follows and self._now - self._touched_at.get(control.address, -math.inf) < QUIET_S
        return not pulls and control.layer in ("", self._layer)

    def _brightness(self, control: Control) -> float:
        does, slug = self._does(control), self._slug(control)
        if control.address in self.learnt:
            does, slug = Does.WEIGHT, self.learnt[control.address]
        if isinstance(does, Number):
            return position_of(does, self._mix.value(does))
        return float(self._shown[does](control, slug)) if does in self._shown else 0.0

    def _does(self, control: Control) -> Does | Number:
        return control.shifted if self._shift and control.shifted else control.does

    def _slug(self, control: Control) -> str:
        """The style under a control; empty where there is none."""
        place = self.first + control.slot
        return self._styles[place] if control.does in OF_A_STYLE and place < len(self._styles) else ""

    def _takeover(self, address: Address) -> Takeover:
        return self._takeovers.setdefault(address, Takeover())

    def _move(self, touch: Touch, does: Does | Number, slug: str, control: Control | None) -> list[Command]:
        """A continuous control moves a live parameter, or the weight of a style."""
        number = does if isinstance(does, Number) else None
        present = position_of(number, self._mix.value(number)) if number else self._mix.relative(slug)
        acts = self._takeover(touch.address).moved(touch.position, present)
        if self.pickup and not acts and not (control and control.follows):
            return []
        if number:
            return self._set(number, value_at(number, touch.position))
        return self._weigh({slug: touch.position * self._mix.scale}) if slug else []

    def _weigh(self, weights: dict[str, float]) -> list[Command]:
        for slug in [slug for slug, weight in weights.items() if weight > 0]:
            self.muted.pop(slug, None)
        return [SetWeights(weights={s: self._mix.wish(s, w) for s, w in weights.items()}, replace=False)]

    def _set(self, parameter: Number, value: float) -> list[Command]:
        return [parameter.command(self._mix.wish_value(parameter, value))]

    def _toggle_solo(self, slug: str) -> list[Command]:
        solo = self._mix.wish_solo(self._mix.solo ^ {slug})
        return [Solo(slugs=[slug for slug in self._styles if slug in solo])]

    def _toggle_hold(self, slug: str) -> list[Command]:
        return [Hold(slugs=[slug], held=self._mix.wish_held(slug, slug not in self._mix.held))]

    def _toggle_mute(self, slug: str) -> list[Command]:
        if slug in self.muted:
            return self._weigh({slug: self.muted[slug]})
        weight = self._mix.weight(slug)
        if not weight:
            return []
        self.muted[slug] = weight
        return self._weigh({slug: 0.0})

    def _clear(self) -> list[Command]:
        """Ends every solo, hold and mute, of whichever hand."""
        commands: list[Command] = [Solo()]
        self._mix.wish_solo([])
        if held := sorted(self._mix.held):
            commands.append(Hold(slugs=held, held=False))
            for slug in held:
                self._mix.wish_held(slug, False)
        if self.muted:
            commands += self._weigh(dict(self.muted))
        return commands

    def _recall(self, number: int) -> list[Command]:
        """Recalls a preset, as the keys F1 to F8 do."""
        self.recalled = preset_name(number)
        return [Preset(name=self.recalled, over_s=RECALLED_S, falls="word")]

    def _bank(self, by: int) -> list[Command]:
        if 0 <= self.first + by < len(self._styles):
            self.first += by
        return []

    def _go(self, on: bool) -> list[Command]:
        return self._set(RATE, self._going_cps if on else 0.0)

    def _faster(self, times: float) -> list[Command]:
        cps, (slowest, fastest) = (self._mix.value(RATE) or self._going_cps) * times, RATE.knob
        return self._set(RATE, min(max(cps, slowest), fastest))

    def _warmer(self, times: float) -> list[Command]:
        temperature = self._mix.value(TEMPERATURE) * times
        return self._set(TEMPERATURE, min(max(temperature, TEMPERATURE.low), TEMPERATURE.high))


def preset_name(number: int) -> str:
    """The name of a preset; the first eight are those of the screen's keys."""
    return f"F{number}"
