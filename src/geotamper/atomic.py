"""Files that appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from geotamper.errors import OutputError


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`, moved into place when the block ends without an error.

    The temporary name keeps the suffix, because writers choose the format by it. Missing parent folders are
    made. On an error, Ctrl-C included, the temporary file is removed and an older `path` stays as it was.

    Raises:
        OutputError: The folder cannot be made or written to, or the disk is full.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 - overwrites on every platform
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write '{path}': {reason}; choose a folder that exists, is writable and has room"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to `path`, whole or not at all.

    Raises:
        OutputError: As `atomic_path`.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes to `path`, whole or not at all.

    Raises:
        OutputError: As `atomic_path`.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
