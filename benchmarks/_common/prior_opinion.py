"""What the network of the tamper prior says of places and of pairs of regions."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.region import Region

FloatPlane = npt.NDArray[np.float32]
PixelLabel = Literal["clean", "source", "copy", "blurred"]

PIXEL_LABELS: tuple[PixelLabel, ...] = ("clean", "source", "copy", "blurred")
"""In the order of the network's outputs."""

OPINIONS = ("prior_inside", "prior_least", "prior_contrast", "prior_outstanding")
"""Names of what `pair_opinion` gives."""

MOST = 8.0
"""Log odds are cut here: the network's certainty beyond that was not learned from anything."""

AROUND = 6
"""Width, in pixels at half resolution, of the surroundings that a region is compared with."""

_TOP = 0.99
_BOX_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class PriorMap:
    """What the network says of every 2 x 2 pixels.

    Attributes:
        log_probabilities: (4, H // 2, W // 2) float32, natural logarithms, in the order of `PIXEL_LABELS`.
    """

    log_probabilities: FloatPlane

    def log_odds(self, *labels: PixelLabel) -> FloatPlane:
        """(H // 2, W // 2) log odds of a place having one of these labels, -8 to 8."""
        chosen = [PIXEL_LABELS.index(label) for label in labels]
        shares = np.exp(self.log_probabilities[chosen]).sum(axis=0)
        least = np.float32(1e-6)
        odds = np.log(np.maximum(shares, least)) - np.log(np.maximum(1 - shares, least))
        return np.asarray(np.clip(odds, -MOST, MOST), np.float32)


def pair_opinion(prior: PriorMap, first: Region, second: Region, shape: tuple[int, int]) -> dict[str, float]:
    """Mean log odds of source or copy in both regions of a pair.

    Args:
        prior: Of the picture.
        first: One region.
        second: The one it resembles.
        shape: Rows and columns of the picture.

    Returns:
        "prior_inside": mean over the two regions; "prior_least": the smaller of the two means; "prior_contrast":
        how far the means exceed those of the surroundings; "prior_outstanding": how far the mean exceeds the most
        suspicious hundredth of the rest of the picture; all in units of log odds.
    """
    odds = prior.log_odds("source", "copy")
    masks = [_halved(region, shape, (odds.shape[0], odds.shape[1])) for region in (first, second)]
    taken = masks[0] | masks[1]
    inside = [float(odds[mask].mean()) for mask in masks]
    around = [_surroundings(odds, mask, taken) for mask in masks]
    rest = odds[~_widened(taken)]
    top = float(np.quantile(rest, _TOP)) if rest.size else 0.0
    mean = sum(inside) / 2
    return {
        "prior_inside": mean,
        "prior_least": min(inside),
        "prior_contrast": mean - sum(around) / 2,
        "prior_outstanding": mean - top,
    }


def _halved(region: Region, shape: tuple[int, int], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The 2 x 2 pixels that lie in a region; never none."""
    full = region.full(shape)[: 2 * size[0], : 2 * size[1]]
    count = full.reshape(size[0], 2, size[1], 2).sum(axis=(1, 3))
    return np.asarray(count >= min(2, int(count.max())) if count.any() else count >= 0, np.bool_)


def _widened(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _BOX_3, iterations=AROUND) > 0)


def _surroundings(
    odds: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], taken: npt.NDArray[np.bool_]
) -> float:
    ring = odds[_widened(mask) & ~taken]
    return float(ring.mean()) if ring.size else float(odds.mean())
