"""`chorus train … --join`: the style in training joins the ensemble that is playing, and plays better with every look."""

import shutil
from pathlib import Path

from rich.console import Console

from actors import EnsembleError
from actors.wire.endpoints import Endpoints
from actors.wire.messages import SetWeights
from deploy.ensemble import joining
from deploy.session import discovery
from models import ModelsError, package
from models.package import Style, Weights

GOOD_NATS = 2.2  # held out: from here on words begin to be words
KEPT = 2  # packages left lying: an engine may still have to be built from the last but one


class Joining:
    """Lets a style in training play meanwhile."""

    def __init__(self, endpoints: Endpoints, weight: float, folder: Path, console: Console) -> None:
        """`weight` is what it gets when it first joins; `folder` is where its packages lie in the meantime."""
        self.endpoints, self.weight, self.folder, self.console = endpoints, weight, folder, console
        self._best = GOOD_NATS
        self._count = 0

    def offer(self, style: Style, weights: Weights) -> None:
        """Let the style play with these weights if they are good, and better than those it plays with."""
        if not style.heldout_nats < self._best:
            return
        self._count += 1
        try:
            made = package.save(style, weights, self.folder / f"{self._count}")
            card = joining.join(self.endpoints, made)
            self._best = style.heldout_nats
            if self.weight:
                joining.wait_until_ready(self.endpoints, card)
                discovery.ask(self.endpoints, SetWeights(weights={style.slug: self.weight}, replace=False))
                self.weight = 0.0  # from now on the performer's
        except (EnsembleError, ModelsError) as e:
            self.console.print(f"could not join, the training goes on: {e}", style="yellow", markup=False)
        else:
            shutil.rmtree(self.folder / f"{self._count - KEPT}", ignore_errors=True)

    def end(self, style: Style) -> None:
        """Let the finished package play, and remove those of the meantime."""
        try:
            joining.wait_until_ready(self.endpoints, joining.join(self.endpoints, style))
        except EnsembleError as e:
            self.console.print(f"could not join: {e}; chorus add {style.slug}", style="yellow", markup=False)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
