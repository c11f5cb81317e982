"""The MIDI hand: faders, knobs and pads set weights and settings, and lights and rings show them.

Presets are those of the keys F1 to F8. On any device program change 0 recalls F1, 1 recalls F2 and so on. While shift is
held, they are also on the lowest pads of an APC mini (those above keep the mix), the S of a nanoKONTROL2 (its R keep; shift
is marker SET), REC ARM of a MIDImix (shift is SOLO) and TRACK FOCUS of a Launch Control XL. On a device without a map they
are notes 36 to 43.
"""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path

from actors.wire.messages import Command, LetGo
from actors.wire.parameters import UNITS
from controllers import ControllerError, access
from controllers.beat import Follower, add_per_beat
from controllers.coalesce import coalesced
from controllers.hand import Seen
from controllers.midi import learn_store as midi_learnt
from controllers.midi import map as midi_map
from controllers.midi.clock import Beats
from controllers.midi.learn import lesson
from controllers.midi.map import DeviceMap
from controllers.midi.messages import Parser, encode
from controllers.midi.ports import DevicePort, Machine, Port
from controllers.midi.rtmidi import RtMidi
from controllers.midi.surface import Surface
from controllers.midi.tcp import TcpPort

LOOPBACK = "127.0.0.1"


class MidiHand:
    """One device at play: `messages` parses its bytes, `surface` makes commands and lights, `clock` makes ticks a beat.

    `trouble` is the reason why the device is away, or what MIDI learn asks for (`asks`; nothing else is played meanwhile).
    `beats` is the MIDI clock, which sets the tempo where there is a `follower`.
    """

    def __init__(self, port: Port, surface: Surface, learnt_file: Path, follower: Follower | None = None) -> None:
        self.port, self.surface, self.follower = port, surface, follower
        self.beats = Beats()
        self.parser = Parser()
        self._learnt_file = learnt_file
        self._plugged = 0
        self._wished = False
        self._not_saved = ""

    @property
    def trouble(self) -> str:
        return self.port.trouble or "; ".join(filter(None, (self._not_saved, self.asks)))

    @property
    def files(self) -> Sequence[int]:
        return self.port.files

    @property
    def asks(self) -> str:
        return self.surface.lesson.asks if self.surface.lesson else ""

    def play(self, now: float, seen: Seen) -> list[Command]:
        """The commands of the touches since the last time; while the device is away none but one LetGo."""
        raw = self.port.read(now)
        if self.port.plugged != self._plugged:
            self._plugged = self.port.plugged
            self.parser = Parser()
            for message in self.surface.plugged_in():
                self.port.write(encode(message))
        learnt = self.surface.learnt
        self.surface.look(seen, now)
        commands = []
        for message in self.parser.feed(raw):
            self.beats.heard(message, now)
            commands += self.surface.heard(message)
        commands = coalesced(commands)
        if self.surface.learnt is not learnt:
            self._save()
        if not self.port.busy and not self.port.trouble:
            for message in self.surface.lights():
                self.port.write(encode(message))
        if commands:
            self._wished = True
        if self.port.trouble and self._wished:
            self._wished = False
            commands.append(LetGo())
        if self.follower and seen.styles:
            commands += self.follower.tell(None if self.port.trouble else self.beats.beat(now), now)
        return commands

    def farewell(self, now: float) -> list[Command]:
        """Ends the tempo: the text does not stay on the beat of a clock that is no longer followed."""
        return self.follower.tell(None, now) if self.follower else []

    def close(self) -> None:
        for message in self.surface.dark():
            self.port.write(encode(message))
        self.port.close()

    def _save(self) -> None:
        try:
            midi_learnt.save(self._learnt_file, self.port.name, self.surface.learnt)
            self._not_saved = ""
        except ControllerError as e:  # it stays learnt until the end
            self._not_saved = str(e)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `chorus control midi`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--port", metavar="NAME", help="a part of the port's name (default: the first device with a map)"
    )
    where.add_argument("--tcp", metavar="[HOST:]PORT", help="listen for MIDI bytes over TCP instead")
    access.add_argument(parser)
    parser.add_argument("--map", metavar="NAME", help=f"what its controls do: {', '.join(midi_map.names())}")
    parser.add_argument("--list", action="store_true", help="list the MIDI ports and end")
    parser.add_argument(
        "--learn",
        nargs="?",
        const="",
        metavar="STYLE,…",
        help="learn the controls of styles: move a control, then make its style solo, hold it or set its weight "
        "alone with another hand (the screen's middle and right button, OSC), and so on until Ctrl-C; with STYLE,… the "
        "next control moved is the first style's, the next the second's, with all they are all styles in their order",
    )
    parser.add_argument("--forget", action="store_true", help="forget what was learnt on this device")
    parser.add_argument(
        "--clock",
        nargs="?",
        choices=UNITS,
        const="word",
        help="the MIDI clock sets the tempo: characters, words or lines fall on its beat (default: words)",
    )
    add_per_beat(parser)
    parser.add_argument(
        "--pickup",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a fader acts once it has met the present weight (--no-pickup for motor faders)",
    )


