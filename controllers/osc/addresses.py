"""The OSC address space: the messages that the bridge understands and those it sends. `chorus osc` prints it."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from actors.wire.messages import Command, Hold, Preset, SetWeights, Solo
from actors.wire.parameters import BOLDNESS, LOOKAHEAD, PARAMETERS, TEMPO, Number, Parameter
from controllers import ControllerError
from controllers.osc.packet import Argument, Message

WILDCARDS = frozenset("?*[{")
MOST_WILDCARDS = 4
LASTS_S = 600.0  # a subscription, after the last packet from its machine
LONGEST_S = 86_400.0


class Direction(Enum):
    IN = "to Chorus"
    OUT = "from Chorus"


@dataclass(frozen=True)
class Address:
    """One row: `arguments` in OSC type tags and words, STYLE in the path stands for any style's slug."""

    path: str
    direction: Direction
    arguments: str
    meaning: str


WEIGHT = Address(
    "/chorus/weight/STYLE",
    Direction.IN,
    "f",
    "this style's weight, zero or more (below, to avoid it, with log-linear pooling); the others stay",
)
WEIGHTS = Address(
    "/chorus/weights", Direction.IN, "f … f, or s f s f …", "all weights: in the order of the styles, or by name"
)
SOLO = Address("/chorus/solo", Direction.IN, "s … s, or none", "these styles alone are heard; none: everyone again")
HOLD = Address(
    "/chorus/hold/STYLE", Direction.IN, "i", "1: this style keeps its weight whatever hands wish; 0: no longer"
)
PRESET = Address(
    "/chorus/preset", Direction.IN, "s, s f, or s f s", "recall a mix, in so many seconds, after the next word, line, …"
)
KEEP = Address("/chorus/preset/keep", Direction.IN, "s", "keep the mix as it is under this name")
SUBSCRIBE = Address(
    "/chorus/subscribe",
    Direction.IN,
    "none, i, or i i",
    "send me everything below, to my port or the one given (0: mine), "
    f"until {LASTS_S:.0f} s, or so many, after the last packet from my machine",
)
UNSUBSCRIBE = Address("/chorus/unsubscribe", Direction.IN, "none, or i", "no more")
STYLES = Address("/chorus/styles", Direction.OUT, "s … s", "the styles in order, on subscribing")
CHAR = Address("/chorus/char", Direction.OUT, "i i", "a character was written: its ASCII code, its position")
PI = Address("/chorus/pi", Direction.OUT, "f … f", "π, one weight a style, in order")
RHO = Address("/chorus/rho", Direction.OUT, "128 f", "ρ, the mixed distribution the character was drawn from")
Y = Address("/chorus/y/STYLE", Direction.OUT, "128 f", "y of an active style")
ERROR = Address("/chorus/error", Direction.OUT, "s", "the reason, to the sender of a message that cannot be followed")
REFUSED = Address("/chorus/refused", Direction.OUT, "i", "how many packets and messages could not be followed so far")


def setting(parameter: Parameter) -> Address:
    """The address that sets a live parameter."""
    arguments = "f, or f s" if parameter is TEMPO else parameter.arguments
    reach = f" ({parameter.range})" if isinstance(parameter, Number) else ""
    return Address(f"/chorus/{parameter.name}", Direction.IN, arguments, parameter.meaning + reach)


ADDRESSES = (
    WEIGHT,
    WEIGHTS,
    *map(setting, PARAMETERS),
    SOLO,
    HOLD,
    PRESET,
    KEEP,
    SUBSCRIBE,
    UNSUBSCRIBE,
    STYLES,
    CHAR,
    PI,
    RHO,
    Y,
    ERROR,
    REFUSED,
)


@dataclass(frozen=True)
class Subscription:
    """A request to be sent everything, or no more; `port` 0 is the port that it came from.

    It ends `lasts_s` seconds after the last packet from that machine.
    """

    wanted: bool
    port: int
    lasts_s: float = LASTS_S


