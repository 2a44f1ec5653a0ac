"""One process at a time in a folder."""

import contextlib
import errno
import json
import os
import socket
import sys
from pathlib import Path
from typing import BinaryIO

from geotamper.errors import OutputError

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK)
_LOCKED_BYTE = 1 << 20
"""Where Windows locks a byte: behind the text, which others may then read."""


class FolderLock:
    """A lock on a file that ends with the process, however it ends.

    The operating system holds the lock, not the file: one that a killed process left behind blocks nobody, and
    there is no moment at which two processes could both take it over. On file systems without locks there is none.

    Args:
        path: The file; made when it is missing, and left in place when the lock is released.
        root: The folder that is locked, named in the message.
        state: What the folder is while it is locked, in the message.

    Raises:
        OutputError: Another process holds it, or the file cannot be written.
    """

    def __init__(self, path: Path, root: Path, *, state: str = "in use") -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream: BinaryIO = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        except OSError as error:
            raise OutputError(
                f"cannot write '{path}': {error.strerror or error}; choose a folder that is writable and has room"
            ) from error
        try:
            _lock(self._stream)
        except OSError as error:
            if error.errno in _BUSY:
                owner = _owner(path)
                self._stream.close()
                raise OutputError(
                    f"'{root}' is {state} by {owner}; wait until that is done, end it, or choose another folder"
                ) from error
        with contextlib.suppress(OSError):  # on a full disk the lock holds too, without a name
            self._stream.truncate(0)
            self._stream.write(json.dumps({"process": os.getpid(), "host": socket.gethostname()}).encode())
            self._stream.flush()

    def release(self) -> None:
        """Let others in; more than once does no harm."""
        with contextlib.suppress(OSError):  # what was not written is the owner's name
            self._stream.close()


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_bytes())
        return f"process {owner['process']} on {owner['host']}"
    except (OSError, ValueError, TypeError, KeyError):  # it has not written its name yet
        return "another process"


if sys.platform == "win32":

    def _lock(stream: BinaryIO) -> None:
        import msvcrt

        stream.seek(_LOCKED_BYTE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        stream.seek(0)

else:

    def _lock(stream: BinaryIO) -> None:
        import fcntl

        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
