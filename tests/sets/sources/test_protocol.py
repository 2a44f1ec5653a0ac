import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.sets.sources import RawSource, TileError, TileRef, open_source, read_tiles

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path, save: Save, noise: Noise) -> Path:
    """Names whose alphabetical order differs from that of their numbers, written in neither."""
    for number in (10, 9, 100, 1):
        save(f"images/tile_{number}.png", noise(1030, 520, number))
        save(f"masks/tile_{number}.png", np.full((1030, 520), 4, np.uint8))
    return tmp_path


def total(source: RawSource, ref: TileRef) -> int:
    return int(source.read(ref).pixels.sum())


def test_tiles_come_in_the_order_of_numbers_then_rows(folder: Path) -> None:
    refs = open_source(folder).tiles().tiles
    order = [(ref.raw.picture.stem, ref.window.y) for ref in refs]
    assert order == [(f"tile_{n}", y) for n in (1, 9, 10, 100) for y in (0, 512)]
    assert len({ref.id for ref in refs}) == len(refs)
    assert open_source(folder).tiles().tiles == refs


def test_read_does_not_depend_on_what_was_read_before(folder: Path) -> None:
    refs = open_source(folder).tiles().tiles
    forward, backward = open_source(folder), open_source(folder)
    there = [forward.read(ref) for ref in refs]
    back = [backward.read(ref) for ref in reversed(refs)][::-1]
    for one, two in zip(there, back, strict=True):
        assert np.array_equal(one.pixels, two.pixels)
        assert np.array_equal(one.labels, two.labels)


def test_sources_and_tiles_reach_other_processes(folder: Path) -> None:
    source = open_source(folder)
    refs = source.tiles().tiles
    expected = [total(source, ref) for ref in refs]  # files are open when the source is sent
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(total, [source] * len(refs), refs)) == expected


def test_read_tiles_puts_the_error_in_place_of_a_bad_tile(folder: Path) -> None:
    path = folder / "images/tile_9.png"
    source = open_source(folder)
    listing = source.tiles()
    path.unlink()
    results = list(read_tiles(source, listing))
    bad = [number for number, result in enumerate(results) if isinstance(result, TileError)]
    assert bad == [2, 3]
    error = results[2]
    assert isinstance(error, TileError)
    assert str(path) in str(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(again), again.path) == (str(error), path)


def test_tiles_reports_a_file_that_is_no_picture(folder: Path) -> None:
    (folder / "images/tile_9.png").write_bytes(b"not a picture")
    listing = open_source(folder).tiles()
    assert [error.path.name for error in listing.failures] == ["tile_9.png"]
    assert len(listing.tiles) == 6
