"""The crossfade from the ensemble to the monolith: pure functions of arrays, like those of `actors.mixing.mixture`.

A style with weight π_i gives x of it to the monolith, if that knows it, and keeps the rest for its own actor. The monolith
speaks with what it was given in all, m. At x = 0 the ensemble is heard alone; at 1 the monolith, and whoever it does not
know.

Symbols as in `actors.mixing.mixture`; ρ_m is the monolith's, and its rows (k, 128) are what it would say with each
style alone.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from actors.mixing.mixture import Floats
from models.monolith import MOST_VOICES

LOUDEST = 255  # the monolith's weights are whole numbers, so that it hears the very same when it reads them again


def heard_by(pi: Floats, active: Iterable[int], places: Mapping[int, int]) -> tuple[list[int], NDArray[np.uint8]]:
    """The slots of `active` that the monolith speaks for, and its own weights for them: (64,), 255 for the loudest.

    `pi` is by slot id; `places` says of those whose style it knows where it has it.
    """
    heard = np.zeros(MOST_VOICES, np.uint8)
    speaks_for = [slot_id for slot_id in active if pi[slot_id] > 0 and slot_id in places]
    if speaks_for:
        weights = pi[speaks_for] / pi[speaks_for].max()
        heard[[places[slot_id] for slot_id in speaks_for]] = np.maximum(1, np.rint(LOUDEST * weights))
    return speaks_for, heard


def share(pi: Floats, known: NDArray[np.bool_], x: float) -> float:
    """m, which part of all weight the monolith speaks with: of (k,) weights, those of the styles it knows, times x."""
    loud = np.maximum(pi, 0.0)
    return float(x * loud[known].sum() / loud.sum())


def rho(rho_e: Floats | None, rho_m: Floats, m: float) -> Floats:
    """(1 - m) ρ_e + m ρ_m; the monolith's alone without an ensemble."""
    if rho_e is None or m >= 1:
        return rho_m
    crossed: Floats = (1 - m) * rho_e + m * rho_m
    return crossed


def responsibilities(own: Floats, rho_e: Floats | None, given: Floats, rho_m: Floats, m: float, char: int) -> Floats:
    """Responsibilities (k,) for a letter: shares within ensemble and monolith, each as much as it said it."""
    own_part = (1 - m) * float(rho_e[char]) if rho_e is not None and m < 1 else 0.0
    parts: Floats = own_part * own + m * float(rho_m[char]) * given
    whole = parts.sum()
    return parts / whole if whole > 0 else given


def rows(own: NDArray[np.floating], given: NDArray[np.floating], x: float) -> NDArray[np.float32]:
    """Rows (k, 128) of styles that speak from both places."""
    made: NDArray[np.float32] = ((1 - x) * own + x * given).astype(np.float32)
    return made
