"""The gesture hand: records poses and mixes, learns which belong together, and plays them: the paper's footnote 2.

It never waits: a thread of its own trains, and writes the file.
"""

import contextlib
import math
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from actors.wire.messages import Command, SetWeights
from controllers import ControllerError
from controllers.easing import as_it_is
from controllers.gesture.dataset import Dataset, load, of_styles, save
from controllers.gesture.inputs import OscPoses, Port, Pose, Poses
from controllers.gesture.messages import Control
from controllers.gesture.model import Model
from controllers.gesture.output import MixOutput, outputs
from controllers.hand import Hand, Seen
from controllers.one_euro import OneEuro

Peer = tuple[str, int]

EXAMPLE_EVERY_S = 1 / 20  # while recording
MIN_CUTOFF_HZ, BETA = 2.0, 0.5  # of poses in standard deviations


class GestureHand(Hand):
    """`dataset` holds its examples and model. It starts with those of the file, and plays at once if there is a model."""

    def __init__(self, port: Port, poses: Poses, file: Path, kind: str, out: Peer | None = None) -> None:
        """Raises ControllerError for a file that holds no gestures."""
        self.dataset = load(file)
        self.running = self.dataset.model is not None
        self.recording = False
        self._port, self._poses, self._file, self._kind, self._out = port, poses, file, kind, out
        self._refusal = ""  # of the last control that could not be followed
        self._obstacle = ""  # what keeps it from playing at this moment
        self._shown_at = -math.inf
        self._output = MixOutput()
        self._smooth = OneEuro(MIN_CUTOFF_HZ, BETA)
        self._worker = ThreadPoolExecutor(1, "gesture")
        self._training: Future[Dataset] | None = None
        self._saving: Future[Dataset] | None = None
        self._saved = self.dataset

    @property
    def trouble(self) -> str:
        """The reason why it does not play or learn, in one line; empty when there is none."""
        return self._refusal or self._obstacle or self._poses.trouble or self._port.complaint

    @property
    def files(self) -> Sequence[int]:
        return [self._port.file, *self._poses.files]

    @property
    def training(self) -> bool:
        return self._training is not None

    def play(self, now: float, seen: Seen) -> list[Command]:
        self._take_training()
        self._take_saving()
        for said in self._port.listen():
            if isinstance(said, Control):
                self._follow(said, now, seen)
            elif isinstance(self._poses, OscPoses):
                self._poses.take(said, now)
        pose = self._poses.pose(now)
        self._obstacle = ""
        if self.recording:
            self._record(pose, now, seen)
        elif self.running and pose and seen.styles and self.dataset.model:
            return self._run(self.dataset.model, pose, now, seen)
        return self._output.let_go()

    def close(self) -> None:
        """Writes what was not written yet. Raises ControllerError when that fails, after everything is closed."""
        self._worker.shutdown(wait=True)
        self._port.close()
        self._poses.close()
        self._take_training()
        self._take_saving()
        if self.dataset is not self._saved:
            save(self.dataset, self._file)
            self._saved = self.dataset

    def _follow(self, control: Control, now: float, seen: Seen) -> None:
        self._refusal = ""
        try:
            self._do(control, now, seen)
        except ControllerError as e:
            self._refusal = str(e)

    def _do(self, control: Control, now: float, seen: Seen) -> None:
        if control is Control.SHOW:
            self._show(self._poses.pose(now), seen)
        elif control is Control.START_RECORDING:
            self.recording = True
        elif control is Control.STOP_RECORDING:
            self.recording = False
        elif control is Control.TRAIN:
            self.recording = False
            self._training = self._worker.submit(self.dataset.trained, self._kind)
        elif control is Control.RUN:
            if self.dataset.model is None and not self.training:
                raise ControllerError("nothing was learnt yet: record some examples, then train")
            self.recording, self.running = False, True
        elif control is Control.STOP:
            self.recording = self.running = False
        elif control is Control.FORGET:
            self.recording = self.running = False
            self.dataset, self._training = Dataset(), None
            if isinstance(self._poses, OscPoses):
                self._poses.forget()
        elif control is Control.SAVE:
            self._save()

    def _record(self, pose: Pose, now: float, seen: Seen) -> None:
        if now - self._shown_at < EXAMPLE_EVERY_S or not pose:
            return
        self._shown_at = now
        try:
            self._show(pose, seen)
        except ControllerError as e:
            self.recording = False
            self._refusal = str(e)

    def _show(self, pose: Pose, seen: Seen) -> None:
        mix = as_it_is(seen)
        if not pose:
            raise ControllerError("there is no pose to learn from: move the sensor, or a hand over the device")
        if not mix:
            raise ControllerError("there is no mix to learn yet: set one with another hand first")
        self.dataset = self.dataset.with_example(pose, mix)

    def _run(self, model: Model, pose: Pose, now: float, seen: Seen) -> list[Command]:
        if len(pose) != model.inputs:
            self._obstacle = (
                f"what was learnt takes {model.inputs} features, this pose has {len(pose)}: send as many, or forget"
            )
            return self._output.let_go()
        smooth = self._smooth.smooth(model.scale(np.array(pose)).tolist(), now)
        mix = of_styles(self.dataset.mix(np.array(smooth)), seen.styles)
        if not mix:
            self._obstacle = "none of the styles that were learnt plays now: record and train with these"
            return self._output.let_go()
        said = self._output.wish(mix, model, now, seen)
        if self._out:
            for command in said:
                if isinstance(command, SetWeights):
                    self._port.send(outputs(command.weights.values()), self._out)
        return said

    def _take_training(self) -> None:
        if not self._training or not self._training.done():
            return
        training, self._training = self._training, None
        try:
            self.dataset = self.dataset.with_model_of(training.result())
        except ControllerError as e:
            self._refusal = str(e)
            return
        self._smooth = OneEuro(MIN_CUTOFF_HZ, BETA)
        self.running = True
        self._save()

    def _take_saving(self) -> None:
        if not self._saving or not self._saving.done():
            return
        saving, self._saving = self._saving, None
        try:
            self._saved = saving.result()
        except ControllerError as e:
            self._refusal = str(e)

    def _save(self) -> None:
        """Starts to write the file; after the worker has ended, `close` does it."""
        with contextlib.suppress(RuntimeError):
            self._saving = self._worker.submit(self._keep, self.dataset)

    def _keep(self, dataset: Dataset) -> Dataset:
        save(dataset, self._file)
        return dataset
