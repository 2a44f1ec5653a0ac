"""What a region looks like inside, on its outline and beside the rest of the picture, as numbers."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.blur.proposals import Proposal

BoolMask = npt.NDArray[np.bool_]
FloatPlane = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

MARGIN = 8
"""Pixels around a region that are looked at."""

MOST_PAIRS = 6000
"""Pairs of neighbours that the test for brightness bins looks at."""

NAMES = (
    "log_area", "log_thickness", "ruggedness", "frame_share",
    "smooth_weight", "painted_weight", "smooth_weight_p20", "painted_weight_p20",
    "smooth_ring", "painted_ring", "smooth_rim", "painted_rim",
    "smooth_picture", "painted_picture", "smooth_picture_p95", "painted_picture_p95",
    "spread_in_picture", "mass_share", "rank",
    "fine", "fine_rim", "fine_ring", "fine_2", "fine_4", "common_share", "common_share_ring",
    "contour_step", "contour_contrast", "contour_broken",
    "steps_equal", "steps_small", "steps_middle", "steps_large", "steps_equal_ring", "steps_large_ring",
    "texture", "brightness", "saturated", "saturated_ring", "bins",
)  # fmt: skip
"""Names of the measurements, in the order in which the model reads them."""


@dataclass(frozen=True)
class PictureTraces:
    """What a region is compared with.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        smooth: (H, W) weights for a Gaussian blur.
        painted: (H, W) weights for oil painting.
        levels: Mean and 95th percentile of the 9 x 9 means of `smooth`, then of `painted`.
        spread: Mean cell of the channels' spread, see `traces.coupling_number`.
    """

    pixels: Pixels
    smooth: FloatPlane
    painted: FloatPlane
    levels: tuple[float, float, float, float]
    spread: float

    @classmethod
    def of(cls, pixels: Pixels, smooth: FloatPlane, painted: FloatPlane, spread: float) -> "PictureTraces":
        """Compute the levels of the picture."""
        levels = []
        for weight in (smooth, painted):
            means = cv2.blur(weight, (9, 9))[4::4, 4::4]
            levels += [float(means.mean()), float(np.percentile(means, 95))]
        return cls(pixels, smooth, painted, (levels[0], levels[1], levels[2], levels[3]), spread)


@dataclass(frozen=True)
class _Zones:
    """Parts of a window.

    Attributes:
        inner: The region without its rim.
        rim: Both sides of the outline, one pixel each.
        ring: What surrounds the region from 2 to 6 pixels off.
    """

    inner: BoolMask
    rim: BoolMask
    ring: BoolMask

    @classmethod
    def of(cls, region: BoolMask) -> "_Zones":
        box = np.ones((3, 3), np.uint8)
        mask = region.astype(np.uint8)
        less = cv2.erode(mask, box, borderValue=1)
        more = cv2.dilate(mask, box)
        wide = cv2.dilate(mask, np.ones((13, 13), np.uint8))
        inner = less > 0 if less.sum() >= 20 else region
        return cls(inner, (more > 0) & (less == 0), (wide > 0) & (more == 0))


def measure(
    traces: PictureTraces, proposal: Proposal, *, mass_share: float, rank: int
) -> npt.NDArray[np.float64]:
    """Measure one region.

    Args:
        traces: The picture.
        proposal: The region, in a window with `MARGIN` pixels around it where the picture has them.
        mass_share: Its mass over that of the heaviest other proposal of the same kind.
        rank: Of its mass among those, from 0.

    Returns:
        (len(NAMES),) in the order of `NAMES`.
    """
    region, window = proposal.region, proposal.window
    zones = _Zones.of(region)
    pixels = traces.pixels[window]
    smooth, painted = traces.smooth[window], traces.painted[window]
    numbers = [
        *_shape(proposal, traces.pixels.shape),
        *_inside(smooth, painted, zones),
        *traces.levels[::2],
        *traces.levels[1::2],
        traces.spread,
        float(np.log(min(max(mass_share, 1e-3), 1e3))),
        float(min(rank, 10)),
        *_detail(pixels, zones),
        *_contour(pixels, region),
        *_steps(pixels, zones),
        *_tone(pixels, zones),
        _binned(pixels, region),
    ]
    return np.array(numbers, dtype=np.float64)


def _mean(values: FloatPlane, where: BoolMask) -> float:
    return float(values[where].mean()) if where.any() else 0.0


def _shape(proposal: Proposal, shape: tuple[int, ...]) -> list[float]:
    region = proposal.region
    mask = region.astype(np.uint8)
    thickness = float(cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3).max())
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    length = max(1.0, float(sum(len(contour) for contour in contours)))
    rows, columns = proposal.window
    cut = 0
    if rows.start == 0:
        cut += int(mask[0].sum())
    if columns.start == 0:
        cut += int(mask[:, 0].sum())
    if rows.stop == shape[0]:
        cut += int(mask[-1].sum())
    if columns.stop == shape[1]:
        cut += int(mask[:, -1].sum())
    area = float(mask.sum())
    return [float(np.log(area)), float(np.log(thickness)), length / float(np.sqrt(area)), cut / length]


def _inside(smooth: FloatPlane, painted: FloatPlane, zones: _Zones) -> list[float]:
    numbers = [_mean(smooth, zones.inner), _mean(painted, zones.inner)]
    for weight in (smooth, painted):
        numbers.append(float(np.percentile(cv2.blur(weight, (3, 3))[zones.inner], 20)))
    for zone in (zones.ring, zones.rim):
        numbers += [_mean(smooth, zone), _mean(painted, zone)]
    return numbers


def _detail(pixels: Pixels, zones: _Zones) -> list[float]:
    """Fine detail at three distances, and how much of it the channels have in common."""
    values = pixels.astype(np.float32)
    numbers: list[float] = []
    fine: FloatPlane | None = None
    for lag in (1, 2, 4):
        kernel = np.zeros(2 * lag + 1, np.float32)
        kernel[[0, lag, 2 * lag]] = 1, -2, 1
        detail = np.asarray(cv2.sepFilter2D(values, cv2.CV_32F, kernel, kernel), dtype=np.float32)
        size = np.asarray(np.abs(detail).mean(axis=2), dtype=np.float32)
        if fine is None:
            fine = detail
            numbers += [
                float(np.log(0.1 + _mean(size, zone))) for zone in (zones.inner, zones.rim, zones.ring)
            ]
        else:
            numbers.append(float(np.log(0.1 + _mean(size, zones.inner))))
    assert fine is not None  # noqa: S101
    for zone in (zones.inner, zones.ring):
        part = np.clip(fine[zone], -20, 20)
        total, energy = float((part.sum(axis=1) ** 2).sum()), float((part**2).sum())
        numbers.append(total / (3 * energy) if energy > 0 else 0.0)
    return numbers


def _contour(pixels: Pixels, region: BoolMask) -> list[float]:
    """How far the picture jumps across the outline, alone and against the steps beside it."""
    values = pixels.astype(np.int16)
    across, beside = [], []
    for axis in (0, 1):
        step = np.abs(np.diff(values, axis=axis)).max(axis=2)
        change = np.diff(region.astype(np.int8), axis=axis) != 0
        across.append(step[change])
        near = cv2.dilate(change.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        beside.append(step[near & ~change])
    jumps, others = np.concatenate(across), np.concatenate(beside)
    if not len(jumps) or not len(others):
        return [0.0, 0.0, 1.0]
    mean_jump, mean_other = float(jumps.mean()), float(others.mean())
    return [
        float(np.log(0.5 + mean_jump)),
        float(np.log((0.5 + mean_jump) / (0.5 + mean_other))),
        float((jumps <= 2).mean()),
    ]


def _steps(pixels: Pixels, zones: _Zones) -> list[float]:
    values = pixels.astype(np.int16)
    inner, ring = [], []
    for axis in (0, 1):
        step = np.abs(np.diff(values, axis=axis)).max(axis=2)
        head = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        inner.append(step[zones.inner[head]])
        ring.append(step[zones.ring[head]])
    one, other = np.concatenate(inner), np.concatenate(ring)
    if not len(other):
        other = one
    if not len(one):
        return [0.0] * 6
    return [
        float((one == 0).mean()),
        float((one <= 2).mean()),
        float(((one > 2) & (one <= 8)).mean()),
        float((one > 8).mean()),
        float((other == 0).mean()),
        float((other > 8).mean()),
    ]


def _tone(pixels: Pixels, zones: _Zones) -> list[float]:
    inner = pixels[zones.inner].astype(np.float32)
    texture = float(np.log(0.5 + inner.mean(axis=1).std()))
    clipped = ((pixels == 0) | (pixels == 255)).all(axis=2)
    return [
        texture,
        float(inner.mean()),
        float(clipped[zones.inner].mean()),
        _mean(clipped.astype(np.float32), zones.ring),
    ]


def _binned(pixels: Pixels, region: BoolMask) -> float:
    """How well large steps and the edges of equal brightness bins coincide, for the best number of bins.

    Oil painting gives a pixel the mean of one bin, so a step within a bin is small and one between bins
    is large. 1 where they coincide, about 0 in other pictures.
    """
    total = pixels.sum(axis=2, dtype=np.int32)
    best = 0.0
    pairs = []
    for axis in (0, 1):
        one, other = (
            np.take(total, range(1, total.shape[axis]), axis),
            np.take(total, range(total.shape[axis] - 1), axis),
        )
        both = np.take(region, range(1, total.shape[axis]), axis) & np.take(
            region, range(total.shape[axis] - 1), axis
        )
        pairs.append(np.stack([one[both], other[both]]))
    first, second = np.concatenate(pairs, axis=1)
    if not len(first):
        return 0.0
    thinning = 1 + len(first) // MOST_PAIRS
    first, second = first[::thinning], second[::thinning]
    large = np.abs(first - second) > 15
    if not 0 < large.mean() < 1:
        return 0.0
    for bins in range(4, 17):
        changes = first * bins // 766 != second * bins // 766
        # Youden's index: share of large steps that change the bin, minus share of small ones that do.
        best = max(best, float(changes[large].mean() - 8 * changes[~large].mean()))
    return max(best, -1.0)
