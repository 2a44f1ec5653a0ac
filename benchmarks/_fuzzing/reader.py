"""Damaged files through the reader of pictures."""

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator

from _fuzzing.cases import Result
from _fuzzing.files import FileMaker, HostileFile
from _fuzzing.vrt_texts import BASE
from geotamper.errors import InputError
from geotamper.imagery.picture import Picture
from geotamper.imagery.reading import read_picture

MAX_PIXELS = 1 << 20
"""Of the pictures that are read: a limit below the default finds decoders that start before they look, sooner."""
_SUFFIXES = (".tif", ".png", ".jpg", ".webp", ".vrt", ".dat", "")


class ReaderMode:
    """Reads a damaged file: a sound picture or an `InputError` that names the file, or it is a finding."""

    def __init__(self) -> None:
        self._files = FileMaker()

    def run(self, rng: Generator, folder: Path) -> Result:
        """See `Mode`."""
        file = self._files.make(rng)
        suffix = ".vrt" if file.seed.startswith("vrt") else str(rng.choice(_SUFFIXES))
        path = folder / f"case{suffix}"
        path.write_bytes(file.content)
        if file.seed.startswith("vrt"):
            (folder / BASE).write_bytes(self._files.base)
        before = _open_files()
        results = [_judge(file, path, _read)]
        left = _open_files() - before
        if left and not results[0].finding:
            return Result(file.seed, "left open", f"open after the case: {sorted(left)}", str(file.changes))
        return next((one for one in results if one.finding), results[0])

    def close(self) -> None:
        """See `Mode`."""


def _judge(file: HostileFile, path: Path, read: Callable[[Path], None]) -> Result:
    changes = ", ".join(file.changes) or "unchanged"
    try:
        read(path)
    except InputError as error:
        return _refusal(file, path, str(error))
    except BaseException:  # noqa: BLE001 - whatever it is, it is what this looks for
        return Result(file.seed, "exception", traceback.format_exc(), changes)
    return Result(file.seed, "read", detail=changes)


def _refusal(file: HostileFile, path: Path, message: str) -> Result:
    missing = [what for what in (path.name, "expected") if what not in message]
    if "\n" in message:
        missing.append("a single line")
    finding = f"the message lacks {', '.join(missing)}: {message}" if missing else ""
    if not file.changes and not _is_refused_when_sound(file.seed):
        finding = f"a sound file was refused: {message}"
    return Result(file.seed, "refused", finding, message)


def _is_refused_when_sound(seed: str) -> bool:
    return seed.startswith("vrt") or seed in _REFUSED


_REFUSED = {"webp animated", "tiff pages", "tiff complex", "tiff lab", "tiff sparse"}
"""Kinds that the reader does not take."""


def _read(path: Path) -> None:
    _check(read_picture(path, max_pixels=MAX_PIXELS))


def _check(picture: Picture) -> None:
    pixels = picture.pixels
    assert pixels.shape == (picture.height, picture.width, 3), pixels.shape  # noqa: S101 - the test of a fuzz case
    assert pixels.dtype == np.uint8, pixels.dtype  # noqa: S101
    assert pixels.size, pixels.shape  # noqa: S101
    assert picture.width * picture.height <= MAX_PIXELS, pixels.shape  # noqa: S101
    assert len(picture.sha256) == 64, picture.sha256  # noqa: S101


def _open_files() -> set[str]:
    """What this process has open, where the system tells."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return set()
    found = set()
    for entry in os.listdir(folder):
        try:
            found.add(os.readlink(folder / entry))
        except OSError:  # the listing itself
            continue
    return found