SENT = frozenset(address.path for address in ADDRESSES if address.direction is Direction.OUT)

Wish = Command | Subscription


def path(address: Address, style: str = "") -> str:
    """The concrete path of an address."""
    return address.path.replace("STYLE", style)


def markdown() -> str:
    """The table as controllers/osc/README.md shows it."""
    lines = ["| address | direction | arguments | meaning |", "|---|---|---|---|"]
    lines += [f"| `{a.path}` | {a.direction.value} | {a.arguments} | {a.meaning} |" for a in ADDRESSES]
    return "\n".join(lines)


def wishes(message: Message, styles: Sequence[str]) -> list[Wish]:
    """The commands and subscriptions of a message. Those that we send ourselves ask for nothing: some surfaces echo them.

    Raises ControllerError with a line for the sender.
    """
    if message.address in SENT or message.address.startswith(path(Y)):
        return []
    if not styles and not message.address.endswith("subscribe"):
        raise ControllerError("the ensemble is still starting: send it again in a moment")
    matches = _matching(message.address)
    named = {slug: path(WEIGHT, slug) for slug in styles}
    meant = [slug for slug, where in named.items() if matches(where)]
    if meant:
        weight = _number(message.arguments, message.address, -math.inf)
        return [SetWeights(weights=dict.fromkeys(meant, weight), replace=False)]
    if matches(WEIGHTS.path):
        return [SetWeights(weights=_weights(message.arguments, styles))]
    for parameter in PARAMETERS:
        if matches(setting(parameter).path):
            return [_set(parameter, message.arguments)]
    held = [slug for slug in styles if matches(path(HOLD, slug))]
    if held:
        return [Hold(slugs=held, held=_number(message.arguments, message.address) > 0)]
    for address, follow in FOLLOWED:
        if matches(address.path):
            return [follow(message.arguments)]
    if matches(SUBSCRIBE.path):
        return [_subscription(message.arguments)]
    if matches(UNSUBSCRIBE.path):
        return [Subscription(False, _port(message.arguments))]
    if message.address.startswith(path(WEIGHT)):
        raise ControllerError(f"there is no style {message.address.removeprefix(path(WEIGHT))!r} here")
    raise ControllerError(f"there is no address {message.address} here; see  chorus osc")


def _set(parameter: Parameter, arguments: tuple[Argument, ...]) -> Command:
    """Sets a live parameter; a tempo may come with the unit that falls on the beat, a lookahead with its boldness."""
    where, more = setting(parameter).path, dict[str, Any]()
    if parameter is TEMPO and len(arguments) == 2:
        bpm, unit = arguments
        arguments, more = (bpm,), {"unit": _word(unit, where)}
    value = [float(one) if isinstance(one, bool) else one for one in arguments]
    try:
        if parameter is LOOKAHEAD and len(arguments) == 3:
            more = {"boldness": BOLDNESS.read(value[2])}  # also where it is the usual one
        command = parameter.command(parameter.read(value[0] if len(value) == 1 else value))
    except ValueError as e:
        raise ControllerError(f"{where}: {e}") from e
    return msgspec.structs.replace(command, **more)


def _solo(arguments: tuple[Argument, ...]) -> Command:
    return Solo(slugs=[_word(argument, SOLO.path) for argument in arguments])


def _preset(arguments: tuple[Argument, ...]) -> Command:
    if not 1 <= len(arguments) <= 3:
        raise ControllerError(f"{PRESET.path} takes a name, and if wanted seconds, and where it falls")
    over_s = _number(arguments[1:2] or (0.0,), PRESET.path)
    falls = _word(arguments[2] if len(arguments) > 2 else "now", PRESET.path)
    return Preset(name=_word(arguments[0], PRESET.path), over_s=over_s, falls=falls)


def _keep(arguments: tuple[Argument, ...]) -> Command:
    if len(arguments) != 1:
        raise ControllerError(f"{KEEP.path} takes one name")
    return Preset(name=_word(arguments[0], KEEP.path), what="keep")


