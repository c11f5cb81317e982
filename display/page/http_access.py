"""Who may come in by which address, and what they are served: a table of files, and headers that let nothing else in.

A page of somebody else's must not pull: it would come with its own `Origin`, or, by a name that it had let point to this
machine, with a `Host` that is not ours. Numbers are nobody's name, so they are always let in.
"""

import gzip
import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from display.palette import FAINT, GROUND, PANEL, QUIET, RING, TEXT, WARNING, WEIGHT_BAR

HERE = Path(__file__).parent
FONT = HERE.parent / "fonts" / "JetBrainsMono-Regular.ttf"
LIVE = "/live"  # the WebSocket
DAY_S = 86_400
SEND_BUFFER = 64 << 10  # bytes in the kernel: who is slow misses what is old, and not what is new

POLICY = (  # in older Safaris 'self' is http alone, and no WebSocket
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Answer:
    """To a plain GET."""

    status: HTTPStatus
    body: bytes
    headers: dict[str, str]


class HttpAccess:
    """Knows the files of the page, and by which names it is to be reached. Reads the files once."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = {name.lower() for name in names} | {"localhost"}
        self._files = {
            "/": _File("text/html; charset=utf-8", (HERE / "page.html").read_bytes()),
            "/page.css": _File("text/css; charset=utf-8", colours() + (HERE / "page.css").read_bytes()),
            "/page.js": _File("text/javascript; charset=utf-8", (HERE / "page.js").read_bytes()),
            "/font.ttf": _File("font/ttf", FONT.read_bytes(), DAY_S),
        }

    def answer(self, target: str, host: str, takes_gzip: bool) -> Answer:
        """What is served for a request's target."""
        if not self._is_ours(host):
            return _said(HTTPStatus.MISDIRECTED_REQUEST, "This instrument has another address (chorus --page-address).")
        file = self._files.get(target.partition("?")[0])
        if file is None:
            return _said(HTTPStatus.NOT_FOUND, "There is nothing here.")
        headers = {"Content-Type": file.kind, "Cache-Control": f"max-age={file.kept_s}" if file.kept_s else "no-store"}
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip:
            headers["Content-Encoding"] = "gzip"
        headers |= HEADERS | {"Content-Security-Policy": POLICY.format(host=host)}
        return Answer(HTTPStatus.OK, file.small if takes_gzip else file.raw, headers)

    def refusal(self, host: str, origin: str) -> Answer | None:
        """Why a WebSocket is not opened, or None: only a page that came from here opens one."""
        if not self._is_ours(host):
            return _said(HTTPStatus.MISDIRECTED_REQUEST, "This instrument has another address (chorus --page-address).")
        if origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return _said(HTTPStatus.FORBIDDEN, "Only the page of this instrument may speak to it.")
        return None

    def _is_ours(self, host: str) -> bool:
        name = name_of(host)
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return name in self._names


class _File:
    def __init__(self, kind: str, raw: bytes, kept_s: int = 0) -> None:
        self.kind, self.raw, self.kept_s = kind, raw, kept_s
        self.small = gzip.compress(raw, mtime=0)


def colours() -> bytes:
    """The window's colours as the style sheet calls them."""
    named = {"ground": GROUND, "panel": PANEL, "ring": RING, "bar": WEIGHT_BAR, "faint": FAINT, "quiet": QUIET}
    named |= {"text": TEXT, "warning": WARNING}
    said = "".join(f"--{name}: rgb({r} {g} {b}); " for name, (r, g, b) in named.items())
    return f":root {{ {said}}}\n".encode()


def name_of(host: str) -> str:
    """The name in a `Host` header, without its port; empty for what is none."""
    try:
        url = urlsplit(f"//{host}")
        name = url.hostname or ""
        whole = url.netloc == host and not url.path and "@" not in host and (url.port or 1) > 0
    except ValueError:
        return ""
    return name if whole and set(name) <= NAME else ""


NAME = set("abcdefghijklmnopqrstuvwxyz0123456789.:-_")


def _said(status: HTTPStatus, line: str) -> Answer:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"} | HEADERS
    return Answer(status, f"{line}\n".encode(), headers)


def open_socket(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises OSError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tcp = socket.socket(family, socket.SOCK_STREAM)
    try:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # its connections have it, too
        tcp.bind((host, port))
    except OSError:
        tcp.close()
        raise
    return tcp
