"""Precomputed examples of the tamper prior on disk, in shards, so that an interrupted run goes on where it was."""

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from _common.prior_examples import PriorExample, make_example
from _common.tiles import Tile, data_folder, tiles_of_size, unrestricted_sources
from geotamper.atomic import write_bytes
from geotamper.errors import InputError

SHARD = 20
"""Pictures in a file."""


@dataclass(frozen=True)
class Wanted:
    """Which examples.

    Attributes:
        fold: "train" or "val".
        pictures: How many.
        seed: Of all chance.
    """

    fold: str
    pictures: int
    seed: int


def prepared(wanted: Wanted, cache: Path) -> Iterator[PriorExample]:
    """The wanted examples, read from `cache` where they are there, else made and kept there.

    Raises:
        InputError: A file of the cache is damaged, or there is no tile.
    """
    tiles = _tiles(wanted)
    name = f"{wanted.fold}-{wanted.seed}"
    for first in range(0, wanted.pictures, SHARD):
        path = cache / name / f"{first:05d}.npz"
        if not path.exists():
            made = [make_example(tiles, number, wanted.seed) for number in range(first, first + SHARD)]
            write_bytes(path, _packed(made))
            print(f"{name}: {first + SHARD} of {wanted.pictures} pictures", file=sys.stderr, flush=True)
        yield from _read(path)


def _tiles(wanted: Wanted) -> list[Tile]:
    data = data_folder()
    allowed = unrestricted_sources(data)
    tiles = [tile for tile in tiles_of_size(data, wanted.fold, (256, 512)) if tile.source_name in allowed]
    if not tiles:
        raise InputError(
            f"no unrestricted tile of fold '{wanted.fold}' in the shared data; check its manifest.csv"
        )
    return tiles


def _packed(examples: Sequence[PriorExample]) -> bytes:
    arrays: dict[str, np.ndarray] = {"sources": np.array([example.source_name for example in examples])}
    for number, example in enumerate(examples):
        arrays[f"planes{number}"], arrays[f"labels{number}"] = example.planes, example.labels
    stream = BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _read(path: Path) -> list[PriorExample]:
    try:
        with np.load(path, allow_pickle=False) as content:
            return [
                PriorExample(content[f"planes{number}"], content[f"labels{number}"], str(name))
                for number, name in enumerate(content["sources"])
            ]
    except (EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
        raise InputError(f"'{path}' is damaged ({error}); delete it") from error
