"""Every ZeroMQ message, stated once: typed, checked on receipt, versioned. Loads without Ray, torch and engines.

Two sockets. PUB `frames` sends what happens; ROUTER `desk` takes commands and answers each with a Reply or a Snapshot.
A message is msgpack of one tagged struct below. A position counts characters on the tape: the text begins at 1.
Per style, in the order of `Frame.styles`, arrays come as bytes: `omega` and `rho` little-endian float32, `voices` uint8.
"""

import msgspec

VERSION = 6
MOST_STYLES = 4096


class Message(msgspec.Struct, tag=True, frozen=True, forbid_unknown_fields=True):
    v: int = VERSION


class StyleHealth(msgspec.Struct, frozen=True):
    """One style as the section sees it: `state` is loading, reading, ready, late, failed or lost."""

    slug: str
    state: str
    behind: int
    step_ms: float
    pid: int
    message: str = ""
    restarts: int = 0


class NodeHealth(msgspec.Struct, frozen=True):
    """One node but the coordinator's own."""

    node: int
    host: str
    section: str
    answer_ms: float  # how long the last call to it took
    trouble: str  # empty, or why it is not heard


class Card(msgspec.Struct, frozen=True):
    """The look of a style, and the weights it plays: those of the package in the folder `package`.

    `at` is its place on the plane by kinship, see `models.kinship`; None when nobody has looked for one.
    """

    slug: str
    title: str
    colour: str  # #rrggbb
    weights_sha256: str = ""
    package: str = ""
    at: tuple[float, float] | None = None


class Member(msgspec.Struct, frozen=True):
    """A style in its slot of a tape, served by the process that was made for this generation of the slot.

    The names `chair` and `ticket` are those of the wire and of the journal.
    """

    card: Card
    slot_id: int = msgspec.field(name="chair")  # node * 64 + slot
    generation: int = msgspec.field(name="ticket")  # grows with every change of hands, over all slots

    @property
    def slug(self) -> str:
        return self.card.slug


class HandSeen(msgspec.Struct, frozen=True):
    """A hand that spoke lately."""

    name: str
    ago_s: float  # since it last touched something
    decides: int  # the weights of how many styles are its
    at: list[tuple[float, float]] = []  # where on the plane it is


class Frame(Message, frozen=True, kw_only=True):
    """The characters since the last frame, and the newest distributions. Empty `chars`: nothing new was written."""

    epoch: int  # which life of the coordinator: grows with every restart
    t: int  # position of the first of `chars`
    chars: bytes
    voices: bytes  # (len(chars), n) uint8: 255 times each style's responsibility for the character
    styles: list[str]
    pi: list[float]  # as they were sent, in the order of `styles`
    active: list[int]  # the styles whose rows follow
    omega: bytes  # (len(active), 128): what each said before the last character
    rho: bytes  # (128,) or empty before the first character
    rate_cps: float  # 0 stands still, infinity is as fast as it goes
    measured_cps: float
    ended: bool = False
    temperature: float = 1.0
    pooling: str = "linear"
    evenness: float = 0.0
    top_p: float = 1.0
    cross: float = 0.0  # from the ensemble, 0, to the monolith, 1
    width: int = 1
    depth: int = 1
    boldness: float = 0.0
    auto: bool = False  # width and depth follow the time there is
    # of the newest character: the path it began and the others, each with its weight, and which of `active` says what
    hypotheses: list[tuple[bytes, float, bytes]] = []
    bpm: float = 0.0  # 0: no tempo
    hands: list[HandSeen] = []
    solo: list[str] = []
    held: list[str] = []
    admitted: float = 0.0  # the share of the mix that visitors may pull together,
    pulled: float = 0.0  # and what they have of it now
    pulls: list[tuple[float, float]] = []  # where on the plane they are


class Health(Message, frozen=True, kw_only=True):
    """The health of every style, a few times a second."""

    epoch: int
    pid: int
    styles: list[StyleHealth]
    position: int
    journal: str  # empty, or why nothing can be recorded
    roster: list[Member]  # the members in the order of `styles`, then those who are still to take another's place
    outside: str = ""  # or why nobody is let in from other machines
    nodes: list[NodeHealth] = []
    longest_wait_ms: float = 0.0  # for a character, since the last Health
    event: str = ""  # the last thing that happened to the ensemble, in words
    event_at: int = 0  # its number: grows with every event
    presets: list[str] = []
    monolith: StyleHealth | None = None
    page: str = ""  # where visitors come in, by browser

    @property
    def everyone(self) -> list[StyleHealth]:
        """The styles, and the monolith if there is one."""
        return [*self.styles, self.monolith] if self.monolith else self.styles


class _Command(Message, frozen=True, kw_only=True):
    ref: int = 0  # the sender's own number for this command; its Reply carries it back
    hand: str = ""  # the name of the controller that sends it; without one all of a client's hands are one


