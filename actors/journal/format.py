"""x"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MonolithCard:
    """A monolith as the coordinator knows it: the slugs of its styles, in its order, and which weights it plays."""

    styles: list[str]
    weights_sha256: str
