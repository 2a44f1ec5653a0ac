"""Class maps of a set, resized and kept beside the pictures: targets of segmentation networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.learning.data.cache import PictureCache, cache_key
from geotamper.learning.data.questions import FoldQuestions
from geotamper.sets.layout import CLASSES_BY_LEVEL, TamperSet, decode_segmentation
from geotamper.sets.layout.png import decode_grey

CLASS_COUNT = len(CLASSES_BY_LEVEL) + 1
"""Classes of a pixel: the seven of the catalogue, and the last one for what has no label."""


def with_class_maps(
    cache: PictureCache, opened: TamperSet, questions: FoldQuestions, folder: Path
) -> PictureCache:
    """A cache that has the class maps too, read where the folder does not have them yet.

    The maps are those that the set stores in `segmentation`: of the scene before the forgery, so that what was pasted
    has the class of the ground it lies on.

    Args:
        cache: Pictures and masks of the fold.
        opened: The set.
        questions: Whose pictures.
        folder: Where the file is kept; one byte per pixel and picture.

    Raises:
        InputError: The set has no class maps, or one is damaged.
        OutputError: The folder cannot be written.
    """
    size = cache.masks.shape[-1]
    path = folder / f"{cache_key(opened, questions, size)}-classes.npy"
    if not path.is_file():
        with atomic_path(path) as temporary:
            shape = (len(questions.pictures), size, size)
            maps = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
            for row, picture in enumerate(questions.pictures.tolist()):
                maps[row] = _class_map(opened, picture, size)
            maps.flush()
    return replace(cache, class_maps=np.load(path, mmap_mode="r"))


def _class_map(opened: TamperSet, picture: int, size: int) -> npt.NDArray[np.uint8]:
    store = opened.storage.store
    try:
        content = store.read(picture, "segmentation")
    except InputError as error:
        raise InputError(
            f"the class map of picture {picture} cannot be read ({error}); a segmentation network learns from the "
            "folder 'segmentation' of the set: train on a set that has it, or set guidance=none"
        ) from error
    classes = decode_segmentation(decode_grey(content, store.name(picture, "segmentation")).values)
    numbers = np.where(classes < 0, CLASS_COUNT - 1, classes).astype(np.float32)
    # nearest: a class between two others would be a third one
    small = functional.interpolate(torch.from_numpy(numbers)[None, None], (size, size), mode="nearest-exact")
    found: npt.NDArray[np.uint8] = small[0, 0].numpy().astype(np.uint8)
    return found
