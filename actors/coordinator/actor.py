"""The coordinator as Ray's actor: its loop runs in a thread, so that Ray can ask how it is."""

import os
import threading
import traceback

from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.loop import Coordinator


class CoordinatorActor:
    """One an installation. When its process dies Ray makes it again, and it continues the journal."""

    def __init__(self, config: CoordinatorConfig) -> None:
        self._thread = threading.Thread(target=self._live, args=(config,), daemon=True)
        self._thread.start()

    def pid(self) -> int:
        return os.getpid()

    def _live(self, config: CoordinatorConfig) -> None:
        from actors.section.actor import connect  # imports Ray, which takes a second

        try:
            Coordinator(config, connect).run()
        except BaseException:
            traceback.print_exc()
            os._exit(1)  # Ray makes another, which continues the journal
        os._exit(0)
