"""Blurring an object away: Gaussian, mosaic, or an oil-painting smudge."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.forge.forgery import BlurMethod, BoolMask, Forgery, Pixels, check_object
from geotamper.forge.warping import Window, outline_points
from geotamper.task.classes import ObjectClass


@dataclass(frozen=True)
class BlurParameters:
    """How an object is blurred.

    Attributes:
        method: "gaussian", "mosaic" (blocks of their mean colour) or "oil" (the mean colour of the most
            common intensity around each pixel).
        strength: Sigma, block size or radius in pixels. Sigma is any number > 0; blocks are whole and at
            least 2, the radius is whole and at least 1.
        oil_bins: Number of intensity bins of the oil painting, 2 to 256.
    """

    method: BlurMethod
    strength: float
    oil_bins: int = 8

    def __post_init__(self) -> None:
        smallest = {"gaussian": 0.0, "mosaic": 2.0, "oil": 1.0}.get(self.method)
        if smallest is None:
            raise SpecificationError(f"no blur is called '{self.method}'; choose gaussian, mosaic or oil")
        if not (math.isfinite(self.strength) and self.strength >= smallest and self.strength > 0):
            raise SpecificationError(
                f"strength {self.strength} is too small for '{self.method}'; give a number above {smallest:g}"
            )
        if self.method != "gaussian" and not float(self.strength).is_integer():
            raise SpecificationError(
                f"'{self.method}' works on whole pixels, got strength {self.strength}; give a whole number"
            )
        if not 2 <= self.oil_bins <= 256:
            raise SpecificationError(f"oil_bins must be 2 to 256, got {self.oil_bins}")


def gaussian(pixels: Pixels, sigma: float) -> Pixels:
    """Blur (H, W, 3) pixels with a Gaussian of `sigma` pixels, cut at 4 sigma."""
    import cv2

    size = 2 * math.ceil(4 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(pixels, (size, size), sigma), dtype=np.uint8)


def mosaic(pixels: Pixels, block: int) -> Pixels:
    """Replace every `block` x `block` square by its mean colour, counted from the upper left corner."""
    height, width = pixels.shape[:2]
    rows, columns = np.arange(0, height, block), np.arange(0, width, block)
    sums = np.add.reduceat(np.add.reduceat(pixels.astype(np.int64), rows, axis=0), columns, axis=1)
    tall, wide = np.diff(np.append(rows, height)), np.diff(np.append(columns, width))
    means = np.rint(sums / (tall[:, np.newaxis] * wide)[..., np.newaxis])
    blocks: Pixels = means.astype(np.uint8).repeat(tall, axis=0).repeat(wide, axis=1)
    return blocks


def oil_painting(pixels: Pixels, radius: int, bins: int) -> Pixels:
    """Give every pixel the mean colour of the most common intensity bin around it.

    Args:
        pixels: (H, W, 3) uint8.
        radius: The surroundings are a square of 2 radius + 1 pixels; at the border it is cut off.
        bins: Number of equally wide bins of the mean of the three channels; of equally common bins the
            darkest counts.

    Returns:
        (H, W, 3) uint8.
    """
    import cv2

    level = (pixels.sum(axis=2, dtype=np.int64) * bins) // (3 * 255 + 1)
    size = (2 * radius + 1, 2 * radius + 1)

    def box_sum(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        summed = cv2.boxFilter(values, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed, dtype=np.float64)

    best = np.zeros(level.shape)
    colour = np.zeros(pixels.shape)
    for number in np.unique(level):
        member = level == number
        count = np.rint(box_sum(member.astype(np.float64)))
        wins = count > best
        best[wins] = count[wins]
        sums = box_sum(pixels * member[..., np.newaxis].astype(np.float64))
        colour[wins] = sums[wins] / count[wins][:, np.newaxis]
    painted: Pixels = np.clip(np.rint(colour), 0, 255).astype(np.uint8)
    return painted


def blur_region(
    pixels: Pixels,
    mask: BoolMask,
    parameters: BlurParameters,
    *,
    object_class: ObjectClass | None = None,
) -> Forgery:
    """Blur an object in place, with a hard edge.

    Pixels outside the mask stay as they were; those inside take the values of the blurred picture, so that
    the surroundings leak in as far as the method reaches. The blocks of a mosaic start at the upper left
    corner of the object's bounding box.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        mask: (H, W) bool, the object.
        parameters: Method and strength.
        object_class: What the object is, if known.

    Returns:
        The forged picture; source and target mask are the same.

    Raises:
        SpecificationError: Picture and mask do not fit.
    """
    check_object(pixels, mask)
    reach = 0 if parameters.method == "mosaic" else math.ceil(4 * parameters.strength) + 1
    centres = outline_points(mask)
    # Whole corners of the outermost pixels, so that a window without a margin is the bounding box.
    window = Window.around(np.concatenate([centres - 0.5, centres + 0.5]), reach).clipped(mask.shape).slices
    blurred = _blurred(np.ascontiguousarray(pixels[window]), parameters)
    inside = mask[window]
    forged = pixels.copy()
    forged[window][inside] = blurred[inside]
    return Forgery(
        pixels=forged,
        original=pixels,
        source_mask=mask,
        target_mask=mask,
        kind="blur",
        object_class=object_class,
        blur_method=parameters.method,
        blur_strength=parameters.strength,
    )


def _blurred(pixels: Pixels, parameters: BlurParameters) -> Pixels:
    match parameters.method:
        case "gaussian":
            return gaussian(pixels, parameters.strength)
        case "mosaic":
            return mosaic(pixels, int(parameters.strength))
        case "oil":
            return oil_painting(pixels, int(parameters.strength), parameters.oil_bins)
