"""The whole hand on a real socket: bytes in, wishes out, lights back."""

import argparse
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import mido
import mido.sockets
import pytest

from actors.wire.messages import Command, Hold, LetGo, Preset, SetTempo, SetWeights, Solo
from controllers import ControllerError, midi
from controllers.hand import Seen
from controllers.midi.tcp import LONGEST_QUEUE, MOST_WAITING, TcpPort
from tests.controllers.test_access import outside

SEEN = Seen(styles=("latex", "linux-c", "sonnets"), weights={"latex": 0.0, "linux-c": 0.0, "sonnets": 0.0})
PATIENCE_S = 5.0


def arguments(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    midi.add_arguments(parser)
    return parser.parse_args(flags)


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


Make = Callable[..., midi.MidiHand]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[midi.MidiHand] = []

    def start(*flags: str, device: str = "nanokontrol2") -> midi.MidiHand:
        made.append(midi.make(arguments("--tcp", "0", "--map", device, *flags)))
        return made[-1]

    yield start
    for hand in made:
        hand.close()


def port_of(hand: midi.MidiHand) -> TcpPort:
    assert isinstance(hand.port, TcpPort)
    return hand.port


def connect(hand: midi.MidiHand) -> socket.socket:
    client = socket.create_connection(port_of(hand).address, timeout=PATIENCE_S)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def play_until(hand: midi.MidiHand, done: Callable[[list[Command]], bool], seen: Seen = SEEN) -> list[Command]:
    """All wishes until they are what is waited for."""
    wishes: list[Command] = []
    until = time.monotonic() + PATIENCE_S
    while not done(wishes):
        assert time.monotonic() < until, wishes
        wishes += hand.play(time.monotonic(), seen)
        time.sleep(0.001)
    return wishes


def weights(wishes: list[Command]) -> dict[str, float]:
    """The weights after several SetWeights."""
    last: dict[str, float] = {}
    for wish in wishes:
        if isinstance(wish, SetWeights):
            assert not wish.replace
            last |= wish.weights
    return last


def receive(client: socket.socket, hand: midi.MidiHand, wanted: bytes, seen: Seen = SEEN) -> bytes:
    """The bytes that come back, until `wanted` is in it."""
    client.settimeout(0.01)
    got, until = b"", time.monotonic() + PATIENCE_S
    while wanted not in got:
        assert time.monotonic() < until, got.hex(" ")
        hand.play(time.monotonic(), seen)
        try:
            got += client.recv(4096)
        except TimeoutError:
            continue
    return got


def test_running_status_cut_messages_clock_and_garbage_are_all_played(make: Make) -> None:
    hand = make()
    with connect(hand) as client:
        client.sendall(bytes.fromhex("7F 7F F4 F8 FA B0 00 00 00 F8 7F"))  # garbage, a clock, running status around it
        assert weights(play_until(hand, lambda wishes: weights(wishes) == {"latex": 1.0})) == {"latex": 1.0}
        client.sendall(bytes.fromhex("01"))  # running status, in three parts
        time.sleep(0.05)
        assert play_until(hand, lambda _: True) == []
        client.sendall(bytes.fromhex("F8"))
        client.sendall(bytes.fromhex("00 20 7F 20"))
        wishes = play_until(hand, lambda wishes: len(wishes) >= 2)
        assert wishes == [SetWeights(weights={"linux-c": 0.0}, replace=False), Solo(slugs=["latex"])]
        client.sendall(bytes.fromhex("00 F0 01 02 F7 B0 41 7F"))
        assert play_until(hand, bool) == [Hold(slugs=["linux-c"])]
    assert hand.beats.ticks == 3
    assert hand.beats.running
    assert hand.parser.dropped == 3


def test_many_messages_of_one_turn_are_few_commands(make: Make) -> None:
    hand = make()
    with connect(hand) as client:
        play_until(hand, lambda _: hand.trouble == "")
        client.sendall(bytes([0xB0]) + b"".join(bytes([0, value, 1, value]) for value in range(128)))
        time.sleep(0.1)
        wishes = play_until(hand, lambda wishes: weights(wishes) == {"latex": 1.0, "linux-c": 1.0})
        assert len(wishes) <= 3


def test_lights_come_back_on_the_same_connection_and_follow_another_hand(make: Make) -> None:
    hand = make(device="x_touch_mini")
    with connect(hand) as client:
        hello = receive(client, hand, bytes.fromhex("90 0F 00"))
        assert hello.startswith(bytes.fromhex("B0 01 02"))
        loud = replace(SEEN, weights={**SEEN.weights, "linux-c": 1.0})
        assert receive(client, hand, bytes.fromhex("B0 0A 0D"), loud) == bytes.fromhex("B0 0A 0D")  # only what changed
        hand.close()
        assert client.recv(4096) == bytes.fromhex("B0 0A 00")  # lights out
        assert client.recv(4096) == b""


def test_clients_play_one_after_the_other(make: Make) -> None:
    hand = make()
    assert "nobody is connected" in hand.trouble
    first, second = connect(hand), connect(hand)
    first.sendall(bytes.fromhex("B0 00 00 B0 00"))
    play_until(hand, bool)
    assert hand.trouble == ""
    second.sendall(bytes.fromhex("00 B0 01 00"))
    time.sleep(0.05)
    assert hand.play(time.monotonic(), SEEN) == []  # it waits for its turn
    first.close()
    wishes = play_until(hand, lambda wishes: len(wishes) >= 2)
    assert wishes == [
        LetGo(),
        SetWeights(weights={"linux-c": 0.0}, replace=False),
    ]  # nothing is left of the cut message
    assert receive(second, hand, bytes.fromhex("B0 20 00"))
    second.close()
    assert play_until(hand, bool) == [LetGo()]
    assert hand.play(time.monotonic(), SEEN) == []


def tick(hand: midi.MidiHand, client: socket.socket, ticks: int, wishes: list[Command]) -> None:
    """A clock of 150 beats a minute."""
    due = time.monotonic()
    for _ in range(ticks):
        client.sendall(b"\xf8")
        due += 60 / 150 / 24
        while time.monotonic() < due:
            wishes += hand.play(time.monotonic(), SEEN)
            time.sleep(0.001)


def test_a_clock_sets_the_tempo_until_it_stops(make: Make) -> None:
    hand = make("--clock", "line", "--per-beat", "1/4")
    wishes: list[Command] = []
    with connect(hand) as client:
        play_until(hand, lambda _: hand.trouble == "")
        client.sendall(b"\xfa")
        tick(hand, client, 60, wishes)
        assert {(w.unit, w.per_beat) for w in wishes if isinstance(w, SetTempo)} == {("line", 0.25)}
        client.sendall(b"\xfc")
        assert play_until(hand, bool)[-1:] == [SetTempo(bpm=0)]
        client.sendall(b"\xfb")
        (command,) = play_until(hand, bool)
        assert isinstance(command, SetTempo)
        assert command.bpm == pytest.approx(150, rel=0.1)  # this machine is no clock
        assert hand.farewell(time.monotonic()) == [SetTempo(bpm=0)]


def test_a_clock_whose_cable_is_pulled_leaves_no_tempo_behind(make: Make) -> None:
    hand = make("--clock")
    wishes: list[Command] = []
    with connect(hand) as client:
        play_until(hand, lambda _: hand.trouble == "")
        tick(hand, client, 40, wishes)
        assert isinstance(wishes[-1], SetTempo)
    assert play_until(hand, lambda wishes: SetTempo(bpm=0) in wishes)[-1] == SetTempo(bpm=0)


def test_without_the_flag_a_clock_is_only_counted(make: Make) -> None:
    hand = make()
    wishes: list[Command] = []
    with connect(hand) as client:
        play_until(hand, lambda _: hand.trouble == "")
        tick(hand, client, 40, wishes)
        play_until(hand, lambda _: hand.beats.ticks == 40)
    assert wishes == hand.farewell(time.monotonic()) == []


def test_a_program_change_recalls_a_preset(make: Make) -> None:
    hand = make(device="generic")
    with connect(hand) as client:
        client.sendall(bytes.fromhex("C3 02"))
        assert play_until(hand, bool) == [Preset(name="F3", over_s=2.0, falls="word")]


def test_a_client_of_another_library_plays(make: Make) -> None:
    hand = make()
    address = port_of(hand).address
    with mido.sockets.connect(*address) as client:
        for value in (0, 20, 127):
            client.send(mido.Message("control_change", channel=0, control=2, value=value))
        client.send(mido.Message("clock"))
        client.send(mido.Message("control_change", channel=0, control=34, value=127))
        wishes = play_until(hand, lambda wishes: Solo(slugs=["sonnets"]) in wishes)
        assert weights(wishes) == {"sonnets": 1.0}
        lit = mido.Message("control_change", channel=0, control=34, value=127)
        until = time.monotonic() + PATIENCE_S
        got: list[mido.Message] = []
        while lit not in got and time.monotonic() < until:
            hand.play(time.monotonic(), SEEN)
            got += client.iter_pending()
        assert lit in got


def test_a_client_that_reads_nothing_delays_no_one(make: Make) -> None:
    hand = make()
    client = connect(hand)
    play_until(hand, lambda _: hand.trouble == "")
    begun = time.monotonic()
    for _ in range(3000):
        hand.port.write(bytes(MOST_WAITING))
        if hand.trouble:
            break
    assert "nobody" in hand.trouble
    assert time.monotonic() - begun < PATIENCE_S
    client.close()


def test_a_client_that_breaks_off_rudely_is_gone(make: Make) -> None:
    hand = make()
    client = connect(hand)
    play_until(hand, lambda _: hand.trouble == "")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()  # a reset
    play_until(hand, lambda _: hand.trouble != "")


def test_reading_and_writing_never_block(make: Make) -> None:
    hand = make()
    begun = time.monotonic()
    for _ in range(100):
        hand.play(time.monotonic(), SEEN)
    with connect(hand):
        for _ in range(100):
            hand.play(time.monotonic(), SEEN)
    assert time.monotonic() - begun < 1.0


def test_an_ensemble_that_is_still_starting_is_played_as_soon_as_it_is_there(make: Make) -> None:
    hand = make()
    with connect(hand) as client:
        client.sendall(bytes.fromhex("B0 00 00"))
        receive(client, hand, bytes.fromhex("B0 20 00"), Seen())
        client.sendall(bytes.fromhex("00 10"))
        assert weights(play_until(hand, bool)) == {"latex": 16 / 127}


def test_learnt_once_it_is_known_the_next_time_until_it_is_forgotten(make: Make, configuration: Path) -> None:
    hand = make("--learn", "sonnets,latex")
    with connect(hand) as client:
        client.sendall(bytes.fromhex("B5 66 00"))
        play_until(hand, lambda _: hand.asks == "move the control for sonnets")
        client.sendall(bytes.fromhex("B5 66 40"))
        play_until(hand, lambda _: hand.asks == "move the control for latex")
        client.sendall(bytes.fromhex("E0 00 00 7F 7F"))
        play_until(hand, lambda _: hand.asks == "")
        client.sendall(bytes.fromhex("B5 66 00"))
        assert weights(play_until(hand, bool)) == {"sonnets": 0.0}
    hand.close()
    assert [path.name for path in (configuration / "chorus" / "midi").iterdir()] == ["tcp-nanokontrol2.toml"]
    again = make()
    with connect(again) as client:
        client.sendall(bytes.fromhex("B5 66 00 66 7F E0 00 00"))
        played = play_until(again, lambda wishes: len(weights(wishes)) == 2)
        assert weights(played) == {"sonnets": 1.0, "latex": 0.0}
    again.close()
    forgetful = make("--forget")
    assert forgetful.surface.learnt == {}
    assert list((configuration / "chorus" / "midi").iterdir()) == []


def test_a_control_and_then_a_style_are_learnt_and_kept_after_every_pair(make: Make) -> None:
    hand = make("--learn")
    with connect(hand) as client:
        client.sendall(bytes.fromhex("B5 66 00 66 40"))
        play_until(hand, lambda _: hand.trouble.startswith("cc 102 on channel 6: now make its style solo"))
        solo = replace(SEEN, solo=["sonnets"])
        play_until(hand, lambda _: hand.trouble.startswith("sonnets is on cc 102 on channel 6 now"), solo)
        kept = make()
        assert kept.surface.learnt == hand.surface.learnt != {}
        client.sendall(bytes.fromhex("B5 67 00 67 40"))
        play_until(hand, lambda _: hand.trouble.startswith("cc 103"), solo)
        loud = replace(solo, weights={**SEEN.weights, "sonnets": 1.0}, held=["latex"])
        assert play_until(hand, lambda _: hand.trouble.startswith("latex is on cc 103"), loud) == []
        client.sendall(bytes.fromhex("B5 66 00"))
        assert play_until(hand, lambda _: True, loud) == []
    again = make()
    with connect(again) as client:
        client.sendall(bytes.fromhex("B5 66 00 66 7F 67 00"))
        assert weights(play_until(again, lambda wishes: len(weights(wishes)) == 2)) == {"sonnets": 1.0, "latex": 0.0}


def test_all_styles_are_learnt_in_their_order(make: Make) -> None:
    hand = make("--learn", "all")
    with connect(hand):
        play_until(hand, lambda _: hand.trouble == "move the control for latex")


def test_a_file_that_cannot_be_written_is_shown_beside_what_the_lesson_asks(make: Make, configuration: Path) -> None:
    (configuration / "chorus").write_text("a file where a folder should be")
    hand = make("--learn")
    with connect(hand) as client:
        client.sendall(bytes.fromhex("B0 00 00 00 40"))
        play_until(hand, lambda _: hand.asks.startswith("cc 0"))
        play_until(hand, lambda _: "cannot be kept" in hand.trouble, replace(SEEN, held=["latex"]))
        assert hand.trouble.endswith("; latex is on cc 0 on channel 1 now; touch a control; Ctrl-C ends")


def test_a_control_whose_file_cannot_be_written_stays_learnt_until_the_end(make: Make, configuration: Path) -> None:
    (configuration / "chorus").write_text("a file where a folder should be")
    hand = make("--learn", "latex")
    with connect(hand) as client:
        client.sendall(bytes.fromhex("B0 00 00 00 40 00 00"))
        assert weights(play_until(hand, bool)) == {"latex": 0.0}
        assert "cannot be kept" in hand.trouble


def test_a_style_that_cannot_be_learnt_ends_it(make: Make) -> None:
    hand = make("--learn", "nobody")
    hand.play(0.0, Seen())
    with pytest.raises(ControllerError, match="no style 'nobody'"):
        hand.play(0.1, SEEN)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nowhere", "takes HOST:PORT"),
        ("99999", "takes HOST:PORT"),
        (":1", "takes HOST:PORT"),
        ("192.0.2.1:9", "choose another"),
    ],
)
def test_an_address_where_nothing_can_listen_is_refused_in_one_line(where: str, said: str) -> None:
    with pytest.raises(ControllerError, match=said) as error:
        midi.make(arguments("--tcp", where, "--allow", "192.0.2.0/24"))
    assert "\n" not in str(error.value)


