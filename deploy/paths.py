"""Every folder and file that Chorus keeps between two performances."""

from models.paths import CONFIG, STATE
from models.paths import ENGINES as ENGINES
from models.paths import MONOLITH as MONOLITH
from models.paths import STYLES as STYLES

KEYS = CONFIG / "keys"  # of clients from other machines
PRESETS = CONFIG / "presets.toml"
PLAY_CONFIG = CONFIG / "chorus.toml"  # of `chorus play`
JOURNALS = STATE / "journals"
TOKEN = STATE / "cluster-token"
