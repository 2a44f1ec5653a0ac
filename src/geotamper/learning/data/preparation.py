"""Pictures and masks of a set as a network sees them (dataset_format.md sections 4 and 5)."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels
from geotamper.models.normalisation import DEVIATION, MEAN
from geotamper.sets.layout import MASK_ROLES, Role, TamperSet
from geotamper.sets.layout.png import decode_grey, decode_rgb

__all__ = ["DEVIATION", "MEAN", "ReadRole", "mask_targets", "prepare_item", "prepare_picture", "resize"]


class ReadRole(Protocol):
    """Gives the file of one picture."""

    def __call__(self, picture: int, role: Role) -> bytes:
        """The bytes of the file.

        Raises:
            InputError: It is missing.
        """
        ...


def prepare_picture(pixels: Pixels, size: int) -> Tensor:
    """Normalise and then resize a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        size: Side of the result, pixels.

    Returns:
        float32, shape (3, size, size).
    """
    values = torch.from_numpy(np.array(pixels, copy=True)).permute(2, 0, 1).float() / 255
    normal = (values - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    return resize(normal, size)


def resize(values: Tensor, size: int) -> Tensor:
    """Resize (C, H, W) to (C, size, size): bilinear with antialiasing."""
    if values.shape[-2:] == (size, size):
        return values
    resized: Tensor = functional.interpolate(
        values[None], (size, size), mode="bilinear", align_corners=False, antialias=True
    )[0]
    return resized


def mask_targets(masks: Tensor) -> Tensor:
    """The regression targets of the mask network.

    Args:
        masks: Source, target and background, 0..255, shape (..., 3, H, W).

    Returns:
        s + 0.1 b, t + 0.1 b, 0.7 s + 0.9 t + 0.1 b, same shape.
    """
    source, target, background = masks.float().unbind(dim=-3)
    faint = 0.1 * background
    return torch.stack((source + faint, target + faint, 0.7 * source + 0.9 * target + faint), dim=-3)


def prepare_item(opened: TamperSet, read: ReadRole, picture: int, size: int) -> tuple[Tensor, Tensor]:
    """One picture of a set with its masks.

    Args:
        opened: The set, for the names in messages.
        read: Gives the files.
        picture: Its id.
        size: Side of the result, pixels.

    Returns:
        The picture, float32 (3, size, size), and source, target and background on 0..255, uint8 (3, size, size).

    Raises:
        InputError: A file is missing or damaged, or a mask has another frame than its picture.
    """
    store = opened.storage.store
    pixels = decode_rgb(read(picture, "image"), store.name(picture, "image"))
    masks = []
    for role in MASK_ROLES:
        values = decode_grey(read(picture, role), store.name(picture, role)).values
        if values.shape != pixels.shape[:2]:
            raise InputError(
                f"'{store.name(picture, role)}' has {values.shape[1]} x {values.shape[0]} pixels, its picture "
                f"{pixels.shape[1]} x {pixels.shape[0]}; masks and picture must share one frame"
            )
        masks.append(torch.from_numpy(np.array(values, copy=True)).float())
    small = resize(torch.stack(masks), size).round().clamp(0, 255).to(torch.uint8)
    return prepare_picture(pixels, size), small