def test_a_taken_port_is_an_error_in_one_line(make: Make) -> None:
    taken = port_of(make()).address[1]
    with pytest.raises(ControllerError, match=f"127.0.0.1:{taken}"):
        midi.make(arguments("--tcp", str(taken)))


def test_only_this_machine_is_listened_to_unless_a_host_is_given(make: Make) -> None:
    assert port_of(make()).address[0] == "127.0.0.1"
    with pytest.raises(ControllerError, match=r"--tcp 0\.0\.0\.0:0 opens a port to others: say to whom, with --allow"):
        midi.make(arguments("--tcp", "0.0.0.0:0"))


Everywhere = Callable[..., midi.MidiHand]


@pytest.fixture
def everywhere() -> Iterator[Everywhere]:
    """A hand that listens at all addresses of this machine."""
    made: list[midi.MidiHand] = []

    def start(allow: str) -> midi.MidiHand:
        made.append(midi.make(arguments("--tcp", "0.0.0.0:0", "--map", "nanokontrol2", "--allow", allow)))
        assert port_of(made[-1]).address[0] == "0.0.0.0"
        return made[-1]

    yield start
    for hand in made:
        hand.close()


def knock(hand: midi.MidiHand, host: str) -> socket.socket:
    """A client that says something at once."""
    client = socket.create_connection((host, port_of(hand).address[1]), timeout=PATIENCE_S)
    client.sendall(bytes.fromhex("B0 00 00"))
    return client


