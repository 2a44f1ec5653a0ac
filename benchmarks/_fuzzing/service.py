"""Hostile requests to the service over real sockets."""

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from numpy.random import Generator

from _fuzzing.cases import Result
from _fuzzing.picture_seeds import pillow_bytes
from _fuzzing.requests import API, RequestMaker, Wire
from geotamper.scenes import draw_scene
from geotamper.serving.app import create_app
from geotamper.serving.settings import ServiceSettings

PATIENCE = 20.0
"""Seconds for an answer."""
_QUEUE, _UPLOAD = 6, 1_000_000
_ALWAYS = {403, 404, 405}
"""Answers that need no mention: to foreign hosts, and of addresses and methods that do not exist."""
_PROTOCOL = {400, 408, 413, 414, 416, 426, 431, 501, 505}
"""What a server may say to bytes that are no request."""


class ServiceMode:
    """Runs the service in a thread and talks to it: documented answers with problem details, or it is a finding."""

    def __init__(self, data: Path) -> None:
        settings = ServiceSettings(
            port=0, data=data, queue_length=_QUEUE, max_upload=_UPLOAD, max_pixels=1 << 16, seconds_per_job=60
        )
        app = create_app(settings)
        self._paths = _documented(app.openapi())
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = int(self._listener.getsockname()[1])
        # Tracebacks are errors; a request that is none is a warning, which nobody needs to see.
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", server_header=False))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.05)
        self._requests = RequestMaker(self._first_job())

    def run(self, rng: Generator, folder: Path) -> Result:
        """See `Mode`."""
        wire = self._requests.make(rng)
        (folder / "request").write_bytes(wire.content)
        shown = f"{wire.method} {wire.target[:300]}"
        try:
            status, fault = self._send(wire)
        except TimeoutError:
            return Result(wire.subject, "no answer", f"no answer within {PATIENCE:g} s", shown)
        if not fault:
            fault = self._health()
        return Result(wire.subject, status, f"{shown}: {fault}" if fault else "", shown)

    def close(self) -> None:
        """See `Mode`."""
        self._server.should_exit = True
        self._thread.join(PATIENCE)

    def _send(self, wire: Wire) -> tuple[str, str]:
        """The status of the answer, and what is wrong about it."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # answered before all was said
                connection.sendall(wire.content)
                if not wire.is_http and not wire.leaves:
                    connection.shutdown(socket.SHUT_WR)  # it may be waiting for a body that never comes
            if wire.leaves:
                return "left", ""
            answer = http.client.HTTPResponse(connection, method=wire.method)
            try:
                answer.begin()
                body = answer.read()
            except (http.client.HTTPException, ConnectionResetError) as error:
                fault = "" if not wire.is_http else f"no sound answer ({type(error).__name__}: {error})"
                return "closed", fault
        self._tidy(answer, body)
        return str(answer.status), self._fault(wire, answer, body)

    def _fault(self, wire: Wire, answer: http.client.HTTPResponse, body: bytes) -> str:
        status, kind = answer.status, answer.headers.get("Content-Type", "")
        if status >= 500 and status not in _PROTOCOL:
            return f"{status}: {body[:500]!r}"
        if (
            kind.startswith("text/plain")
            and (not wire.is_http or wire.subject == "artifact")
            and status in _PROTOCOL
        ):
            return ""  # the second: ranges of files are the affair of the library that sends them
        allowed = self._allowed(wire) if wire.is_http else None
        if allowed is not None and status not in allowed:
            return f"{status} is not documented for it, but {sorted(allowed)} are: {body[:300]!r}"
        if status < 400 or wire.method == "HEAD":
            return ""
        return _problem_fault(status, kind, body)

    def _allowed(self, wire: Wire) -> set[int] | None:
        """Statuses that the description names for this address and method, and those that need no mention."""
        place = wire.target.partition("?")[0].partition("#")[0]
        for pattern, methods in self._paths:
            if pattern.fullmatch(place):
                return methods.get(wire.method, set()) | _ALWAYS
        return _ALWAYS | {200, 307}  # the page's files, and addresses with a slash too many

    def _tidy(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        """Remove two of three inspections that were begun, so that the queue does not refuse all that follow."""
        if answer.status != 202:
            return
        begun = str(json.loads(body)["id"])
        if int(begun[:2], 16) % 3:
            self._ask("DELETE", f"{API}/inspections/{begun}")

    def _health(self) -> str:
        status, body = self._ask("GET", f"{API}/health")
        return "" if status == 200 else f"the service is ill after it: {status} {body[:300]!r}"

    def _ask(self, method: str, target: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, target, body or None, {"Content-Type": kind} if kind else {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def _first_job(self) -> str:
        """Inspect a small sound picture and wait for the end."""
        from PIL import Image

        scene = draw_scene(kind="harbour", size=256, seed=1).pixels.copy()
        scene[150:200, 150:200] = scene[30:80, 30:80]
        picture = pillow_bytes(Image.fromarray(scene), "PNG")
        head = b'--x\r\nContent-Disposition: form-data; name="detector"\r\n\r\nblock-dct\r\n'
        head += b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        body = head + picture + b"\r\n--x--\r\n"
        _, begun = self._ask("POST", f"{API}/inspections", body, "multipart/form-data; boundary=x")
        job = str(json.loads(begun)["id"])
        while True:
            state = json.loads(self._ask("GET", f"{API}/inspections/{job}")[1])
            if state["state"] == "done":
                return job
            if state["state"] not in {"queued", "running"}:
                raise RuntimeError(f"the first inspection did not end well: {state}")
            time.sleep(0.3)


def _documented(description: dict[str, Any]) -> list[tuple[re.Pattern[str], dict[str, set[int]]]]:
    """For each address of the description, the statuses by method."""
    found = []
    for path, operations in description["paths"].items():
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
        statuses = {
            method.upper(): {int(each) for each in item["responses"]} for method, item in operations.items()
        }
        found.append((pattern, statuses))
    return found


def _problem_fault(status: int, kind: str, body: bytes) -> str:
    if not kind.startswith("application/problem+json"):
        return f"{status} comes as '{kind}', not as problem details: {body[:300]!r}"
    problem = json.loads(body)
    if problem.get("status") != status or not problem.get("title") or not problem.get("detail"):
        return f"{status} with incomplete problem details: {problem}"
    return ""
