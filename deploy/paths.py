"""Every folder and file that Chorus keeps between two performances."""

from models.paths import CONFIG, DATA, ENGINES, MONOLITH, STATE, STYLES

KEYS = CONFIG / "keys"  # of clients from other machines
PRESETS = CONFIG / "presets.toml"
PLAY_CONFIG = CONFIG / "chorus.toml"  # of `chorus play`
JOURNALS = STATE / "journals"
TOKEN = STATE / "cluster-token"

__all__ = [
    "CONFIG",
    "DATA",
    "ENGINES",
    "JOURNALS",
    "KEYS",
    "MONOLITH",
    "PLAY_CONFIG",
    "PRESETS",
    "STATE",
    "STYLES",
    "TOKEN",
]
