"""Damaged files through the readers of pictures and of rasters."""

import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator

from _fuzzing.cases import Result
from _fuzzing.files import FileMaker, HostileFile
from _fuzzing.mutations import pick
from _fuzzing.vrt_texts import BASE
from geotamper.errors import InputError
from geotamper.imagery.area import Area
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import Block
from geotamper.imagery.raster import Raster, open_raster
from geotamper.imagery.read_options import ReadOptions
from geotamper.imagery.reading import read_picture
from geotamper.imagery.region import Window

MAX_PIXELS = 1 << 20
"""Of the pictures that are read: a limit below the default finds decoders that start before they look, sooner."""
_SIDE = 256
"""Of the windows that are read from rasters, pixels."""
_SUFFIXES = (".tif", ".png", ".jpg", ".webp", ".vrt", ".dat", "")


class ReaderMode:
    """Reads a damaged file in both ways: a sound picture or an `InputError` that names it, or it is a finding."""

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
        options = _draw_options(rng)
        results = [
            _judge(file, path, lambda: _check(read_picture(path, max_pixels=MAX_PIXELS, options=options))),
            _judge(file, path, lambda: _look_through(path, options, rng)),
        ]
        left = _open_files() - before
        if left:
            results.append(Result(file.seed, "left open", f"open after the case: {sorted(left)}"))
        return next((one for one in results if one.finding), _both(*results))

    def close(self) -> None:
        """See `Mode`."""


def _both(picture: Result, raster: Result) -> Result:
    """What came of a file that was read in both ways."""
    outcome = picture.outcome if picture.outcome == raster.outcome else "read as one of picture and raster"
    return Result(picture.subject, outcome, detail=f"picture: {picture.detail}; raster: {raster.detail}")


def _draw_options(rng: Generator) -> ReadOptions:
    """Mostly the defaults: bands and areas that a file does not have would hide what it has."""
    if rng.random() < 0.7:
        return ReadOptions()
    x, y, width, height = (int(value) for value in rng.integers((-5, -5, 1, 1), 30))
    areas = (
        Area.from_window(x, y, width, height),
        Area.from_bbox(5e5 + x, 5e6 - height, 5e5 + x + width, 5e6),
    )
    return ReadOptions(
        bands=pick(rng, (None, None, None, (1,), (3, 2, 1), (13, 1, 2), (999,), (4, 4, 4))),
        stretch=pick(rng, (None, None, (0.0, 100.0), (2.0, 98.0))),
        area=pick(rng, (None, None, *areas)),
    )


def _judge(file: HostileFile, path: Path, read: Callable[[], None]) -> Result:
    changes = ", ".join(file.changes) or "unchanged"
    try:
        read()
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
    return Result(file.seed, "refused", finding, message)


def _look_through(path: Path, options: ReadOptions, rng: Generator) -> None:
    """Open as a raster and read a few windows and a small version."""
    with open_raster(path, options) as raster:
        sides = [min(side, _SIDE) for side in (raster.width, raster.height)]
        small = raster.reduced(int(rng.integers(1, _SIDE)))
        assert max(small.valid.shape) <= max(raster.width, raster.height, 1)  # noqa: S101
        for _ in range(3):
            x, y = (
                int(rng.integers(whole - part + 1)) for whole, part in zip(_size(raster), sides, strict=True)
            )
            window = Window(x, y, x + sides[0], y + sides[1])
            block = raster.read(window)
            _check_block(block, (sides[1], sides[0], 3))
            assert not (raster.is_empty(window) and block.valid.any()), "not empty"  # noqa: S101
        assert len(raster.sha256) == 64, raster.sha256  # noqa: S101


def _size(raster: Raster) -> tuple[int, int]:
    return raster.width, raster.height


def _check_block(block: Block, shape: tuple[int, int, int]) -> None:
    assert block.pixels.shape == shape, block.pixels.shape  # noqa: S101
    assert block.pixels.dtype == np.uint8, block.pixels.dtype  # noqa: S101
    assert block.valid.shape == shape[:2], block.valid.shape  # noqa: S101


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
    for entry in folder.iterdir():
        try:
            found.add(str(entry.readlink()))
        except OSError:  # the listing itself
            continue
    return found
