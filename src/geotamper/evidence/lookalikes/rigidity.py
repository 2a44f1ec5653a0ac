"""Whether the parts of a region move as one: small blocks are shifted separately and compared with their own error."""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
BoolMask = npt.NDArray[np.bool_]

BLOCK = 9
"""Side of the blocks, pixels; they overlap by half."""

LEAST_PIXELS = 30
NO_BLOCK = 3.0
"""Stated where no block carries a shift."""


@compiled
def _shifts(here: FloatPlane, there: FloatPlane, mask: BoolMask, side: int, least: int, out: Floats) -> int:
    """Fill `out` with shift, standardised shift and correlation of each block; returns how many there are."""
    rows, columns = here.shape
    found = 0
    half = side // 2
    for top in range(0, rows - side + 1, half):
        for left in range(0, columns - side + 1, half):
            n = 0
            xx = xy = yy = ex = ey = ee = 0.0
            for y in range(max(top, 1), min(top + side, rows - 1)):
                for x in range(max(left, 1), min(left + side, columns - 1)):
                    if not mask[y, x]:
                        continue
                    e = here[y, x] - there[y, x]
                    gx = 0.25 * (there[y, x + 1] - there[y, x - 1] + here[y, x + 1] - here[y, x - 1])
                    gy = 0.25 * (there[y + 1, x] - there[y - 1, x] + here[y + 1, x] - here[y - 1, x])
                    xx += gx * gx
                    xy += gx * gy
                    yy += gy * gy
                    ex += gx * e
                    ey += gy * e
                    ee += e * e
                    n += 1
            if n < least:
                continue
            determinant = xx * yy - xy * xy
            smaller = 0.5 * (xx + yy - math.sqrt((xx - yy) * (xx - yy) + 4 * xy * xy))
            if smaller < n * 2.0:
                continue
            sx = (yy * ex - xy * ey) / determinant
            sy = (xx * ey - xy * ex) / determinant
            explained = sx * ex + sy * ey
            variance = max((ee - explained) / max(n - 2, 1), 0.3)
            out[found, 0] = math.hypot(sx, sy)
            out[found, 1] = math.sqrt(max(explained, 0.0) / (2 * variance))
            found += 1
            if found == len(out):
                return found
    return found


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
    count = _shifts(one, other, np.ascontiguousarray(mask), BLOCK, LEAST_PIXELS, out)
    if count == 0:
        return {"shift": 0.5, "shift_most": 0.5, "shift_sigmas": math.log(NO_BLOCK), "blocks": 0.0}
    shift, sigmas = out[:count, 0], out[:count, 1]
    return {
        "shift": math.log(float(np.median(shift)) + 0.01),
        "shift_most": math.log(float(np.percentile(shift, 80)) + 0.01),
        "shift_sigmas": math.log(float(np.median(sigmas)) + 0.05),
        "blocks": math.log1p(count),
    }
