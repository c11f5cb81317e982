"""`chorus window`: more windows onto an ensemble, here or from another machine; they come back by themselves when lost."""

from dataclasses import dataclass

from deploy import UsageError
from deploy.options.connection import Connection
from deploy.options.windows import WindowOptions
from deploy.session import discovery, signals, windows
from deploy.session.session import Session
from deploy.session.supervisor import Supervisor

SUMMARY = "open one more window onto an ensemble, here or from another machine"
HELP = """\
Another window on this machine:            chorus window
On another machine, with the key for it:   chorus window --connect 192.168.1.5 --key projector.key
(there: chorus keys new projector, and  chorus play --public 192.168.1.5)"""


@dataclass(frozen=True, kw_only=True)
class WindowConfig(WindowOptions, Connection):
    """The ensemble that is shown, and the windows."""


def run(config: WindowConfig) -> None:
    if not windows.has_display():
        raise UsageError("there is no display here")
    endpoints = discovery.chosen(config)
    signals.interruptible()
    with Session() as session:
        windows.keep(Supervisor(session), windows.configs(config, endpoints, []))
