"""The `chorus` command: reads the flags, runs one verb, turns a known error into one line."""

import argparse
import os
import signal
import sys
from types import ModuleType

# a Ctrl-C while modules are being loaded may be swallowed by the import machinery: until then it simply ends us
_on_interrupt = signal.signal(signal.SIGINT, signal.SIG_DFL)

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # what it prints is not ours to say

from actors import EnsembleError
from controllers import ControllerError
from controllers.runner import KINDS
from deploy import UsageError, bench, doctor
from deploy.faults import faults
from deploy.verbs import (
    add,
    control,
    evaluate,
    keys,
    monolith,
    node,
    osc,
    play,
    remove,
    replay,
    serve,
    status,
    steer,
    styles,
    train,
    window,
)
from models import ModelsError

signal.signal(signal.SIGINT, _on_interrupt)

VERBS: tuple[tuple[str, ModuleType, str, str], ...] = (
    (
        "play",
        play,
        "open the instrument",
        """\
Opens the window, one actor a style, and OSC on loopback. Conduct with the mouse on the field of styles; ? shows
the keys. Without a display:  chorus play --headless --chars 600 --mix shakespeare=0.6,linux-c=0.4 --seed 7""",
    ),
    (
        "serve",
        serve,
        "play without a window, for a machine that is looked at from elsewhere",
        """\
As chorus play, without window and text: chorus window and chorus status look at it, --public lets other machines in.
Recorded like a performance with a window.""",
    ),
    (
        "add",
        add,
        "a style joins the ensemble that is playing",
        """\
A trained style joins while the text runs, with weight 0:  chorus add ~/styles/my-letters
It reads the whole text first, with low priority, so that nobody is late for it. A style that is playing already is replaced
between two characters, once its newer weights have read the text.""",
    ),
    (
        "remove",
        remove,
        "a style leaves the ensemble that is playing",
        """\
chorus remove jane-austen
The others go on with the weights they have. One that speaks alone cannot leave.""",
    ),
    (
        "status",
        status,
        "say what is playing, and how every style is",
        "Rate, weights, and of every style its state, how far behind the text it is, and how long its last step took.",
    ),
    (
        "window",
        window,
        "open one more window onto an ensemble, here or from another machine",
        """\
Another window on this machine:            chorus window
On another machine, with the key for it:   chorus window --connect 192.168.1.5 --key projector.key
(there: chorus keys new projector, and  chorus play --public 192.168.1.5)""",
    ),
    (
        "replay",
        replay,
        "play a recorded performance again, or make a text of it",
        """\
Every style reads the text again, and says what it said then; so windows, OSC and whoever else listens see it as if it were
played. Space stands still and goes on, up and down change the pace.
chorus replay ~/.local/state/chorus/journals/2026-11-25-201500.journal
chorus replay JOURNAL --from 2:30 --speed 4            or --from 90%; --headless prints the text in its time
chorus replay JOURNAL --video evening.mp4 --from 2:30 --to 3:00 --size 1920x1080 --view audience      a film of it
chorus replay JOURNAL --text evening.html              as a page tinted by its authors; .txt plain, .jsonl for programs
What would have been said with other weights, from some place on, by the same dice:
chorus replay JOURNAL --from 2:30 --mix kant=1,latex=0.5
chorus replay JOURNAL --score piece.toml --text otherwise.txt""",
    ),
    (
        "control",
        control,
        "play a controller: MIDI, a hand over a Leap Motion, gestures, …",
        """\
Any number of hands play at once, on any machine, and may come and go while the text runs:
"""
        + "\n".join(f"  chorus control {kind:10} {what}" for kind, what in KINDS.items())
        + """
chorus control KIND --help says what each understands. Who decides when several hands reach for the same style: whoever
touched it last, for some seconds (chorus play --release); then a hand that stands there takes it back.""",
    ),
    (
        "steer",
        steer,
        "find the mix that would most likely have said a text, and glide there",
        """\
chorus steer "It was the best of times, it was the worst of times"
chorus steer --look < letter.txt
Every style that plays says how likely it finds each character; expectation and maximisation find the weights.""",
    ),
    (
        "osc",
        osc,
        "print the OSC address space, or make a surface that plays it",
        """\
chorus osc                              the addresses, as a table
chorus osc --session chorus.json        a session for Open Stage Control, with a fader for every installed style
Surfaces that speak OSCQuery find the addresses and the present values at http://127.0.0.1:9000 while Chorus plays; what is
opened to others with  chorus play --osc-host  is announced on the network by zeroconf.""",
    ),
    (
        "keys",
        keys,
        "say who may hear and conduct from another machine",
        """\
chorus keys new projector      makes projector.key, to be brought to that machine
chorus keys revoke projector   takes it back, also while the text runs
chorus keys list""",
    ),
    (
        "node",
        node,
        "make this machine a node of a small cluster",
        """\
On the first machine:     chorus node --head
On every other machine, after copying the cluster's token (the head says where it is):
                          chorus node --address HEAD:6379
On the first machine:     chorus play --address HEAD:6379""",
    ),
    (
        "styles",
        styles,
        "list the installed styles, show one's card",
        """\
Lists the styles that come with Chorus and those trained here, kindred ones side by side. With a style's short name, its
card and a fresh sample at three temperatures:  chorus styles jane-austen""",
    ),
    (
        "train",
        train,
        "train a style on a text",
        """\
From nothing, about 11 minutes:        chorus train austen.txt --name "Jane Austen"
From a kindred style, for 20 to 200 KB of text, about 2 minutes:
                                       chorus train letters.txt --name "Letters" --from jane-austen
Every text in a folder, for hours:     chorus train --all FOLDER
Ctrl-C keeps what was learnt; the same command goes on from there. The last tenth of a text is never trained on. Network,
epochs and time are chosen from the text's size and this machine's speed, and said before it starts. Needs torch:
make train-extra""",
    ),
    (
        "monolith",
        monolith,
        "train one network that has many styles, or teach it one more",
        """\
chorus monolith train FOLDER        from every text there, an hour or more: each style becomes a vector, added at every gate
chorus monolith add letters.txt     one more style in minutes: its vector alone is trained, the others stay as they are
chorus monolith train FOLDER --from MONOLITH    then, if wanted, everything is trained on, with the texts of all
chorus monolith show
Where there is a monolith that knows two of its styles, chorus play has it beside the ensemble; the key x, --cross and
/chorus/cross go across to it. Ctrl-C keeps what was learnt. Needs torch:  make train-extra""",
    ),
    (
        "evaluate",
        evaluate,
        "say how recognisable the styles are, and whether they copy",
        """\
Every style writes alone, all styles score every text, and a report with pictures says who is taken for whom. With the
training texts (--corpora) also held-out nats a character of every style on every text, the share of known words, and the
longest verbatim copies. Needs matplotlib:  make train-extra""",
    ),
    (
        "doctor",
        doctor,
        "examine this machine, and say what to do",
        """\
Packages, styles, memory, shared memory, ports, screen, clock, the cluster's token, and what killed sessions left behind.
Every finding says what to do; nothing is changed. Exit code 1 when there is a fault.""",
    ),
    (
        "faults",
        faults,
        "break an installation on purpose, and measure how it recovers",
        """\
Three hosts in network namespaces (as root), six styles. Kills and cuts what may die or be cut at a festival, and says how
long the text waited and how long it took until everyone spoke again.""",
    ),
    (
        "bench",
        bench,
        "measure the ensemble beside the naive ways and the floor",
        """\
Characters a second with 1 to 24 active styles: of Chorus, of the paper's way (one process, torch.nn.LSTM a model in
turn), of plain Ray calls with the same engine, and of the floor (weight bytes over this machine's bandwidth).""",
    ),
)


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except (ModelsError, EnsembleError, ControllerError, UsageError) as e:
        if args.debug:
            raise
        print(f"chorus: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="chorus",
        description="A live text instrument: dozens of character models sung together and conducted by hand.",
    )
    top.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, module, short, long in VERBS:
        verb = verbs.add_parser(
            name, help=short, description=long, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return top


if __name__ == "__main__":
    sys.exit(main())