def asked(args: argparse.Namespace) -> str:
    """The text to be printed instead of playing: the ports, one a line; empty when nothing was asked."""
    return "\n".join(list_ports(RtMidi())) or "no MIDI port is here: plug a device in" if args.list else ""


def make(args: argparse.Namespace) -> MidiHand:
    """The hand. Raises ControllerError, in one line that says what to do, when its device is missing."""
    port, device = _tcp(args) if args.tcp else _plugged_in(args.port, args.map, RtMidi())
    try:
        kept = midi_learnt.file(port.name, midi_learnt.folder(os.environ))
        if args.forget:
            midi_learnt.forget(kept)
        surface = Surface(
            device, midi_learnt.load(kept), args.pickup, None if args.learn is None else lesson(args.learn)
        )
        return MidiHand(port, surface, kept, Follower(args.clock, args.per_beat) if args.clock else None)
    except ControllerError:
        port.close()
        raise


def list_ports(machine: Machine) -> list[str]:
    """The names of the ports that can be played. Raises ControllerError where there is no MIDI."""
    try:
        return machine.inputs()
    except OSError as e:
        raise ControllerError(f"the MIDI of this machine does not answer: {e}") from e


def _tcp(args: argparse.Namespace) -> tuple[TcpPort, DeviceMap]:
    found = re.fullmatch(r"(?:(?P<host>.+):)?(?P<port>\d{1,5})", args.tcp)
    if not found or int(found["port"]) > 65535:
        raise ControllerError(f"--tcp takes HOST:PORT or PORT, not {args.tcp!r}")
    host = (found["host"] or LOOPBACK).strip("[]")
    guests = access.guests(host, args.allow, f"--tcp {args.tcp}")
    device = midi_map.load(args.map or midi_map.GENERIC)
    port = TcpPort(host, int(found["port"]), guests)
    port.name = f"tcp {device.name}"  # the device for which controls are learnt
    return port, device


def _plugged_in(fragment: str | None, named: str | None, machine: Machine) -> tuple[DevicePort, DeviceMap]:
    """The port with `fragment` in its name, or the first that a map knows, and its map or the one `named`."""
    ports = list_ports(machine)
    there = f"the ports here are {'; '.join(ports)}" if ports else "there is none here: plug it in"
    device = midi_map.load(named) if named else None
    if fragment is not None:
        port = next((port for port in ports if fragment.casefold() in port.casefold()), "")
        if not port:
            raise ControllerError(f"there is no MIDI port with {fragment!r} in its name; {there}")
    else:
        port = next((port for port in ports if (device.knows(port) if device else midi_map.which_knows(port))), "")
        if not port:
            raise ControllerError(f"no map knows a MIDI port of this machine; {there}; choose one with --port")
    chosen = device or midi_map.which_knows(port) or midi_map.load(midi_map.GENERIC)
    return DevicePort(machine, port, lambda name: bool(chosen.knows(name))), chosen
