"""A list of finished work that survives the end of the process at any moment.

One JSON object a line, appended by one process. A line that was cut off is dropped when the file is opened again, so
its work is done once more.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from geotamper.errors import OutputError


class Journal:
    """An append-only file of JSON objects.

    Attributes:
        path: The file; made when it is missing.
        entries: What it held when it was opened.

    Raises:
        OutputError: The file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes() if path.exists() else b""
            self.entries, whole = _parse(content)
            self._stream = path.open("ab")
            self._stream.truncate(whole)
        except OSError as error:
            raise self._failed(error) from error

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append an entry; when this returns it outlives the process.

        Raises:
            OutputError: The disk is full.
        """
        try:
            self._stream.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            self._stream.flush()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot write '{self.path}': {error.strerror or error}; choose a folder that is writable and has room"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stream.close()
        except OSError as failure:
            # what was not flushed is lost with its line, and that was reported when it was added
            if kind is None:
                raise self._failed(failure) from failure


def _parse(content: bytes) -> tuple[list[dict[str, Any]], int]:
    """The whole entries, and the number of bytes that they take."""
    entries: list[dict[str, Any]] = []
    whole = 0
    for line in content.splitlines(keepends=True):
        try:
            entry = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            break
        entries.append(entry)
        whole += len(line)
    return entries, whole
