"""Connected regions whose pixels, taken together, speak for a blur."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

BoolMask = npt.NDArray[np.bool_]
FloatPlane = npt.NDArray[np.float32]
Window = tuple[slice, slice]

SMALLEST_CORE = 40
"""Pixels; smaller regions are not judged. A region grows by its rim afterwards."""

WEIGHT_LIMIT, COUPLING, ROUNDS = 3.0, 1.5, 6
"""Of the mean field. Single weights are cut at the limit: neighbours share pixels, they do not speak independently."""

SAME = 0.85
"""IoU from which two proposals count as one."""


@dataclass(frozen=True)
class Smoothing:
    """How the weights are brought together.

    Attributes:
        gain: What one unit of weight counts against the neighbours' opinion.
        reach: A pixel hears the `reach` x `reach` pixels around it in each round.
        prior: Subtracted from every weight.
        most: Regions of a picture of 512 x 512 pixels or less that are examined, the heaviest first; in larger
            ones more, in proportion.
    """

    gain: float
    reach: int
    prior: float
    most: int

    def most_regions(self, pixels: int) -> int:
        """Of a picture of so many pixels."""
        return max(self.most, round(self.most * pixels / 512**2))


SMOOTHINGS = (
    Smoothing(gain=0.2, reach=5, prior=0.3, most=12),
    Smoothing(gain=0.3, reach=3, prior=0.3, most=8),
    Smoothing(gain=0.15, reach=3, prior=1.2, most=8),
    Smoothing(gain=0.2, reach=5, prior=-1.5, most=10),
)
"""The first keeps weakly marked regions whole, the second keeps thin ones, the third parts a region from flat
ground around it, the fourth finds a slight blur in a picture of much detail."""


@dataclass(frozen=True)
class Proposal:
    """A region that may have been blurred.

    Attributes:
        window: Rows and columns of the picture that `region` covers; the region and a margin.
        region: (h, w) bool.
        mass: Sum of the weights in it.
        area: Its pixels.
    """

    window: Window
    region: BoolMask
    mass: float
    area: int


def smoothed_field(weight: FloatPlane, how: Smoothing) -> FloatPlane:
    """Let neighbours agree: the mean field of a Potts model over the weights, (H, W), positive inside."""
    own = np.clip(weight, -WEIGHT_LIMIT, WEIGHT_LIMIT)
    own -= np.float32(how.prior)
    own *= np.float32(how.gain)
    field = own.copy()
    for _ in range(ROUNDS):
        np.tanh(field, out=field)
        cv2.blur(field, (how.reach, how.reach), dst=field)
        field *= np.float32(COUPLING)
        field += own
    return field


def propose(weight: FloatPlane, margin: int) -> list[Proposal]:
    """List the regions whose smoothed weight is positive, the heaviest first.

    Args:
        weight: (H, W), positive where a pixel speaks for a blur.
        margin: Pixels around a region that its window holds.
    """
    found: list[Proposal] = []
    for how in SMOOTHINGS:
        found += _regions(weight, how, margin)
    found.sort(key=lambda proposal: -proposal.mass)
    kept: list[Proposal] = []
    for proposal in found:
        if not any(_is_same(proposal, other) for other in kept):
            kept.append(proposal)
    return kept


def _regions(weight: FloatPlane, how: Smoothing, margin: int) -> list[Proposal]:
    inside = (smoothed_field(weight, how) > 0).astype(np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    mass = np.zeros(count)
    for first in range(0, len(label), 512):  # in strips, because bincount copies to 64 bits
        rows = slice(first, first + 512)
        mass += np.bincount(label[rows].ravel(), weights=weight[rows].ravel(), minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    excess = mass - min(how.prior, 0.0) * areas
    usable = (areas >= SMALLEST_CORE) & (excess > 0)
    usable[0] = False
    numbers = np.flatnonzero(usable)
    found = []
    for number in numbers[np.argsort(-excess[numbers], kind="stable")][: how.most_regions(weight.size)]:
        x, y, width, height, _ = (int(v) for v in stats[number])
        window = (
            slice(max(0, y - margin), min(weight.shape[0], y + height + margin)),
            slice(max(0, x - margin), min(weight.shape[1], x + width + margin)),
        )
        region = _rounded_off(label[window] == number)
        found.append(Proposal(window, region, float(mass[number]), int(np.count_nonzero(region))))
    return found


def _is_same(one: Proposal, other: Proposal) -> bool:
    common = overlap(one, other)
    return common >= SAME * (one.area + other.area - common)


def overlap(one: Proposal, other: Proposal) -> int:
    """Pixels that two proposals have in common."""
    cuts = []
    for axis in (0, 1):
        start = max(one.window[axis].start, other.window[axis].start)
        stop = min(one.window[axis].stop, other.window[axis].stop)
        if start >= stop:
            return 0
        cuts.append((start, stop))
    parts = []
    for proposal in (one, other):
        rows, columns = (
            slice(a - w.start, b - w.start) for (a, b), w in zip(cuts, proposal.window, strict=True)
        )
        parts.append(proposal.region[rows, columns])
    return int(np.count_nonzero(parts[0] & parts[1]))


def _rounded_off(region: BoolMask) -> BoolMask:
    """Take in the rim, whose differences reach across the outline, and fill holes."""
    grown = cv2.dilate(region.astype(np.uint8), np.ones((3, 3), np.uint8))
    outside = np.pad(1 - grown, 1, constant_values=1)
    _, holes, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] <= max(30, 0.1 * float(grown.sum()))
    small[holes[0, 0]] = False
    small[0] = False
    filled: BoolMask = (grown > 0) | small[holes[1:-1, 1:-1]]
    return filled
