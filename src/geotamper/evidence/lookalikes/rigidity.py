"""Whether the parts of a region move as one: small blocks are shifted separately and compared with their own error."""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.loops.likeness import shift_blocks

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
BoolMask = npt.NDArray[np.bool_]

BLOCK = 9
"""Side of the blocks, pixels; they overlap by half."""

LEAST_PIXELS = 30
NO_BLOCK = 3.0
"""Stated where no block carries a shift."""


def block_shifts(here: FloatPlane, there: FloatPlane, mask: BoolMask) -> dict[str, float]:
    """Separate shifts of the blocks of a region.

    Args:
        here: (rows, columns) luma of the region's window.
        there: Its prediction.
        mask: The pixels that are compared.

    Returns:
        Logs of the median shift in pixels, of its 80th percentile, and of the median shift in its own standard
        deviations, and of the number of blocks.
    """
    out = np.empty((2000, 2))
    one, other = np.ascontiguousarray(here), np.ascontiguousarray(there)
    count = shift_blocks(one, other, np.ascontiguousarray(mask), BLOCK, LEAST_PIXELS, out)
    if count == 0:
        return {"shift": 0.5, "shift_most": 0.5, "shift_sigmas": math.log(NO_BLOCK), "blocks": 0.0}
    shift, sigmas = out[:count, 0], out[:count, 1]
    return {
        "shift": math.log(float(np.median(shift)) + 0.01),
        "shift_most": math.log(float(np.percentile(shift, 80)) + 0.01),
        "shift_sigmas": math.log(float(np.median(sigmas)) + 0.05),
        "blocks": math.log1p(count),
    }
