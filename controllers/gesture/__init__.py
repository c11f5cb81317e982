"""Gestures: learns from a few examples which pose means which mix, then plays it.

Poses are OSC floats on a UDP port (6448, /wek/inputs and any other address, as for Wekinator), with --source leap the
hands over a Leap Motion, with --source webcam hands and a face before a camera (it needs .venv/bin/pip install mediapipe,
and the model files that Google offers at ai.google.dev/edge/mediapipe/solutions/vision). Set a mix with any other hand,
take a pose, record; again for other mixes; then train and run:

  /chorus/gesture/record     one example: this pose, this mix (with 1: all the time, until it comes with 0)
  /chorus/gesture/train      learn from all examples, and run
  /chorus/gesture/run  /stop  /forget  /save

Wekinator's own messages are understood too (/wekinator/control/startRecording, stopRecording, train, startRunning,
stopRunning, deleteAllExamples). With --wekinator it is Wekinator that learns: its outputs (/wek/outputs, UDP port 12000)
are the weights of the styles in their order.
"""

import argparse
import socket
from pathlib import Path

from controllers import ControllerError, access, leap
from controllers.gesture import webcam
from controllers.gesture.dataset import load
from controllers.gesture.hand import GestureHand, Peer
from controllers.gesture.inputs import OscPoses, Port, Poses, leap_poses
from controllers.gesture.messages import OUTPUTS
from controllers.gesture.wekinator import WekinatorHand
from models.paths import GESTURES

INPUT_PORT, OUTPUT_PORT = 6448, 12_000  # Wekinator's
FILE = GESTURES / "default.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source",
        choices=("osc", "leap", "leapc", "websocket", "webcam"),
        default="osc",
        help="osc: floats on the UDP port; leap: hands over a Leap Motion, by its bindings or its WebSocket; "
        "webcam: hands and a face before a camera",
    )
    parser.add_argument(
        "--port",
        type=leap.port,
        help=f"UDP port for poses and controls (default {INPUT_PORT}, {OUTPUT_PORT} of Wekinator)",
    )
    parser.add_argument(
        "--listen", default=leap.HERE, metavar="HOST", help="address of that port (default %(default)s)"
    )
    access.add_argument(parser)
    leap.add_service_arguments(parser)
    parser.add_argument("--camera", type=int, default=0, metavar="N", help="which camera (default %(default)s)")
    parser.add_argument("--hand-model", type=Path, metavar="FILE", help="MediaPipe's hand_landmarker.task")
    parser.add_argument("--face-model", type=Path, metavar="FILE", help="MediaPipe's face_landmarker.task")
    parser.add_argument("--file", type=Path, help=f"where examples and model are kept (default {FILE})")
    parser.add_argument(
        "--model",
        choices=("mlp", "knn"),
        default="mlp",
        help="a perceptron, or the nearest examples (default %(default)s)",
    )
    parser.add_argument("--out", metavar="HOST:PORT", help=f"also send the mix there, as {OUTPUTS}")
    parser.add_argument("--wekinator", action="store_true", help="Wekinator learns; play its outputs")


def make(args: argparse.Namespace) -> GestureHand | WekinatorHand:
    out = peer(args.out) if args.out else None
    guests = access.guests(args.listen, args.allow, f"--listen {args.listen}")
    if args.wekinator:
        return WekinatorHand(Port(args.listen, OUTPUT_PORT if args.port is None else args.port, guests))
    file = args.file or FILE
    load(file)  # complains before anything is opened
    port = Port(args.listen, INPUT_PORT if args.port is None else args.port, guests)
    try:
        return GestureHand(port, _poses(args, port), file, args.model, out)
    except ControllerError:
        port.close()
        raise


def _poses(args: argparse.Namespace, port: Port) -> Poses:
    if args.source == "osc":
        return OscPoses(port.number)
    if args.source == "webcam":
        return webcam.poses(args.camera, args.hand_model, args.face_model)
    return leap_poses(leap.source("auto" if args.source == "leap" else args.source, args.host, args.ws_port))


def peer(text: str) -> Peer:
    """HOST:PORT as a resolved address. Raises ControllerError."""
    host, _, port = text.rpartition(":")
    try:
        found = socket.getaddrinfo(host, leap.port(port), socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError, argparse.ArgumentTypeError) as e:
        raise ControllerError(f"--out needs HOST:PORT, like 127.0.0.1:12000, not {text}") from e
    return str(found[0][4][0]), int(found[0][4][1])
