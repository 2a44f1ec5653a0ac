"""Rows that grow in memory up to a bound and go to a temporary file beyond it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from geotamper.errors import OutputError

READ_BYTES = 64_000_000
"""Read at once from a file: pages of a file that stays mapped would count as memory of the process."""


class Spool:
    """An array of rows that is only appended to and then read by blocks.

    To be used as a context: its folder is removed at the end, also after an error or Ctrl-C.

    Args:
        columns: Of a row.
        dtype: Of its values.
        most_bytes: That may lie in memory; everything moves to a file as soon as there is more.
    """

    def __init__(self, columns: int, dtype: npt.DTypeLike, *, most_bytes: int) -> None:
        self._columns = columns
        self._dtype = np.dtype(dtype)
        self._most = most_bytes
        self._parts: list[npt.NDArray[Any]] = []
        self._count = 0
        self._folder: Path | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> "Spool":
        """Give back the object itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget all rows and remove the file."""
        self._parts = []
        if self._file is not None:
            self._file.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __len__(self) -> int:
        """Rows so far."""
        return self._count

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return self._columns * self._dtype.itemsize

    @property
    def most_bytes(self) -> int:
        """That may lie in memory."""
        return self._most

    @property
    def is_on_disk(self) -> bool:
        """Whether the rows lie in a file."""
        return self._file is not None

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add (n, columns) rows.

        Raises:
            OutputError: There is no room for the temporary file.
        """
        self._parts.append(np.ascontiguousarray(rows, self._dtype))
        self._count += len(rows)
        if self._file is None and self._count * self.row_bytes <= self._most:
            return
        try:
            if self._folder is None or self._file is None:
                self._folder = Path(tempfile.mkdtemp(prefix="geotamper-"))
                self._file = (self._folder / "rows.bin").open("w+b")
            for part in self._parts:
                self._file.write(part.tobytes())
        except OSError as error:
            raise OutputError(
                f"cannot keep intermediate data in '{tempfile.gettempdir()}': {error.strerror or error}; make room "
                "there, set TMPDIR to another folder, or raise --max-memory"
            ) from error
        self._parts = []

    def blocks(self) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """All rows in order, in blocks with the number of their first row."""
        if self._file is None:
            self._parts = [self._joined()]
            yield 0, self._parts[0]
            return
        self._file.flush()
        step = max(1, READ_BYTES // self.row_bytes)
        for start in range(0, self._count, step):
            rows = min(step, self._count - start)
            self._file.seek(start * self.row_bytes)
            content = self._file.read(rows * self.row_bytes)
            yield start, np.frombuffer(content, self._dtype).reshape(rows, self._columns)

    def _joined(self) -> npt.NDArray[Any]:
        if not self._parts:
            return np.zeros((0, self._columns), self._dtype)
        return self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
