"""Fuses several hands into one mix. Pure: time comes in as an argument, in seconds of a clock that only goes forward.

The rule, style by style:

1. A style that is *held* keeps its weight. While styles are *solo*, all others are silent.
2. The hand that touched a style last decides its weight. To touch is to wish for another weight than before; a hand that
   speaks for the first time, or again after it let go, touches what it wishes otherwise than it is.
3. A touch counts for `release_s`. After that a hand that *stands* there, saying what it wishes several times a second (a
   palm over the sensor, a score, the autopilot), takes the style back, gliding. Where no hand stands, the weight stays.

A hand that lets go, or dies, decides nothing more, and nothing jumps: what it wished stays until another hand touches it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from actors.wire.messages import HandSeen

RELEASE_S = 4.0
STANDS_S = 0.6  # a hand that was heard this lately stands
GLIDE_S = 1.0  # over which a hand takes a style back
SHOWN_S = 10.0  # after its last word a hand is no longer shown
MOST_HANDS = 64
NEVER = -math.inf
LONGEST_AGO_S = 86400.0
DIGITS = 4  # of a weight: a moving hand fills the journal


@dataclass(frozen=True)
class _Claim:
    weight: float
    touched_at: float
    said_at: float


@dataclass(frozen=True)
class _Glide:
    start: float
    began_at: float


class Fusion:
    """All hands, their wishes, and the mix that comes of them."""

    def __init__(self, release_s: float = RELEASE_S) -> None:
        """`release_s` infinity: the hand that touched last decides for good."""
        self.release_s = release_s
        self.solo: list[str] = []
        self.held: set[str] = set()
        self._base: dict[str, float] = {}  # the mix before solo, of all members
        self._hands: dict[str, dict[str, _Claim]] = {}
        self._at: dict[str, list[tuple[float, float]]] = {}  # where on the plane they are
        self._decides: dict[str, str] = {}  # by style
        self._glides: dict[str, _Glide] = {}

    def stand(self, weights: Mapping[str, float]) -> None:
        """The mix is this from now on, and its styles are the members; the wishes of hands stay."""
        self._base = dict(weights)
        self.meet(weights)

    def meet(self, members: Iterable[str]) -> None:
        """The styles are these from now on; who stays keeps the weight, who is new has none."""
        self._base = {slug: self._base.get(slug, 0.0) for slug in members}
        self.held &= self._base.keys()
        self.solo = [slug for slug in self.solo if slug in self._base]
        for claims in self._hands.values():
            for slug in claims.keys() - self._base.keys():
                del claims[slug]
        self._decides = {slug: hand for slug, hand in self._decides.items() if slug in self._base}

    def wish(self, hand: str, weights: Mapping[str, float], now: float, at: Iterable[tuple[float, float]] = ()) -> None:
        """A hand wishes these weights of members, and nothing of the others."""
        claims = self._hands.pop(hand, {})
        self._hands[hand] = claims  # whoever spoke last is last
        if len(self._hands) > MOST_HANDS:
            self.let_go(next(iter(self._hands)))
        self._at[hand] = list(at)
        for slug, wished in weights.items():
            weight = float(f"{wished:.{DIGITS}g}")
            before = claims.get(slug)
            if before is None and weight == self._base[slug]:
                claims[slug] = _Claim(weight, NEVER, now)
            elif before is None or before.weight != weight:
                claims[slug] = _Claim(weight, now, now)
            else:
                claims[slug] = replace(before, said_at=now)

    def let_go(self, hand: str) -> None:
        """The hand is away; what others wished of its styles before is over too."""
        self._hands.pop(hand, None)
        self._at.pop(hand, None)
        for slug in [slug for slug, who in self._decides.items() if who == hand]:
            del self._decides[slug]
            for claims in self._hands.values():
                if slug in claims:
                    claims[slug] = replace(claims[slug], touched_at=NEVER)

    @property
    def base(self) -> dict[str, float]:
        """The mix as it was asked for last, without solo."""
        return dict(self._base)

    def mix(self, now: float) -> dict[str, float]:
        """The weights of all members."""
        for slug in self._base:
            if slug not in self.held:
                self._base[slug] = self._decided(slug, now)
        if not self.solo:
            return dict(self._base)
        heard = {slug: self._base[slug] for slug in self.solo}
        if not any(weight > 0 for weight in heard.values()):
            heard = dict.fromkeys(heard, 1.0)
        return dict.fromkeys(self._base, 0.0) | heard

    def hands(self, now: float) -> list[HandSeen]:
        """The hands that were heard lately, in the order in which they spoke."""
        seen = []
        for hand, claims in self._hands.items():
            said_at = max((claim.said_at for claim in claims.values()), default=0.0)
            if claims and now - said_at < SHOWN_S:
                touched = max(claim.touched_at for claim in claims.values())
                decides = sum(who == hand for who in self._decides.values())
                at = self._at[hand] if now - said_at < STANDS_S else []
                seen.append(HandSeen(hand, min(max(0.0, now - touched), LONGEST_AGO_S), decides, at))
        return seen

    def touched(self, slug: str, since: float, but: str) -> bool:
        """True when another hand than `but` has touched a style after `since`."""
        return any(
            hand != but and slug in claims and claims[slug].touched_at > since for hand, claims in self._hands.items()
        )

    def copy(self) -> "Fusion":
        """A copy, to return to."""
        other = Fusion(self.release_s)
        other.solo, other.held, other._base = list(self.solo), set(self.held), dict(self._base)
        other._hands = {hand: dict(claims) for hand, claims in self._hands.items()}
        other._at, other._decides, other._glides = dict(self._at), dict(self._decides), dict(self._glides)
        return other

    def hold(self, slugs: Iterable[str], held: bool, now: float) -> None:
        """These members keep their weights; or no longer, and the wishes of hands come gliding."""
        for slug in slugs:
            if held:
                self.held.add(slug)
            elif slug in self.held:
                self.held.remove(slug)
                self._glides[slug] = _Glide(self._base[slug], now)

    def _decider(self, slug: str, now: float) -> tuple[str, bool]:
        """The hand that decides a style, and True if by a touch; an empty name when none does."""
        claims = {hand: claims[slug] for hand, claims in self._hands.items() if slug in claims}
        if not claims:
            return "", False
        newest = max(claims, key=lambda hand: claims[hand].touched_at)
        if claims[newest].touched_at != NEVER and now - claims[newest].touched_at <= self.release_s:
            return newest, True
        standing = [hand for hand, claim in claims.items() if now - claim.said_at <= STANDS_S]
        if not standing:
            return self._decides.get(slug, ""), False
        return max(standing, key=lambda hand: claims[hand].touched_at), False

    def _decided(self, slug: str, now: float) -> float:
        """The weight of a style: what its hand wishes or, when the hand takes it back, on the way there."""
        hand, touched = self._decider(slug, now)
        if not hand:
            return self._base[slug]
        claim = self._hands[hand][slug]
        if self._decides.get(slug) != hand:
            self._decides[slug] = hand
            if not touched:
                self._glides[slug] = _Glide(self._base[slug], now)
        glide = self._glides.get(slug)
        if glide is None or claim.touched_at > glide.began_at or now - glide.began_at >= GLIDE_S:
            self._glides.pop(slug, None)
            return claim.weight
        along = (now - glide.began_at) / GLIDE_S
        return float(f"{glide.start + (claim.weight - glide.start) * along:.{DIGITS}g}")
