"""Decoded and resized pictures in memory-mapped files: every picture is decoded once."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from geotamper.atomic import atomic_path
from geotamper.learning.data.preparation import mask_targets, prepare_item
from geotamper.learning.data.questions import FoldQuestions, digest
from geotamper.sets.layout import Role, TamperSet

Watch = Callable[[int, int], None]
"""Told how many pictures are ready, of how many."""

WORKERS = 2


@dataclass(frozen=True, eq=False)
class PictureCache:
    """The pictures and masks of a fold, row by row.

    Attributes:
        pictures: (P, 3, S, S) float16, normalised.
        masks: (P, 3, S, S) uint8: source, target and background.
        class_maps: (P, S, S) uint8, class of every pixel; None where no network asks for it.
        shows_class_maps: Whether pictures have these classes as a fourth channel.
    """

    pictures: npt.NDArray[np.float16]
    masks: npt.NDArray[np.uint8]
    class_maps: npt.NDArray[np.uint8] | None = None
    shows_class_maps: bool = False

    def picture_batch(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """Pictures, float32, shape (len(rows), 3, S, S), with a fourth channel where class maps are shown."""
        pictures = torch.from_numpy(self.pictures[rows].astype(np.float32))
        classes = self.class_map_batch(rows) if self.shows_class_maps else None
        return pictures if classes is None else torch.cat((pictures, classes[:, None].float()), dim=1)

    def target_batch(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """Mask targets, float32, shape (len(rows), 3, S, S)."""
        return mask_targets(torch.from_numpy(self.masks[rows]))

    def class_map_batch(self, rows: npt.NDArray[np.int64]) -> Tensor | None:
        """Class of every pixel, int64, shape (len(rows), S, S), or None."""
        return None if self.class_maps is None else torch.from_numpy(self.class_maps[rows].astype(np.int64))


def open_cache(
    opened: TamperSet, questions: FoldQuestions, folder: Path, size: int, watch: Watch | None = None
) -> PictureCache:
    """The pictures of a fold, decoded where the folder does not have them yet.

    The files are named after the set's place, its questions and the size: a set whose pictures were changed
    under the same questions needs an empty folder.

    Args:
        opened: The set.
        questions: Whose pictures.
        folder: Where the files are kept; 9 bytes per pixel and picture.
        size: Side of a picture, pixels.
        watch: Told about the progress of decoding.

    Raises:
        InputError: A picture or mask is missing or damaged.
        OutputError: The folder cannot be written, or the disk is full.
    """
    key = cache_key(opened, questions, size)
    pictures, masks = folder / f"{key}-pictures.npy", folder / f"{key}-masks.npy"
    if not (pictures.is_file() and masks.is_file()):
        _fill(opened, questions, (pictures, masks), size, watch)
    return PictureCache(np.load(pictures, mmap_mode="r"), np.load(masks, mmap_mode="r"))


def cache_key(opened: TamperSet, questions: FoldQuestions, size: int) -> str:
    """Begins the name of every file that is cached for a fold at a size."""
    described = f"{opened.root.resolve()}\n{size}\n{digest([questions])}"
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _fill(
    opened: TamperSet, questions: FoldQuestions, paths: tuple[Path, Path], size: int, watch: Watch | None
) -> None:
    count = len(questions.pictures)
    shape = (count, 3, size, size)
    lock = threading.Lock()
    done = 0

    def read(picture: int, role: Role) -> bytes:
        with lock:  # a store need not be safe for threads; decoding is what takes the time
            return opened.storage.store.read(picture, role)

    with atomic_path(paths[1]) as mask_file, atomic_path(paths[0]) as picture_file:
        pictures = np.lib.format.open_memmap(picture_file, "w+", np.float16, shape)
        masks = np.lib.format.open_memmap(mask_file, "w+", np.uint8, shape)

        def work(row: int) -> None:
            nonlocal done
            picture, small = prepare_item(opened, read, int(questions.pictures[row]), size)
            pictures[row], masks[row] = picture.numpy(), small.numpy()
            with lock:
                done += 1
                if watch is not None:
                    watch(done, count)

        with ThreadPoolExecutor(WORKERS) as pool:
            waiting = [pool.submit(work, row) for row in range(count)]
            try:
                for result in waiting:
                    result.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        pictures.flush()
        masks.flush()
