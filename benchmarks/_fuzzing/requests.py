"""Requests that no well-meaning client sends, as the bytes that go over the wire."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from numpy.random import Generator

from _fuzzing.files import FileMaker
from _fuzzing.mutations import PLAIN, border, pick, truncate
from _fuzzing.mutations import repeat as repeat_piece

API = "/api/v1"
Header = tuple[bytes, bytes]

_METHODS = (
    "GET",
    "GET",
    "GET",
    "POST",
    "DELETE",
    "PUT",
    "PATCH",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "BREW",
    "get",
)
_TEXTS: tuple[str, ...] = (
    "",
    " ",
    "\0",
    "x" * 70_000,
    "é" * 300,
    "\ud83d",
    "<script>alert(1)</script>",
    "'; DROP TABLE jobs; --",
)
_TEXTS += (
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "%ff%fe",
    "%",
    "NaN",
    "null",
    "C:\\x",
    "a\r\nX: y",
)
_NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1.5,
    1e400,
    -(2**63),
    2**64,
    10**400,
    "1",
    "",
    None,
    True,
    [],
    {},
    [1],
    float("nan"),
)
_PARTS = (
    "events",
    "questions",
    "artifacts",
    "cancel",
    "artifacts/report.json",
    "artifacts/overlay.png",
    "tiles",
    "x",
)
_LAYERS = ("picture", "picture", "source", "target", "heat", "warped", "", "..", "%2e%2e", "PICTURE")


@dataclass(frozen=True)
class Wire:
    """A request as it is sent.

    Attributes:
        subject: What kind of request it is.
        method: As sent.
        target: As sent.
        content: All bytes.
        is_http: Whether the bytes are a request that a server must understand; others it may cut short.
        leaves: Whether the client goes away without reading the answer.
    """

    subject: str
    method: str
    target: str
    content: bytes
    is_http: bool = True
    leaves: bool = False


class RequestMaker:
    """Draws requests.

    Args:
        job: Id of an inspection that is done.
    """

    def __init__(self, job: str) -> None:
        self._job = job
        self._files = FileMaker()
        self._kinds: tuple[Callable[[Generator], Wire], ...] = (
            self._walk,
            self._walk,
            self._tile,
            self._artifact,
            self._question,
            self._page,
            self._upload,
            self._upload,
            self._by_path,
            self._headers,
            self._bytes,
            self._leaving,
        )

    def make(self, rng: Generator) -> Wire:
        """One request of a kind that is drawn evenly."""
        wire = pick(rng, self._kinds)(rng)
        return wire if wire.target.isascii() else replace(wire, is_http=False)

    def _id(self, rng: Generator) -> str:
        wild = (
            "0" * 24,
            "..",
            "%2e%2e",
            "%00",
            "a" * 5000,
            "'",
            "é",
            self._job.upper(),
            self._job + "/",
            "*",
        )
        return self._job if rng.random() < 0.6 else pick(rng, wild)

    def _walk(self, rng: Generator) -> Wire:
        places = ("", "/", "/health", "/models", "/openapi.json", "/inspections", "/inspections/", "/nothing")
        place = pick(rng, places) if rng.random() < 0.4 else f"/inspections/{self._id(rng)}"
        if place.count("/") == 2 and rng.random() < 0.6:
            place += "/" + pick(rng, _PARTS)
        prefix = pick(rng, (*[API] * 12, "", "/api/v2", "/api//v1", "//api/v1", "/api/v1/../v1"))
        target = prefix + place + pick(rng, ("", "", "?", "?limit=1", "?%zz=%", "#x", "?a" * 2000))
        method = pick(rng, _METHODS)
        if method == "DELETE" or (method == "POST" and "cancel" in target):
            target = target.replace(self._job, "0" * 24)  # it is needed until the end
        return Wire("any address", method, target, _request(method, target or "/"))

    def _tile(self, rng: Generator) -> Wire:
        numbers = [
            pick(rng, (*["0"] * 16, "1", "-1", "99", "2147483648", "1e3", "x", "", "%30")) for _ in range(3)
        ]
        z, x, y = numbers
        target = f"{API}/inspections/{self._id(rng)}/tiles/{pick(rng, _LAYERS)}/{z}/{x}/{y}"
        target += pick(rng, (*[".png"] * 8, ".jpg", "", ".png?x=1", ".png/"))
        return Wire("tile", "GET", target, _request("GET", target))

    def _artifact(self, rng: Generator) -> Wire:
        names: tuple[str, ...] = (
            "report.json",
            "report.html",
            "overlay.png",
            "source_mask.png",
            "findings.geojson",
            "../picture",
        )
        names += (
            "..%2f..%2fjobs.sqlite3",
            "%2e%2e/",
            "....//",
            "/etc/passwd",
            "report.json%00.png",
            ".",
            "..",
            "",
        )
        target = f"{API}/inspections/{self._id(rng)}/artifacts/{pick(rng, names)}"
        target += pick(rng, ("", "", "?download=1", "?download=perhaps"))
        wild = (
            b"*",
            b'"',
            b"bytes=0-",
            b"bytes=99999999-",
            b"bytes=5-2",
            b"bytes=0-1,2-3",
            b"x" * 3000,
            b"\xff",
        )
        header = (pick(rng, (b"If-None-Match", b"Range", b"If-Range", b"If-Modified-Since")), pick(rng, wild))
        return Wire("artifact", "GET", target, _request("GET", target, [header]))

    def _question(self, rng: Generator) -> Wire:
        body: Any = {"text": pick(rng, (*["Was the copy rotated?"] * 12, *_TEXTS, *_NUMBERS))}
        if rng.random() < 0.5:
            body["finding"] = pick(rng, (1, 1, 1, 2, *_NUMBERS))
        if rng.random() < 0.2:
            body = pick(rng, ([], None, "text", [body], {"x": body}, {**body, "x": 1}))
        target = f"{API}/inspections/{self._id(rng)}/questions"
        return Wire("question", "POST", target, _request("POST", target, [_json_type(rng)], _json(body, rng)))

    def _page(self, rng: Generator) -> Wire:
        wild = ("0", "-1", "201", "1e9", "x", "", "%00", "9" * 400, "1&limit=2", "٣")
        target = f"{API}/inspections?{pick(rng, ('limit', 'cursor', 'x'))}={pick(rng, wild)}"
        return Wire("list", "GET", target, _request("GET", target.encode("utf-8").decode("latin-1")))

    def _upload(self, rng: Generator) -> Wire:
        boundary = pick(rng, (*[b"xyz"] * 9, b"-", b"a" * 300, b"\xff", b'"x y"'))
        parts = [_part(b"file", self._files.make(rng).content, rng, is_file=True)]
        for _ in range(int(rng.choice((0, 0, 1, 2)))):
            name, value = self._option(rng)
            parts.append(_part(name.encode("utf-8", "surrogatepass"), value, rng, is_file=False))
        if rng.random() < 0.1:
            parts.append(pick(rng, parts))
        body = (
            b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
            + b"--"
            + boundary
            + b"--\r\n"
        )
        is_http = True
        if rng.random() < 0.3:
            body = pick(rng, (*PLAIN, truncate, repeat_piece))(body, rng)
        headers = [(b"Content-Type", b"multipart/form-data; boundary=" + boundary)]
        if rng.random() < 0.15:
            keys = (b"", b"same", b"k" * 201, b"a b", b"\xff", b"one")
            headers.append((b"Idempotency-Key", pick(rng, keys)))
        if rng.random() < 0.1:
            headers[0] = (
                b"Content-Type",
                pick(rng, (b"multipart/form-data", b"multipart/mixed; boundary=xyz", b"")),
            )
        target = f"{API}/inspections"
        return Wire("upload", "POST", target, _request("POST", target, headers, body), is_http)

    def _option(self, rng: Generator) -> tuple[str, bytes]:
        names: tuple[str, ...] = (
            "questions",
            "finding",
            "detector",
            "false_alarm_rate",
            "weights",
            "time_limit",
            "max_memory",
            "bands",
        )
        names += ("stretch", "path", "file", "unknown", "", "x" * 300, "\ud83d")
        value = str(
            pick(rng, (*_TEXTS, *_NUMBERS, "inspector", "sift", "0.5", "1ms", "permissive", "/dev/zero"))
        )
        return pick(rng, names), value.encode("utf-8", "surrogatepass")

    def _by_path(self, rng: Generator) -> Wire:
        paths = (
            "/etc/passwd",
            "/dev/zero",
            "",
            ".",
            "/proc/self/environ",
            "\0",
            "/vsicurl/http://127.0.0.1:9/x",
        )
        body: Any = {"path": pick(rng, (*paths, *_NUMBERS, *_TEXTS))}
        for _ in range(int(rng.integers(3))):
            name, _ = self._option(rng)
            body[name] = pick(rng, (*_NUMBERS, *_TEXTS))
        target = f"{API}/inspections"
        return Wire("by path", "POST", target, _request("POST", target, [_json_type(rng)], _json(body, rng)))

    def _headers(self, rng: Generator) -> Wire:
        target = API + pick(rng, ("/health", "/inspections", f"/inspections/{self._job}"))
        names: tuple[bytes, ...] = (
            b"Host",
            b"Origin",
            b"Authorization",
            b"Cookie",
            b"Content-Length",
            b"Transfer-Encoding",
            b"Accept",
        )
        names += (
            b"Sec-Fetch-Site",
            b"X-Forwarded-For",
            b"Connection",
            b"Upgrade",
            b"Expect",
            b"Last-Event-ID",
            b"X\xff",
        )
        values: tuple[bytes, ...] = (
            b"",
            b"x" * 60_000,
            b"\xff\xfe",
            b"evil.example",
            b"[::1",
            b"localhost:99999999",
            b"chunked",
            b"-5",
        )
        values += (
            b"null",
            b"Bearer " + b"x" * 99,
            b'a="b;',
            b"websocket",
            b"100-continue",
            b"close, upgrade",
            b"http://[",
        )
        headers = [(pick(rng, names), pick(rng, values)) for _ in range(int(rng.integers(1, 4)))]
        if rng.random() < 0.1:
            headers += [(b"X-%d" % number, b"y" * 50) for number in range(2000)]
        method = pick(rng, ("GET", "POST", "DELETE")) if target != f"{API}/inspections/{self._job}" else "GET"
        return Wire("headers", method, target, _request(method, target, headers), is_http=False)

    def _bytes(self, rng: Generator) -> Wire:
        sound = self._walk(rng) if rng.random() < 0.5 else self._question(rng)
        content = pick(rng, PLAIN)(sound.content, rng) if rng.random() < 0.9 else rng.bytes(200)
        if self._job.encode() in content and content[:6] in (b"DELETE", b"POST /"):
            content = content.replace(b"cancel", b"nothing")
        return Wire("bytes", sound.method, sound.target, content, is_http=False)

    def _leaving(self, rng: Generator) -> Wire:
        wire = self._upload(rng)
        if rng.random() < 0.5:
            target = f"{API}/inspections/{self._job}/{pick(rng, ('events', 'artifacts/report.html'))}"
            wire = Wire("", "GET", target, _request("GET", target, [(b"Last-Event-ID", b"%d" % border(rng))]))
        content = truncate(wire.content, rng) if rng.random() < 0.5 else wire.content
        return Wire("leaving", wire.method, wire.target, content, is_http=False, leaves=True)


def _request(method: str, target: str, headers: list[Header] | None = None, body: bytes = b"") -> bytes:
    given = headers or []
    names = {name.lower() for name, _ in given}
    lines = [f"{method} {target} HTTP/1.1".encode("utf-8", "surrogatepass")]
    if b"host" not in names:
        lines.append(b"Host: 127.0.0.1")
    if b"connection" not in names:
        lines.append(b"Connection: close")
    if b"content-length" not in names and (body or method in {"POST", "PUT", "PATCH"}):
        lines.append(b"Content-Length: %d" % len(body))
    lines += [name + b": " + value for name, value in given]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _json(body: object, rng: Generator) -> bytes:
    content = json.dumps(body).encode()
    if rng.random() < 0.1:
        return pick(
            rng, (b"[" * 90_000, b"\xff\xfe", b"", b'{"text":', b"\0", json.dumps(body).encode("utf-16"))
        )
    return pick(rng, PLAIN)(content, rng) if rng.random() < 0.15 else content


def _json_type(rng: Generator) -> Header:
    wild = (b"text/plain", b"application/xml", b"", b"application/json; charset=utf-16", b"\xff")
    return b"Content-Type", b"application/json" if rng.random() < 0.85 else pick(rng, wild)


def _part(name: bytes, content: bytes, rng: Generator, *, is_file: bool) -> bytes:
    names = (b"scene.png", b"../../x", b"", b"\xff", b"a" * 5000, b'q"uote', b"C:\\x\\y.tif", b"\0")
    head = b'Content-Disposition: form-data; name="' + name + b'"'
    if is_file or rng.random() < 0.1:
        head += b'; filename="' + pick(rng, names) + b'"'
    if rng.random() < 0.1:
        head = pick(
            rng, (b"", b"Content-Disposition: attachment", b"Content-Disposition", b"X: " + b"y" * 70_000)
        )
    return head + b"\r\n\r\n" + content
