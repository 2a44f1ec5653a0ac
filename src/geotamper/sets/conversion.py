"""A set from one layout to another, at its own size or smaller."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from geotamper.atomic import write_bytes
from geotamper.control import Control
from geotamper.errors import InputError, OutputError, SpecificationError
from geotamper.sets.layout.names import (
    FOLDS,
    MASK_ROLES,
    ROLES,
    SIDECAR_FILE,
    Role,
    picture_path,
)
from geotamper.sets.layout.opened import TamperSet, open_lists
from geotamper.sets.layout.picture_files import PictureStore
from geotamper.sets.layout.png import decode_grey, decode_rgb, encode_png
from geotamper.sets.layout.sidecar import write_sidecar
from geotamper.sets.layout.writing import SetLists, write_lists
from geotamper.sets.parquet.names import ListName
from geotamper.sets.parquet.writing import ParquetOptions, PictureFile, Storage, check_lists, write_parquet
from geotamper.sets.review.decisions import REVIEW_FILE
from geotamper.sets.screening.log import SCREENING_FILE

Layout = Literal["released", "parquet"]
LAYOUTS: tuple[Layout, ...] = ("released", "parquet")

_PICTURES_AT_ONCE = 32
_HALF = 128


@dataclass(frozen=True)
class Conversion:
    """What to make of a set.

    Attributes:
        to: The layout.
        size: Side of the pictures in pixels; None leaves every file as it is, byte for byte.
        storage: Single picture files, or tar shards with Parquet.
        jobs: Threads that read, shrink and encode.
    """

    to: Layout
    size: int | None = None
    storage: Storage = "files"
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.to not in LAYOUTS:
            raise SpecificationError(f"unknown layout '{self.to}'; choose one of {', '.join(LAYOUTS)}")
        if self.size is not None and self.size < 8:
            raise SpecificationError(f"size {self.size} is too small; expected 8 pixels or more, such as 224")
        if self.storage == "shards" and self.to != "parquet":
            raise SpecificationError("the released layout has single picture files; leave the shards out")
        if self.jobs < 1:
            raise SpecificationError(f"jobs must be at least 1, got {self.jobs}")


def convert_set(source: Path, out: Path, conversion: Conversion, *, control: Control | None = None) -> None:
    """Write a set in another layout.

    Without a size the way there and back gives the same questions, in the same order, and the same bytes of every
    picture; what a person decided in a review goes along. With one, pictures are shrunk by area averaging, masks
    likewise and cut at one half, class maps by nearest neighbour; questions and answers stay those of the original
    size.

    Args:
        source: The folder of a set in either layout; a release of the balanced subset alone stays one.
        out: A folder that is empty or not there.
        conversion: What to make of it.
        control: Progress and cancellation.

    Raises:
        InputError: The set cannot be read, or its lists contradict each other.
        OutputError: `out` is not empty or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"'{out}' is not an empty folder; choose a new one, so that nothing is mixed")
    opened_lists = open_lists(source)
    sets: dict[ListName, TamperSet] = {"balanced" if one.balanced else "full": one for one in opened_lists}
    whole = opened_lists[0]
    _copy_decisions(source, out)
    files = _picture_files(whole, conversion, control or Control())
    if conversion.to == "parquet":
        size = None if conversion.size is None else (conversion.size, conversion.size)
        write_parquet(out, sets, files, ParquetOptions(source.name, conversion.storage, size))
        return
    for opened in sets.values():
        check_lists(opened)
    for picture, role, content in files:
        write_bytes(picture_path(out, picture, role), content)
    if whole.sidecar is not None:
        write_sidecar(out / SIDECAR_FILE, whole.sidecar)
    for opened in sets.values():
        _write_released(out, opened)


def _copy_decisions(source: Path, out: Path) -> None:
    """Carry over what was decided about pictures by a person, and about raw tiles by the screening."""
    for name in (REVIEW_FILE, SCREENING_FILE):
        if (source / name).is_file():
            write_bytes(out / name, (source / name).read_bytes())


def _write_released(out: Path, opened: TamperSet) -> None:
    table = opened.questions
    absent = np.isin(table.ids, np.array(opened.fold_conflicts.missing, dtype=np.int64))
    lists = SetLists(
        table.take(~absent),
        opened.pictures.values(),
        opened.vocabulary,
        {fold: opened.fold_questions(fold) for fold in FOLDS},
    )
    write_lists(out, lists, balanced=opened.balanced)


def _picture_files(opened: TamperSet, conversion: Conversion, control: Control) -> Iterator[PictureFile]:
    """Every file of every picture in the list, shrunk where asked for."""
    store, size = opened.storage.store, conversion.size
    pictures = sorted(opened.pictures)

    def load(picture: int) -> list[PictureFile]:
        present: Iterable[Role] = [role for role in ROLES if store.has(picture, role)]
        if not present:
            raise InputError(f"picture {picture} of '{opened.root}' has no file; remove it from the list")
        return [(picture, role, _content(store, picture, role, size)) for role in present]

    with ThreadPoolExecutor(conversion.jobs) as pool:
        for start in range(0, len(pictures), _PICTURES_AT_ONCE):  # so that only a batch stands in memory
            control.checkpoint(start / len(pictures), "converting pictures")
            for files in pool.map(load, pictures[start : start + _PICTURES_AT_ONCE]):
                yield from files


def _content(store: PictureStore, picture: int, role: Role, size: int | None) -> bytes:
    content = store.read(picture, role)
    return content if size is None else shrink(content, role, size, store.name(picture, role))


def shrink(content: bytes, role: Role, size: int, name: str) -> bytes:
    """A PNG of a set at `size` x `size` pixels.

    Args:
        content: The file.
        role: What it is, which decides how it is resampled.
        size: Side, pixels; at most that of the file.
        name: How messages name the file.

    Raises:
        InputError: The file is damaged or smaller than `size`.
    """
    import cv2

    picture = (
        decode_rgb(content, name) if role in ("image", "original") else decode_grey(content, name).values
    )
    if size > min(picture.shape[:2]):
        raise InputError(
            f"'{name}' has {picture.shape[1]} x {picture.shape[0]} pixels; sets are only made smaller: "
            f"choose a size below {size}"
        )
    how = cv2.INTER_NEAREST_EXACT if role == "segmentation" else cv2.INTER_AREA
    small = np.asarray(cv2.resize(picture, (size, size), interpolation=how), dtype=np.uint8)
    if role not in MASK_ROLES:
        return encode_png(small)
    # where both halves of a pixel tie, it is the region's: the background is what neither region covers
    return encode_png(small > (_HALF if role == "background" else _HALF - 1))
