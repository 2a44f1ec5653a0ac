"""What a region looks like inside, on its outline and beside the rest of the picture, as numbers."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.blur.proposals import Proposal
from geotamper.evidence.compiled import compiled

BoolMask = npt.NDArray[np.bool_]
FloatPlane = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Totals = npt.NDArray[np.uint16]

MARGIN = 8
"""Pixels around a region that are looked at."""

LARGE_STEP = 15
"""Of the sum of the channels."""

MOST_PAIRS = 6000
"""Pairs of neighbours that the test for brightness bins looks at."""

NAMES = (
    "log_area", "log_thickness", "ruggedness", "frame_share",
    "smooth_weight", "painted_weight", "smooth_weight_p20", "painted_weight_p20",
    "smooth_ring", "painted_ring", "smooth_rim", "painted_rim",
    "smooth_picture", "painted_picture", "smooth_picture_p95", "painted_picture_p95",
    "spread_in_picture", "mass_share", "rank",
    "painted", "own_weight", "own_over_ring", "own_over_picture",
    "fine", "fine_rim", "fine_ring", "fine_2", "fine_4", "common_share", "common_share_ring",
    "contour_step", "contour_contrast", "contour_broken",
    "steps_equal", "steps_small", "steps_middle", "steps_large", "steps_equal_ring", "steps_large_ring",
    "texture", "brightness", "saturated", "saturated_ring", "bins",
)  # fmt: skip
"""Names of the measurements, in the order in which the model reads them."""


@dataclass(frozen=True)
class PictureTraces:
    """What a region is measured on and compared with, computed once.

    Attributes:
        smooth: (H, W) weights for a Gaussian blur.
        painted: (H, W) weights for oil painting.
        means: 3 x 3 means of `smooth` and of `painted`.
        levels: Mean and 95th percentile of the 9 x 9 means of `smooth`, then of `painted`.
        spread: Mean cell of the channels' spread, see `traces.channel_spread`.
        total: (H, W) uint16, sum of the channels.
        clipped: (H, W) bool, every channel is 0 or 255.
        steps: Largest channel's difference downwards, (H - 1, W), and to the right, (H, W - 1); uint8.
        detail: (H, W, 3) int16, second differences in both directions.
        sizes: Mean over the channels of their size at distances of 1, 2 and 4 pixels, (H, W) each.
    """

    smooth: FloatPlane
    painted: FloatPlane
    means: tuple[FloatPlane, FloatPlane]
    levels: tuple[float, float, float, float]
    spread: float
    total: npt.NDArray[np.uint16]
    clipped: BoolMask
    steps: tuple[Pixels, Pixels]
    detail: npt.NDArray[np.int16]
    sizes: tuple[FloatPlane, FloatPlane, FloatPlane]

    @classmethod
    def of(cls, pixels: Pixels, smooth: FloatPlane, painted: FloatPlane, spread: float) -> "PictureTraces":
        """Compute the planes of a picture, (H, W, 3) uint8 RGB."""
        levels = []
        for weight in (smooth, painted):
            means = cv2.blur(weight, (9, 9))[4::4, 4::4]
            levels += [float(means.mean()), float(np.percentile(means, 95))]
        details = [_second_differences(pixels, lag) for lag in (1, 2, 4)]
        red, green, blue = cv2.split(pixels)
        at_end = np.zeros(256, np.bool_)
        at_end[[0, 255]] = True
        return cls(
            smooth=smooth,
            painted=painted,
            means=(_plane(cv2.blur(smooth, (3, 3))), _plane(cv2.blur(painted, (3, 3)))),
            levels=(levels[0], levels[1], levels[2], levels[3]),
            spread=spread,
            total=red.astype(np.uint16) + green + blue,
            clipped=at_end[red] & at_end[green] & at_end[blue],
            steps=(_largest(cv2.absdiff(pixels[1:], pixels[:-1])), _largest(_across(pixels))),
            detail=details[0],
            sizes=(_mean_size(details[0]), _mean_size(details[1]), _mean_size(details[2])),
        )


def _plane(values: npt.ArrayLike) -> FloatPlane:
    return np.asarray(values, dtype=np.float32)


def _across(pixels: Pixels) -> Pixels:
    one, other = np.ascontiguousarray(pixels[:, 1:]), np.ascontiguousarray(pixels[:, :-1])
    return np.asarray(cv2.absdiff(one, other), dtype=np.uint8)


def _largest(steps: npt.ArrayLike) -> Pixels:
    """Over the channels."""
    red, green, blue = cv2.split(np.asarray(steps, dtype=np.uint8))
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)


def _second_differences(pixels: Pixels, lag: int) -> npt.NDArray[np.int16]:
    kernel = np.zeros(2 * lag + 1, np.float32)
    kernel[[0, lag, 2 * lag]] = 1, -2, 1
    return np.asarray(cv2.sepFilter2D(pixels, cv2.CV_16S, kernel, kernel), dtype=np.int16)


def _mean_size(detail: npt.NDArray[np.int16]) -> FloatPlane:
    red, green, blue = cv2.split(np.abs(detail))
    total = cv2.add(cv2.add(red, green), blue)
    return _plane(total) / np.float32(3)


@dataclass(frozen=True)
class Place:
    """A region among the other proposals of its picture.

    Attributes:
        kind: 0 when the smooth weights proposed it, 1 when the painted ones did.
        mass_share: Its mass over that of the heaviest other proposal of the same kind.
        rank: Of its mass among those, from 0.
    """

    kind: int
    mass_share: float
    rank: int


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


def measure(traces: PictureTraces, proposal: Proposal, place: Place) -> npt.NDArray[np.float64]:
    """Measure one region.

    Args:
        traces: The picture.
        proposal: The region, in a window with `MARGIN` pixels around it where the picture has them.
        place: Which weights proposed it, and how heavy it is among their proposals.

    Returns:
        (len(NAMES),) in the order of `NAMES`.
    """
    region, window = proposal.region, proposal.window
    zones = _Zones.of(region)
    smooth, painted = traces.smooth[window], traces.painted[window]
    steps = _steps_in(traces, window)
    numbers = [
        *_shape(proposal, traces.smooth.shape),
        *_inside(smooth, painted, zones, (traces.means[0][window], traces.means[1][window])),
        *traces.levels[::2],
        *traces.levels[1::2],
        traces.spread,
        float(np.log(min(max(place.mass_share, 1e-3), 1e3))),
        float(min(place.rank, 10)),
        *_own(traces, zones, smooth, painted, place.kind),
        *_detail(traces, window, zones),
        *_contour(steps, region),
        *_steps(steps, zones),
        *_tone(traces, window, zones),
        _binned(traces.total[window], region),
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


def _own(
    traces: PictureTraces, zones: _Zones, smooth: FloatPlane, painted: FloatPlane, kind: int
) -> list[float]:
    """How far the weights that proposed the region stand out from the ring and from the rest of the picture."""
    weight = (smooth, painted)[kind]
    inner = _mean(weight, zones.inner)
    return [float(kind), inner, inner - _mean(weight, zones.ring), inner - traces.levels[2 * kind + 1]]


def _steps_in(traces: PictureTraces, window: tuple[slice, slice]) -> tuple[Pixels, Pixels]:
    """Steps between pixels that both lie in a window."""
    rows, columns = window
    return (
        traces.steps[0][rows.start : rows.stop - 1, columns],
        traces.steps[1][rows, columns.start : columns.stop - 1],
    )


def _inside(
    smooth: FloatPlane, painted: FloatPlane, zones: _Zones, means: tuple[FloatPlane, FloatPlane]
) -> list[float]:
    numbers = [_mean(smooth, zones.inner), _mean(painted, zones.inner)]
    numbers += [float(np.percentile(mean[zones.inner], 20)) for mean in means]
    for zone in (zones.ring, zones.rim):
        numbers += [_mean(smooth, zone), _mean(painted, zone)]
    return numbers


def _detail(traces: PictureTraces, window: tuple[slice, slice], zones: _Zones) -> list[float]:
    """Fine detail at three distances, and how much of it the channels have in common."""
    numbers: list[float] = []
    for size in traces.sizes:
        looked_at = (zones.inner,) if numbers else (zones.inner, zones.rim, zones.ring)
        numbers.extend(float(np.log(0.1 + _mean(size[window], zone))) for zone in looked_at)
    fine = traces.detail[window]
    for zone in (zones.inner, zones.ring):
        part = np.clip(fine[zone], -20, 20).astype(np.float32)
        common = part @ np.ones(3, np.float32)
        total, energy = float(common @ common), float(np.vdot(part, part))
        numbers.append(total / (3 * energy) if energy > 0 else 0.0)
    return numbers


def _contour(steps: tuple[Pixels, Pixels], region: BoolMask) -> list[float]:
    """How far the picture jumps across the outline, alone and against the steps beside it."""
    across, beside = [], []
    for axis, step in enumerate(steps):
        change = np.diff(region, axis=axis)
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


def _steps(steps: tuple[Pixels, Pixels], zones: _Zones) -> list[float]:
    inner, ring = [], []
    for axis, step in enumerate(steps):
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


def _tone(traces: PictureTraces, window: tuple[slice, slice], zones: _Zones) -> list[float]:
    brightness = traces.total[window][zones.inner].astype(np.float32) / np.float32(3)
    clipped = traces.clipped[window]
    return [
        float(np.log(0.5 + brightness.std())),
        float(brightness.mean()),
        float(clipped[zones.inner].mean()),
        float(clipped[zones.ring].mean()) if zones.ring.any() else 0.0,
    ]


@compiled
def _coincidence(first: Totals, second: Totals, large: BoolMask) -> float:
    """For the best number of bins, the share of large steps that change the bin less 8 times that of small ones."""
    best = -1e9
    for bins in range(4, 17):
        of_large = of_small = 0
        for pair in range(len(first)):
            if int(first[pair]) * bins // 766 != int(second[pair]) * bins // 766:
                if large[pair]:
                    of_large += 1
                else:
                    of_small += 1
        number = large.sum()
        best = max(best, of_large / number - 8 * of_small / (len(first) - number))
    return best


def _binned(total: Totals, region: BoolMask) -> float:
    """How well large steps and the edges of equal brightness bins coincide, for the best number of bins.

    Oil painting gives a pixel the mean of one bin, so a step within a bin is small and one between bins
    is large. 1 where they coincide, about 0 in other pictures.
    """
    pairs = []
    for axis in (0, 1):
        head = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        tail = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        both = region[head] & region[tail]
        pairs.append((total[tail][both], total[head][both]))
    first, second = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    thinning = 1 + len(first) // MOST_PAIRS
    first, second = first[::thinning], second[::thinning]
    large = np.abs(first.astype(np.int32) - second) > LARGE_STEP
    if not large.any() or large.all():
        return 0.0
    return max(0.0, float(_coincidence(first, second, large)))