def is_closed(client: socket.socket) -> bool:
    client.settimeout(0.01)
    try:
        return client.recv(4096) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_strangers_are_turned_away_at_once_without_disturbing_the_player(everywhere: Everywhere) -> None:
    hand = everywhere("203.0.113.0/24")
    with knock(hand, outside()) as early:
        assert play_until(hand, lambda _: is_closed(early)) == []
    assert "nobody is connected" in hand.trouble
    with knock(hand, "127.0.0.1") as player:
        assert weights(play_until(hand, bool)) == {"latex": 0.0}
        strangers = [knock(hand, outside()) for _ in range(5)]
        for stranger in strangers:
            assert play_until(hand, lambda _, it=stranger: is_closed(it)) == []  # type: ignore[misc]
            stranger.close()
        assert hand.trouble == ""
        player.sendall(bytes.fromhex("B0 00 7F"))
        assert weights(play_until(hand, bool)) == {"latex": 1.0}


def test_a_named_guest_plays_from_another_address(everywhere: Everywhere) -> None:
    hand = everywhere(outside())
    with knock(hand, outside()) as guest:
        assert weights(play_until(hand, bool)) == {"latex": 0.0}
        assert receive(guest, hand, bytes.fromhex("B0 20 00"))


def test_a_queue_has_an_end_and_goes_on_when_it_is_ones_turn(make: Make) -> None:
    hand = make()
    clients = [knock(hand, "127.0.0.1")]
    play_until(hand, bool)
    clients += [knock(hand, "127.0.0.1") for _ in range(LONGEST_QUEUE)]
    with knock(hand, "127.0.0.1") as too_many:
        assert play_until(hand, lambda _: is_closed(too_many)) == []
    for client in clients:
        client.close()
        assert LetGo() in play_until(hand, lambda wishes: LetGo() in wishes)
    assert port_of(hand).plugged == 1 + LONGEST_QUEUE
    assert "nobody is connected" in hand.trouble
