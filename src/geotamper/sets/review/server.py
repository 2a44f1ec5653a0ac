"""The local page: a server for one person on one machine.

It listens on the loopback address alone. Other pages in the same browser could still send requests to it, so every
address starts with a random token, requests must name the server as their host, and decisions must come as JSON,
which a foreign page may not send without asking first.
"""

import contextlib
import json
import secrets
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geotamper.errors import GeotamperError, InputError
from geotamper.sets.layout import PictureRecord, SetPicture, TamperSet, open_set
from geotamper.sets.review.decisions import Decision, Decisions
from geotamper.sets.stats.counting import kind_of_picture
from geotamper.sets.stats.sheet import outlined_picture

HOST = "127.0.0.1"
SIDE = 1024
LONGEST_BODY = 10_000

_STATIC = {"": "page.html", "page.css": "page.css", "page.js": "page.js"}
_KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Answer = tuple[HTTPStatus, str, bytes]


class ReviewServer:
    """Shows the pictures of a set and takes decisions.

    Args:
        root: Folder of a set in either layout.
        port: 0 for any that is free.

    Attributes:
        decisions: Those made so far.

    Raises:
        InputError: The set or its decisions cannot be read, or the port is taken.
    """

    def __init__(self, root: Path, *, port: int = 0) -> None:
        self._opened = open_set(root)
        self.decisions = Decisions(root)
        self._token = secrets.token_urlsafe(24)
        self._order = _order(self._opened)
        try:
            self._server = ThreadingHTTPServer((HOST, port), partial(_Handler, self))
        except (OSError, OverflowError) as error:
            raise InputError(f"port {port} cannot be used ({error}); choose another with --port") from error
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of the page, token included."""
        return f"http://{HOST}:{self.port}/{self._token}/"

    @property
    def pictures(self) -> int:
        """How many pictures are shown."""
        return len(self._order)

    def run(self) -> None:
        """Answer requests until `stop` is called from another thread."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """End `run`."""
        self._server.shutdown()

    def close(self) -> None:
        """Free the port."""
        self._server.server_close()

    def answer(self, method: str, request: "_Handler") -> Answer:
        """Answer one request."""
        words = urlsplit(request.path).path.split("/")[1:]
        refused = self._refuse(words[0], request)
        if refused is not None:
            return _text(HTTPStatus.FORBIDDEN, refused)
        place = "/".join(words[1:])
        if method == "POST":
            if place == "decision":
                return self._decide(request)
            return _text(HTTPStatus.METHOD_NOT_ALLOWED, "only decisions are posted")
        if place in _STATIC:
            return _static(_STATIC[place])
        if place == "pictures":
            return _json([self._entry(number) for number in self._order])
        return self._picture(words[1:])

    def _refuse(self, token: str, request: "_Handler") -> str | None:
        """Why a request is not answered, or None."""
        if request.headers.get("Host") not in (f"{HOST}:{self.port}", f"localhost:{self.port}"):
            return "this page is for the machine it runs on"
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return "open the address that 'geotamper review' printed"
        return None

    def _entry(self, number: int) -> dict[str, Any]:
        picture, record = self._opened.pictures[number], self._opened.records.get(number)
        return {
            "id": number,
            "text": _describe(picture, record, self._opened),
            "tampered": _kind(picture, record, self._opened) != "none",
            "decision": self.decisions.of(number),
            "original": self._opened.storage.store.has(number, "original"),
        }

    def _picture(self, words: list[str]) -> Answer:
        """The picture as `outlined/ID`, `image/ID` or `original/ID`."""
        if len(words) != 2 or not words[1].isdecimal() or int(words[1]) not in self._opened.pictures:
            return _text(HTTPStatus.NOT_FOUND, "there is no such page")
        kind, number = words[0], int(words[1])
        store = self._opened.storage.store
        shown: dict[str, Callable[[], bytes]] = {
            "outlined": lambda: _outlined(self._opened, number),
            "image": lambda: store.read(number, "image"),
            "original": lambda: store.read(number, "original"),
        }
        if kind not in shown:
            return _text(HTTPStatus.NOT_FOUND, "there is no such page")
        try:
            return HTTPStatus.OK, "image/png", shown[kind]()
        except GeotamperError as error:
            return _text(HTTPStatus.NOT_FOUND, str(error))

    def _decide(self, request: "_Handler") -> Answer:
        if request.headers.get_content_type() != "application/json":
            return _text(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a decision is sent as application/json")
        decisions: dict[Any, Decision | None] = {"accepted": "accepted", "rejected": "rejected", None: None}
        try:
            sent = json.loads(request.body())
            number, decision = sent["picture"], decisions[sent["decision"]]
        except (ValueError, TypeError, KeyError):
            number = None
        if type(number) is not int or number not in self._opened.pictures:
            expected = 'expected {"picture": a number of the set, "decision": "accepted", "rejected" or null}'
            return _text(HTTPStatus.BAD_REQUEST, expected)
        try:
            self.decisions.decide(number, decision)
        except GeotamperError as error:
            return _text(HTTPStatus.INSUFFICIENT_STORAGE, str(error))
        return _json({"picture": number, "decision": decision, **self.decisions.counts()})


class _Handler(BaseHTTPRequestHandler):
    """Takes requests apart; what they mean is the server's business."""

    server_version = "geotamper"
    sys_version = ""

    def __init__(self, review: ReviewServer, *connection: Any) -> None:  # noqa: ANN401 - the library's affair
        self._review = review
        super().__init__(*connection)  # answers the request

    def body(self) -> bytes:
        """What was sent, at most as long as a decision can be."""
        length = self.headers.get("Content-Length", "")
        return self.rfile.read(int(length)) if length.isdecimal() and int(length) <= LONGEST_BODY else b""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._send("POST")

    def _send(self, method: str) -> None:
        status, kind, content = self._review.answer(method, self)
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Connection": "close",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):  # the page asked for something else meanwhile
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Leave the terminal to the command."""


def _order(opened: TamperSet) -> list[int]:
    """All pictures, tampered ones first."""

    def untouched(picture: SetPicture) -> bool:
        return _kind(picture, opened.records.get(picture.id), opened) == "none"

    return [picture.id for picture in sorted(opened.pictures.values(), key=lambda p: (untouched(p), p.id))]


def _kind(picture: SetPicture, record: PictureRecord | None, opened: TamperSet) -> str:
    return kind_of_picture(picture, record, opened.vocabulary.question_set) or "unknown"


def _describe(picture: SetPicture, record: PictureRecord | None, opened: TamperSet) -> str:
    kind = _kind(picture, record, opened)
    parts: list[str] = ["untouched" if kind == "none" else kind]
    if record is not None and record.object_class is not None:
        parts.append(record.object_class)
    if record is not None and record.transform is not None:
        turn, scale = record.transform.rotation_deg, record.transform.scale
        parts += [f"turned {turn:+.0f}°" if turn else "not turned"]
        parts += [f"scaled by {scale:.2f}" if scale != 1 else "not scaled"]
    if record is not None and record.blur is not None:
        parts.append(f"{record.blur.method} {record.blur.strength:.2g} px")
    if picture.origin_dataset:
        parts.append(picture.origin_dataset)
    return ", ".join(parts)


def _outlined(opened: TamperSet, number: int) -> bytes:
    from geotamper.sets.layout.png import encode_png

    side = min(SIDE, 2 * max(opened.read_image(number).shape[:2]))
    return encode_png(outlined_picture(opened, number, side))


def _static(name: str) -> Answer:
    content = files("geotamper.sets.review").joinpath("static", name).read_bytes()
    return HTTPStatus.OK, _KINDS[Path(name).suffix], content


def _json(content: Any) -> Answer:  # noqa: ANN401 - any JSON
    return HTTPStatus.OK, "application/json", json.dumps(content).encode()


def _text(status: HTTPStatus, words: str) -> Answer:
    return status, "text/plain; charset=utf-8", words.encode()
