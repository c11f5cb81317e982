"""The OSC address space, stated once: what the bridge understands, what it sends, and the table in the README."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from actors.wire.messages import (
    Admit,
    Command,
    Hold,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetTempo,
    SetWeights,
    Solo,
)
from actors.wire.parameters import DEEPEST, POOLINGS, WIDEST
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
RATE = Address("/chorus/rate", Direction.IN, 'f, or s "max"', "characters a second; 0 stands still")
TEMPERATURE = Address("/chorus/temperature", Direction.IN, "f", "below 1 tamer, above it wilder; from 0.1 to 4")
POOLING = Address(
    "/chorus/pooling",
    Direction.IN,
    "s",
    "linear (letters from all), log-linear (what all agree on), hand-over (word by word)",
)
EVENNESS = Address("/chorus/evenness", Direction.IN, "f", "0: styles as sure as they are; up to 1: all equally sure")
TOP_P = Address("/chorus/top_p", Direction.IN, "f", "the likeliest characters alone, of so much together; 1: all")
CROSS = Address("/chorus/cross", Direction.IN, "f", "from 0, the ensemble, to 1, one network that has all its styles")
LOOKAHEAD = Address(
    "/chorus/lookahead",
    Direction.IN,
    "i i, i i f, or s",
    "hypotheses, how long they are, their boldness; 1 1: none; auto: as the rate leaves time",
)
SOLO = Address("/chorus/solo", Direction.IN, "s … s, or none", "these styles alone are heard; none: everyone again")
HOLD = Address(
    "/chorus/hold/STYLE", Direction.IN, "i", "1: this style keeps its weight whatever hands wish; 0: no longer"
)
PRESET = Address(
    "/chorus/preset", Direction.IN, "s, s f, or s f s", "recall a mix, in so many seconds, after the next word, line, …"
)
KEEP = Address("/chorus/preset/keep", Direction.IN, "s", "keep the mix as it is under this name")
TEMPO = Address(
    "/chorus/tempo", Direction.IN, "f, or f s", "beats a minute, from now; char, word or line fall on them; 0: none"
)
VISITORS = Address("/chorus/visitors", Direction.IN, "f", "how much of the mix visitors may pull together, 0 to 0.8")
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
ERROR = Address("/chorus/error", Direction.OUT, "s", "to whoever sent something that cannot be followed")
REFUSED = Address(
    "/chorus/refused",
    Direction.OUT,
    "i",
    "how many packets and messages could not be followed so far",
)

ADDRESSES = (
    WEIGHT,
    WEIGHTS,
    RATE,
    TEMPERATURE,
    POOLING,
    EVENNESS,
    TOP_P,
    CROSS,
    LOOKAHEAD,
    SOLO,
    HOLD,
    PRESET,
    KEEP,
    TEMPO,
    VISITORS,
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
    """Someone asks to be sent what happens, or no longer; `port` 0 is the port they sent from.

    It ends `lasts_s` seconds after the last packet from their machine.
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
    """The table as the README shows it."""
    lines = ["| address | direction | arguments | meaning |", "|---|---|---|---|"]
    lines += [f"| `{a.path}` | {a.direction.value} | {a.arguments} | {a.meaning} |" for a in ADDRESSES]
    return "\n".join(lines)


def wishes(message: Message, styles: Sequence[str]) -> list[Wish]:
    """What a message asks for; nothing when it is one of ours come back, for some surfaces echo whatever they are sent.

    Raises ControllerError with a line for its sender.
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
    if matches(RATE.path):
        if message.arguments == ("max",):
            return [SetRate(cps=math.inf)]
        return [SetRate(cps=_number(message.arguments, message.address))]
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


def _temperature(arguments: tuple[Argument, ...]) -> Command:
    return SetTemperature(temperature=_number(arguments, TEMPERATURE.path))


def _pooling(arguments: tuple[Argument, ...]) -> Command:
    if len(arguments) != 1:
        raise ControllerError(f"{POOLING.path} takes one of {', '.join(POOLINGS)}")
    return SetPooling(pooling=_word(arguments[0], POOLING.path))


def _evenness(arguments: tuple[Argument, ...]) -> Command:
    return SetPooling(evenness=_number(arguments, EVENNESS.path))


def _top_p(arguments: tuple[Argument, ...]) -> Command:
    return SetPooling(top_p=_number(arguments, TOP_P.path))


def _cross(arguments: tuple[Argument, ...]) -> Command:
    return SetPooling(cross=_number(arguments, CROSS.path))


def _lookahead(arguments: tuple[Argument, ...]) -> Command:
    if arguments == ("auto",):
        return SetLookahead(auto=True)
    if not 2 <= len(arguments) <= 3:
        raise ControllerError(
            f"{LOOKAHEAD.path} takes how many hypotheses, of how many characters, and if wanted boldness; or auto"
        )
    width, depth, *rest = [_number((argument,), LOOKAHEAD.path) for argument in arguments]
    if not width.is_integer() or not depth.is_integer() or width > WIDEST or depth > DEEPEST:
        raise ControllerError(
            f"{LOOKAHEAD.path} takes whole numbers of hypotheses and characters, {WIDEST} and {DEEPEST} at most"
        )
    return SetLookahead(width=int(width), depth=int(depth), boldness=rest[0] if rest else None)


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


def _tempo(arguments: tuple[Argument, ...]) -> Command:
    if not 1 <= len(arguments) <= 2:
        raise ControllerError(f"{TEMPO.path} takes beats a minute, and if wanted what falls on them")
    unit = _word(arguments[1] if len(arguments) > 1 else "word", TEMPO.path)
    return SetTempo(bpm=_number(arguments[:1], TEMPO.path), unit=unit)


def _visitors(arguments: tuple[Argument, ...]) -> Command:
    return Admit(share=_number(arguments, VISITORS.path))


FOLLOWED: tuple[tuple[Address, Callable[[tuple[Argument, ...]], Command]], ...] = (
    (TEMPERATURE, _temperature),
    (POOLING, _pooling),
    (EVENNESS, _evenness),
    (TOP_P, _top_p),
    (CROSS, _cross),
    (LOOKAHEAD, _lookahead),
    (SOLO, _solo),
    (PRESET, _preset),
    (KEEP, _keep),
    (TEMPO, _tempo),
    (VISITORS, _visitors),
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
    """Whether a path is meant by an address, which may be one of OSC 1.0's patterns: ? * [abc] [!abc] {this,that}.

    Few of them: matching many takes exponential time.
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
        raise ControllerError(f"{address} is no address pattern") from e
