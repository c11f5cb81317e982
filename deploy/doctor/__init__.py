"""`chorus doctor`: examines this machine before an opening, and says for every finding what to do about it.

A check is a row of CHECKS: a name, and a function that looks at one thing. Nothing is changed or removed. A check that
crashes is a finding like another, so one broken driver does not hide the rest.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.doctor import installation, machine
from deploy.doctor.findings import Finding, fault
from deploy.options.settings import flag

SUMMARY = "examine this machine, and say what to do"
HELP = """\
Packages, styles, memory, shared memory, ports, screen, clock, the cluster's token, and what killed sessions left behind.
Every finding says what to do; nothing is changed. Exit code 1 when there is a fault."""
CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": machine.python,
    "packages": machine.packages,
    "styles": installation.styles,
    "processors": machine.processors,
    "memory": machine.memory,
    "GPU": machine.gpu,
    "shared memory": machine.shared_memory,
    "semaphores": machine.semaphores,
    "disk": machine.disk,
    "screen": machine.screen,
    "OSC": installation.osc_port,
    "MIDI": machine.midi,
    "Ray": installation.ray_port,
    "token": installation.token,
    "keys": installation.client_keys,
    "clock": machine.clock,
    "left behind": installation.left_behind,
    "listening": installation.listening,
}


@dataclass(frozen=True, kw_only=True)
class DoctorConfig:
    json: bool = flag(False, "as JSON, for programs")


def run(config: DoctorConfig) -> int:
    """Runs every check. Returns 0 when there is no fault, else 1; warnings do not count."""
    with Console(stderr=True).status("examining this machine"):
        findings = {name: examined(check) for name, check in CHECKS.items()}
    if config.json:
        print(json.dumps([{"check": name} | asdict(finding) for name, finding in findings.items()], indent=1))
    else:
        show(findings, Console(highlight=False))
    return 1 if any(finding.level == "fault" for finding in findings.values()) else 0


def examined(check: Callable[[], Finding]) -> Finding:
    """The finding of a check; its crash is a fault, with the place in the code."""
    try:
        return check()
    except Exception as e:
        last = e.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        where = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last is not None else "?"
        return fault(f"the check crashed: {type(e).__name__}: {e} ({where})", "report this as an error")


def show(findings: dict[str, Finding], console: Console) -> None:
    colours = {"ok": "green", "warning": "yellow", "fault": "bold red"}
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, finding in findings.items():
        says = Text(finding.says)
        if finding.do:
            says.append(f"\n→ {finding.do}", "bold" if finding.level == "fault" else "")
        table.add_row(Text(finding.level, colours[finding.level]), name, says)
    console.print(table)
    counts = [sum(finding.level == level for finding in findings.values()) for level in ("fault", "warning")]
    named = [f"{n} {word}{'s' * (n > 1)}" for n, word in zip(counts, ("fault", "warning"), strict=True) if n]
    console.print(" and ".join(named) if named else "this machine is ready")
