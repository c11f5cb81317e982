"""HTTP access to the page: the addresses under which it is served, its files, and headers that let nothing else in.

A foreign page must not pull. Its requests would carry its own `Origin`, or, through a name that it lets point to this
machine, a foreign `Host`. Plain IP addresses belong to no name, so they are always accepted.
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
SEND_BUFFER = 64 << 10  # bytes in the kernel: a slow visitor misses old messages, not new ones

POLICY = (  # older Safaris take 'self' for http alone, not for a WebSocket
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
    """The answer to a plain GET."""

    status: HTTPStatus
    body: bytes
    headers: dict[str, str]


class HttpAccess:
    """Serves the files of the page under the names by which it may be reached. Reads the files once."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = {name.lower() for name in names} | {"localhost"}
        self._files = {
            "/": _File("text/html; charset=utf-8", (HERE / "page.html").read_bytes()),
            "/page.css": _File("text/css; charset=utf-8", colours() + (HERE / "page.css").read_bytes()),
            "/page.js": _File("text/javascript; charset=utf-8", (HERE / "page.js").read_bytes()),
            "/font.ttf": _File("font/ttf", FONT.read_bytes(), DAY_S),
        }

    def answer(self, target: str, host: str, takes_gzip: bool) -> Answer:
        """The answer to a request for `target`."""
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
        """The refusal of a WebSocket, or None: only a page that came from here may open one."""
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
    """The colours of the window, by the names of the style sheet."""
    named = {"ground": GROUND, "panel": PANEL, "ring": RING, "bar": WEIGHT_BAR, "faint": FAINT, "quiet": QUIET}
    named |= {"text": TEXT, "warning": WARNING}
    said = "".join(f"--{name}: rgb({r} {g} {b}); " for name, (r, g, b) in named.items())
    return f":root {{ {said}}}\n".encode()


def name_of(host: str) -> str:
    """The name in a `Host` header, without its port; empty for a malformed one."""
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
    """A listening TCP socket. Raises OSError when the address is not available."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tcp = socket.socket(family, socket.SOCK_STREAM)
    try:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # its connections inherit it
        tcp.bind((host, port))
    except OSError:
        tcp.close()
        raise
    return tcp
