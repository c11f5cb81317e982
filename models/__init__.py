"""Styles: the alphabet, the LSTM, its training, the package on disk and the engines that play it.

Nothing here knows of Ray, sockets or screens. Only `models.lstm`, `models.training` and `models.engines.torch_engine`
import torch; everything a playing instrument needs loads without it.
"""


class ModelsError(Exception):
    """A corpus, a style package or a training went wrong; one line that says what to do."""
