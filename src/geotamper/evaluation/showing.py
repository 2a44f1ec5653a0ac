"""Pictures and regions of a set as an examinee meets them: as they are stored, or degraded first."""

import numpy as np

from geotamper.evaluation.asking import PictureTask
from geotamper.forge.degradation import degrade_mask, degrade_picture
from geotamper.imagery.picture import Pixels
from geotamper.sets.layout import TamperSet
from geotamper.sets.truth import BoolMask


def shown_picture(opened: TamperSet, task: PictureTask) -> Pixels:
    """The picture of a task, (H, W, 3) uint8 RGB; its noise follows from its number.

    Raises:
        InputError: The picture is missing or damaged.
    """
    pixels = opened.read_image(task.picture)
    return degrade_picture(pixels, task.setup.degradations, rng=np.random.default_rng(task.picture))


def shown_masks(opened: TamperSet, task: PictureTask) -> tuple[BoolMask, BoolMask]:
    """Source and target of a task's picture, (H, W) bool each, in the frame in which it is shown.

    Raises:
        InputError: A mask is missing or damaged.
    """
    source, target = (
        degrade_mask(opened.read_mask(task.picture, role), task.setup.degradations)
        for role in ("source", "target")
    )
    return source, target
