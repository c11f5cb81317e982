"""A browser as a visitor has one: Chromium in a process of its own, led over its DevTools protocol."""

import base64
import json
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

STARTS_S = 30.0


class Browser:
    """One window without a screen. Use as a context: it is gone afterwards."""

    def __init__(self, program: str, profile: Path, size: tuple[int, int] = (390, 844), phone: bool = True) -> None:
        self.profile = profile
        self._process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                f"--window-size={size[0]},{size[1]}",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        port, path = self._told().splitlines()[:2]
        self._socket = ExitStack().enter_context(
            connect(f"ws://127.0.0.1:{port}{path}", max_size=None, compression=None)
        )
        self._count = 0
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        if phone:
            self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        self.call("Browser.close")
        self._socket.close()
        self._process.wait(20)

    def _told(self) -> str:
        """Where it listens, once it has written that down."""
        file, end = self.profile / "DevToolsActivePort", time.monotonic() + STARTS_S
        while not (file.exists() and "\n" in file.read_text()):
            assert self._process.poll() is None, "the browser has ended"
            assert time.monotonic() < end, "the browser did not start"
            time.sleep(0.05)
        return file.read_text()

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command and its result."""
        self._count += 1
        said: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        self._socket.send(json.dumps(said | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = json.loads(self._socket.recv(timeout=30))
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def go(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.wait("location.href != 'about:blank' && document.readyState == 'complete'")

    def ask(self, script: str) -> Any:
        """The value of an expression on the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, script: str, patience_s: float = 30.0, meanwhile: Callable[[], object] = lambda: None) -> Any:
        """Until an expression is true."""
        end = time.monotonic() + patience_s
        while not (value := self.ask(script)):
            assert time.monotonic() < end, script
            meanwhile()
            time.sleep(0.05)
        return value

    def touch(self, kind: str, *at: tuple[float, float]) -> None:
        """A finger: `Start`, `Move` or `End`, at places in pixels."""
        points = [{"x": x, "y": y} for x, y in at]
        self.call("Input.dispatchTouchEvent", type=f"touch{kind}", touchPoints=points)

    def mouse(self, kind: str, at: tuple[float, float]) -> None:
        """The mouse: `Pressed`, `Moved` or `Released`."""
        self.call(
            "Input.dispatchMouseEvent", type=f"mouse{kind}", x=at[0], y=at[1], button="left", buttons=1, clickCount=1
        )

    def key(self, key: str) -> None:
        """One key is pressed, and let go."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def picture(self) -> bytes:
        """The present picture, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