FOLLOWED: tuple[tuple[Address, Callable[[tuple[Argument, ...]], Command]], ...] = (
    (SOLO, _solo),
    (PRESET, _preset),
    (KEEP, _keep),
)


def _word(argument: Argument, where: str) -> str:
    if not isinstance(argument, str):
        raise ControllerError(f"{where} takes a word there, not {argument!r}")
    return argument


def _weights(arguments: tuple[Argument, ...], styles: Sequence[str]) -> dict[str, float]:
    if arguments and isinstance(arguments[0], str):
        names, values = arguments[::2], arguments[1::2]
        if len(names) != len(values) or not all(isinstance(name, str) for name in names):
            raise ControllerError(f"{WEIGHTS.path} takes names and numbers in turn")
        return {
            str(name): _number((value,), WEIGHTS.path, -math.inf) for name, value in zip(names, values, strict=True)
        }
    if len(arguments) != len(styles):
        raise ControllerError(f"{WEIGHTS.path} takes {len(styles)} numbers here, one a style, not {len(arguments)}")
    return {slug: _number((value,), WEIGHTS.path, -math.inf) for slug, value in zip(styles, arguments, strict=True)}


def _number(arguments: tuple[Argument, ...], where: str, least: float = 0.0) -> float:
    if len(arguments) != 1 or not isinstance(arguments[0], int | float):
        raise ControllerError(f"{where} takes one number")
    value = float(arguments[0])
    if math.isnan(value) or value < least:
        raise ControllerError(f"{where} takes a number{' of zero or more' if least == 0 else ''}, not {value}")
    return value


def _subscription(arguments: tuple[Argument, ...]) -> Subscription:
    lasts_s = _number(arguments[1:2] or (LASTS_S,), SUBSCRIBE.path)
    if len(arguments) > 2 or not 1 <= lasts_s <= LONGEST_S:
        raise ControllerError(f"{SUBSCRIBE.path} takes a port, and if wanted seconds from 1 to {LONGEST_S:.0f}")
    return Subscription(True, _port(arguments[:1]), lasts_s)


def _port(arguments: tuple[Argument, ...]) -> int:
    if not arguments:
        return 0
    port = _number(arguments, "a port")  # many surfaces send every number as a float
    if port != int(min(port, 65536)) or port > 65535:
        raise ControllerError("a port is a whole number from 1 to 65535, or 0 for the one you send from")
    return int(port)


def _matching(address: str) -> Callable[[str], object]:
    """A test of paths for an address, which may be one of OSC 1.0's patterns: ? * [abc] [!abc] {this,that}.

    The number of wildcards is limited: matching many takes exponential time.
    """
    if not WILDCARDS.intersection(address):
        return address.__eq__
    address = re.sub(r"\*+", "*", address)
    if sum(address.count(wildcard) for wildcard in "*[{") > MOST_WILDCARDS:
        raise ControllerError(f"an address pattern has at most {MOST_WILDCARDS} wildcards")
    parts = re.split(r"(\?|\*|\[!?[^\]/]+\]|\{[^}/]*\})", address)
    made = ""
    for part in parts:
        if part == "?":
            made += "[^/]"
        elif part == "*":
            made += "[^/]*"
        elif part.startswith("[") and part.endswith("]"):
            inner = re.sub("-+", "-", part[1:-1])
            made += (
                f"[^{re.escape(inner[1:])}]" if inner.startswith("!") else f"[{re.escape(inner)}]".replace(r"\-", "-")
            )
        elif part.startswith("{") and part.endswith("}"):
            made += "(?:" + "|".join(re.escape(word) for word in part[1:-1].split(",")) + ")"
        else:
            made += re.escape(part)
    try:
        return re.compile(made).fullmatch
    except re.error as e:
        raise ControllerError(f"{address} is not an address pattern") from e