class SetWeights(_Command, frozen=True, kw_only=True):
    """A wish for π: of all styles (`replace`: those not named are to be silent), or only of those named.

    Finite, one above zero; below zero, to be avoided, with log-linear pooling alone. What comes of it, with several hands,
    is `actors.hands.fusion`'s business.
    """

    weights: dict[str, float]
    replace: bool = True
    at: list[tuple[float, float]] = []  # where on the plane the hand is, if it is on it: shown on the screen


class LetGo(_Command, frozen=True, kw_only=True):
    """The hand is away: its wishes stand until another hand wishes otherwise."""


class Solo(_Command, frozen=True, kw_only=True):
    """These styles alone are heard, whatever their weights; none named: no solo."""

    slugs: list[str] = []


class Hold(_Command, frozen=True, kw_only=True):
    """These styles keep their weights whatever hands wish; or no longer."""

    slugs: list[str]
    held: bool = True


class SetTemperature(_Command, frozen=True, kw_only=True):
    """ρ^(1/temperature) is drawn from: 1 as it is, below it more predictable, above it wilder. From 0.1 to 4."""

    temperature: float


class SetPooling(_Command, frozen=True, kw_only=True):
    """Changes the pooling (`actors.mixing.pooling`); None leaves a field as it is."""

    pooling: str | None = None  # linear, log-linear, hand-over
    evenness: float | None = None  # from 0, rows as they are, to 1, all equally sure
    top_p: float | None = None  # the likeliest characters that together have this share; 1: all
    cross: float | None = None  # from 0, the ensemble, to 1, the monolith, see `actors.mixing.crossfade`


class SetLookahead(_Command, frozen=True, kw_only=True):
    """Changes the lookahead (`actors.mixing.lookahead`); None leaves a field as it is."""

    width: int | None = None  # hypotheses, 1 to 16
    depth: int | None = None  # characters of each; 1: nothing is looked for
    boldness: float | None = None  # how much their likelihood counts
    auto: bool | None = None  # width and depth are as large as there is time for; ends with a width or depth


class Admit(_Command, frozen=True, kw_only=True):
    """Lets visitors have this share of the mix together, 0 to 0.8; 0: none."""

    share: float


class Pull(_Command, frozen=True, kw_only=True):
    """The wish of all visitors together, repeated by the page that averages them (`actors.hands.visitors`)."""

    weights: dict[str, float] = {}  # of any scale; none: they pull nothing
    strength: float = 0.0  # 0 to 1: grows with how many they are
    at: list[tuple[float, float]] = []  # where on the plane they are
    page: str = ""  # the address where others come in


class Move(_Command, frozen=True, kw_only=True):
    """A transition to this mix over so many seconds (`actors.hands.transitions`); a style not named falls silent."""

    weights: dict[str, float]
    over_s: float = 0.0
    falls: str = "now"  # or after the next word, line, sentence, or on the next beat


class Preset(_Command, frozen=True, kw_only=True):
    """Keeps the mix under a name, recalls the one of that name like a Move, or forgets it."""

    name: str
    what: str = "recall"  # keep, recall, forget
    over_s: float = 0.0
    falls: str = "now"


class SetTempo(_Command, frozen=True, kw_only=True):
    """Characters, words or lines begin on the beat (`actors.hands.tempo`); 0 beats a minute: no longer."""

    bpm: float
    beat_in_s: float = 0.0  # until the next beat, from when this is sent
    unit: str = "word"
    per_beat: float = 1.0


class SetRate(_Command, frozen=True, kw_only=True):
    """Characters per second; 0 stands still, infinity is as fast as it goes."""

    cps: float


class Join(_Command, frozen=True, kw_only=True):
    """A style joins, or takes the place of the one with its slug as soon as it has read the text.

    On node `node`, where the installation has several; -1: where there is most room.
    """

    card: Card
    node: int = -1


class NodeIsHere(_Command, frozen=True, kw_only=True):
    """The section of another node is to be reached under this name; it may be another one than before."""

    node: int  # 1 to 15
    host: str
    section: str
    cpus: float


class Leave(_Command, frozen=True, kw_only=True):
    """A style leaves the ensemble."""

    slug: str


class NodeIsGone(_Command, frozen=True, kw_only=True):
    """A node will not come back under this number."""

    node: int


class GetSnapshot(_Command, frozen=True, kw_only=True):
    """Ask for the text from position `since` on, as far back as it is kept."""

    since: int = 1


class Snapshot(Message, frozen=True, kw_only=True):
    """The text up to now, for a late joiner."""

    epoch: int
    t: int
    chars: bytes
    voices: bytes
    styles: list[str]
    cards: list[Card]
    ended: bool


class Reply(Message, frozen=True, kw_only=True):
    """Answers a command: `error` is empty, or one line for its sender."""

    error: str = ""
    ref: int = 0


Command = (
    SetWeights
    | LetGo
    | Solo
    | Hold
    | Admit
    | Pull
    | Move
    | Preset
    | SetRate
    | SetTemperature
    | SetPooling
    | SetLookahead
    | SetTempo
    | Join
    | Leave
    | NodeIsHere
    | NodeIsGone
    | GetSnapshot
)
News = Frame | Health | Snapshot | Reply
