"""Requests for an inspection, taken in piece by piece, so that no picture lies in memory or grows beyond a limit."""

import hashlib
import json
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from geotamper.serving.refusals import ServiceError

_MAX_FIELDS = 200
_MAX_FIELD_BYTES = 100_000
_MAX_NAME = 200
_LISTS = ("questions",)
"""Fields of a form that may be given several times."""

logging.getLogger("python_multipart").setLevel(logging.ERROR)
"""Broken forms are told to whoever sent them; a warning for each would let strangers fill the log."""


@dataclass(frozen=True)
class Upload:
    """A picture that came with a request.

    Attributes:
        path: Where it lies for now; whoever takes it moves it away.
        name: As the client calls it, fit to be shown.
        sha256: Hexadecimal digest.
    """

    path: Path
    name: str
    sha256: str


@dataclass(frozen=True)
class Received:
    """What came with a request.

    Attributes:
        values: By name; texts from forms, any JSON otherwise.
        upload: The picture, or None.
    """

    values: dict[str, Any]
    upload: Upload | None = None


async def receive(request: Request, folder: Path, *, max_upload: int) -> Received:
    """Take in the body of a request for an inspection.

    Args:
        request: With a multipart form, a plain form or JSON.
        folder: Where an upload goes.
        max_upload: Largest upload, bytes.

    Raises:
        ServiceError: The body is too long, broken or of another kind.
    """
    try:
        return await _receive(request, folder, max_upload)
    except ClientDisconnect as error:
        raise _broken("the request breaks off") from error


async def _receive(request: Request, folder: Path, max_upload: int) -> Received:
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    if kind == b"multipart/form-data":
        return await _receive_multipart(request, parameters.get(b"boundary", b""), folder, max_upload)
    if kind == b"application/json":
        return Received(_json(await _whole(request)))
    if kind == b"application/x-www-form-urlencoded":
        return Received(_form(await _whole(request)))
    raise ServiceError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "",
        f"a body of type '{kind.decode('latin-1') or 'none'}' was sent; send the picture as multipart/form-data, or "
        "its path as application/json",
    )


def display_name(given: str) -> str:
    """What a client calls its picture, without folders and without what terminals and pages would not show."""
    name = "".join(letter for letter in given.replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    return name.strip()[-_MAX_NAME:].encode("utf-8", "replace").decode() or "picture"


async def _whole(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_FIELD_BYTES:
            raise _too_large(
                f"the request is longer than {_MAX_FIELD_BYTES} bytes; send the picture as multipart form"
            )
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _broken(f"the body is no JSON ({error})") from error
    if not isinstance(values, dict):
        raise _broken("the body is JSON and no object")
    return values


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"
        )
    except ValueError as error:
        raise _broken(f"the body is no form ({error})") from error
    values: dict[str, Any] = {}
    for name, value in pairs:
        _put(values, name, value)
    return values


def _put(values: dict[str, Any], name: str, value: str) -> None:
    """Add one field of a form; empty ones are what browsers send for what was not filled in."""
    if not value:
        return
    if name in _LISTS:
        values.setdefault(name, []).append(value)
    elif name in values:
        raise _broken(f"the field '{name}' was given twice")
    else:
        values[name] = value


async def _receive_multipart(request: Request, boundary: bytes, folder: Path, max_upload: int) -> Received:
    form = _Form(folder, max_upload)
    try:
        async for part in _parts(request, boundary, form):
            await run_in_threadpool(part.take)
        received = form.received()
    except FormParserError as error:
        form.drop()
        raise _broken(f"the body is no multipart form ({error})") from error
    except BaseException:  # also when the client leaves in the middle
        form.drop()
        raise
    return received


async def _parts(request: Request, boundary: bytes, form: "_Form") -> AsyncIterator["_Form"]:
    """Feed the parser, and yield whenever there is something to be written."""
    if not boundary:
        raise _broken("the multipart form names no boundary")
    parser = MultipartParser(boundary, form.callbacks())
    async for piece in request.stream():
        if piece:
            parser.write(piece)
            yield form
    parser.finalize()
    if not form.is_complete:
        raise _broken("the multipart form breaks off")


@dataclass
class _Form:
    """Collects the parts of a multipart form; the file goes to the disk piece by piece."""

    folder: Path
    max_upload: int
    values: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = False
    _headers: dict[str, str] = field(default_factory=dict)
    _header: tuple[bytes, bytes] = (b"", b"")
    _name: str = ""
    _is_file: bool = False
    _text: bytes = b""
    _fields: int = 0
    _path: Path | None = None
    _stream: BinaryIO | None = None
    _file_name: str = ""
    _size: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)
    _pieces: list[bytes] = field(default_factory=list)

    def callbacks(self) -> Any:  # noqa: ANN401 - a mapping of the library's own type
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def take(self) -> None:
        """Write what has come of the file."""
        pieces, self._pieces = self._pieces, []
        if self._stream is not None:
            for piece in pieces:
                self._stream.write(piece)
                self._digest.update(piece)

    def received(self) -> Received:
        """The whole form; the file is closed."""
        if self._stream is None or self._path is None:
            return Received(self.values)
        self._stream.close()
        return Received(
            self.values, Upload(self._path, display_name(self._file_name), self._digest.hexdigest())
        )

    def drop(self) -> None:
        """Remove the file."""
        if self._stream is not None:
            self._stream.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _begin(self) -> None:
        self._headers, self._header, self._text = {}, (b"", b""), b""
        self._fields += 1
        if self._fields > _MAX_FIELDS:
            raise _too_large(f"the form has more than {_MAX_FIELDS} fields")

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")
        self._header = (b"", b"")

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", "").encode())
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == "file"
        if self._is_file:
            if self._path is not None:
                raise _broken("the form holds two files; send one picture per request")
            self._path = self.folder / f"{secrets.token_hex(12)}.part"
            self._stream = self._path.open("xb")
            self._file_name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._size += end - start
            if self._size > self.max_upload:
                raise _too_large(
                    f"the picture is longer than the {self.max_upload} bytes that this service takes; cut it into parts"
                )
            self._pieces.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD_BYTES:
            raise _too_large(f"the field '{self._name}' is longer than {_MAX_FIELD_BYTES} bytes")

    def _end(self) -> None:
        if not self._is_file:
            try:
                _put(self.values, self._name, self._text.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise _broken(f"the field '{self._name}' is no UTF-8 text") from error

    def _finish(self) -> None:
        self.is_complete = True


def _broken(detail: str) -> ServiceError:
    return ServiceError(HTTPStatus.BAD_REQUEST, "", detail)


def _too_large(detail: str) -> ServiceError:
    return ServiceError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "", detail)
