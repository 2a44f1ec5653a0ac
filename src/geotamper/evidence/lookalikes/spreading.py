"""Growing a region by a likelihood ratio whose error scale is measured inside the region itself.

Recompression and noise make a copy differ from its source by an amount that depends on the picture, so no fixed
tolerance fits. Each pixel's difference is judged under two Laplace laws: one with the scale found inside the region
so far, in proportion to the activity around the pixel, and one with the scale of unrelated places of this picture.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.lookalikes.fitting import Fit, fit_region
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.loops.likeness import compare_places
from geotamper.evidence.order import median
from geotamper.imagery.region import Matrix, Region, Window

FloatPlane = npt.NDArray[np.float32]
BoolMask = npt.NDArray[np.bool_]

MARGINS = (36, 44, 60, 80)
"""How far beyond the region so far each pass looks, pixels."""

HOPELESS_SCALE = (1.6, 1.2)
"""Error scale relative to the activity from which a region is no copy, after the first pass and later."""

SMALLEST = 50
"""Pixels below which a region is given up."""

MIN_SHIFT = 8.0
"""Pixels nearer to their image than this say nothing: neighbours resemble each other."""

LOCAL_SHARE = 0.7
"""Scale of unrelated content in proportion to the contrast around a pixel: flat places resemble flat places."""

LEAST_UNRELATED = 0.5
"""Floor of that scale, grey levels."""

NEAREST = 0.6
"""Largest error scale of a copy in proportion to the unrelated scale: beyond it the two laws say the same."""

RISE = 1.3
"""How far the error scale may rise while a region grows; a region that floods its surroundings raises it."""

SURE_RATIO = 0.8
"""Mean log likelihood ratio of a region from which it may have further parts elsewhere."""

FAR_MARGIN = 512
"""How far from the region further parts are looked for, pixels."""

PART_EVIDENCE = 60.0
"""Least sum of the log likelihood ratio over a further part; neighbouring pixels repeat each other's evidence."""

PART_SHARE = 0.7
"""Least mean of it, relative to that of the region."""

PART_CONTRAST = 0.6
"""Least contrast of a further part with what is around it, relative to that of the region: water resembles water."""

PARTS_GAIN = 1.1
"""Growth of the area by further parts from which they are worth a new fit."""

_LEAST_SCALE = 0.1
_LEAST_LIMIT = 0.25
_BASE_ACTIVITY = 2.0
_CLIP = 3.0
_CHROMA_WEIGHT = 0.5
_BOX_3 = np.ones((3, 3), np.uint8)
_ROUND_5 = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))


@dataclass(frozen=True)
class Comparison:
    """A window of the picture beside the place that a matrix takes it to.

    Attributes:
        window: Where.
        luma: Absolute difference of luma.
        blue: Absolute difference of blue minus luma, averaged over 3 x 3 pixels.
        red: The same of red minus luma.
        activity: The smaller activity of both places.
        contrast: The smaller contrast of both places with what is around them.
        valid: Pixels whose image lies in the picture, and not on top of them.
    """

    window: Window
    luma: FloatPlane
    blue: FloatPlane
    red: FloatPlane
    activity: FloatPlane
    contrast: FloatPlane
    valid: BoolMask

    @classmethod
    def of(cls, views: Views, matrix: Matrix, window: Window) -> "Comparison":
        """Compare a window with its image under an index matrix."""
        rows, columns = window.shape
        differences = np.empty((3, rows, columns), np.float32)
        context = np.empty((2, rows, columns), np.float32)
        valid = np.empty((rows, columns), np.bool_)
        corner = np.array([window.x0, window.y0], np.int64)
        compare_places(views.stack, views.contrast, matrix, corner, MIN_SHIFT, differences, context, valid)
        return cls(
            window=window,
            luma=differences[0],
            blue=np.asarray(cv2.blur(differences[1], (3, 3)), np.float32),
            red=np.asarray(cv2.blur(differences[2], (3, 3)), np.float32),
            activity=context[0],
            contrast=context[1],
            valid=valid,
        )


@dataclass(frozen=True)
class Spread:
    """A grown region.

    Attributes:
        region: Pixels that resemble the place the matrix takes them to.
        fit: The transform.
        scale: Error scale inside, relative to 2 grey levels plus activity.
        inside: Mean smoothed log likelihood ratio of the region.
        ring: The same of the 4 pixels around it.
        chroma: Median difference of blue and red minus luma inside, relative to unrelated places.
        limit: Largest error scale that the region was allowed.
    """

    region: Region
    fit: Fit
    scale: float
    inside: float
    ring: float
    chroma: float
    limit: float


@dataclass(frozen=True)
class _Pass:
    region: Region
    scale: float
    ratio: FloatPlane
    comparison: Comparison


def _log_ratio(compared: Comparison, views: Views, inner: BoolMask, limit: float) -> tuple[FloatPlane, float]:
    """Log likelihood ratio of "copy" against "unrelated", and the error scale measured inside `inner`."""
    related = np.float32(_BASE_ACTIVITY) + compared.activity
    scale = max(_LEAST_SCALE, median(compared.luma[inner] / related[inner]) / math.log(2.0))
    scale = min(scale, limit)
    far = np.minimum(
        np.float32(views.unrelated[0]),
        np.maximum(np.float32(LOCAL_SHARE) * compared.contrast, np.float32(LEAST_UNRELATED)),
    )
    near = np.minimum(np.float32(scale) * related, np.float32(NEAREST) * far)
    ratio = np.log(far / near) - compared.luma * (1 / near - 1 / far)
    np.clip(ratio, -_CLIP, _CLIP, out=ratio)
    for plane, unrelated in ((compared.blue, views.unrelated[1]), (compared.red, views.unrelated[2])):
        inside = median(plane[inner]) / math.log(2.0)
        close = min(max(1.0, inside), 0.6 * float(unrelated))
        term = math.log(unrelated / close) - plane * np.float32(1 / close - 1 / unrelated)
        ratio += np.float32(_CHROMA_WEIGHT) * np.clip(term, -_CLIP, _CLIP)
    ratio[~compared.valid] = -_CLIP
    return np.asarray(ratio, np.float32), scale


def _connected(positive: BoolMask, known: BoolMask, valid: BoolMask) -> BoolMask | None:
    """The parts of `positive` that carry the known region, closed and without holes."""
    opened = cv2.morphologyEx(positive.astype(np.uint8), cv2.MORPH_OPEN, _BOX_3)
    count, labels = cv2.connectedComponents(opened, connectivity=4)
    touching = np.bincount(labels[known], minlength=count)
    touching[0] = 0
    if touching.max(initial=0) == 0:
        return None
    kept = np.asarray((touching > 0.15 * touching.max())[labels], np.uint8)
    kept = np.asarray(cv2.morphologyEx(kept, cv2.MORPH_CLOSE, _ROUND_5), np.uint8)
    outlines, _ = cv2.findContours(kept, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(kept, outlines, -1, 1, -1)
    return (kept > 0) & valid


def _spread_once(views: Views, region: Region, matrix: Matrix, margin: int, limit: float) -> _Pass | None:
    """One pass: measure the error inside, then redraw the region; twice, as the inside changes."""
    window = region.window.grown(margin, views.shape)
    compared = Comparison.of(views, matrix, window)
    known = region.within(window)
    mask = known
    ratio, scale = compared.luma, math.inf
    for _ in range(2):
        inner = cv2.erode(mask.astype(np.uint8), _BOX_3) > 0
        if np.count_nonzero(inner) <= 40:
            inner = mask
        ratio, scale = _log_ratio(compared, views, inner, limit)
        ratio = np.asarray(cv2.GaussianBlur(ratio, (0, 0), 1.0), np.float32)
        grown = _connected(ratio > 0, known, compared.valid)
        if grown is None or not grown.any():
            return None
        mask = grown
    return _Pass(Region.cut(window, mask), scale, ratio, compared)


def spread(views: Views, seed: tuple[int, int], matrix: Matrix) -> Spread | None:
    """Grow the region around a seed, refitting the transform as it grows.

    Args:
        views: The picture.
        seed: Column and row of the registered disc's centre.
        matrix: Its transform, index coordinates.

    Returns:
        The region, or None where nothing of size grows.
    """
    window = Window.around(*seed, 6, views.shape)
    y, x = np.ogrid[window.y0 : window.y1, window.x0 : window.x1]
    region = Region.cut(window, (x - seed[0]) ** 2 + (y - seed[1]) ** 2 <= 36)
    fit = Fit(matrix, math.inf)
    limit = math.inf
    for number, margin in enumerate(MARGINS):
        grown = _spread_once(views, region, fit.matrix, margin, limit)
        if grown is None or grown.region.area < SMALLEST or grown.scale > HOPELESS_SCALE[min(number, 1)]:
            return None
        before, region = region, grown.region
        limit = min(limit, max(_LEAST_LIMIT, RISE * grown.scale)) if number < 2 else limit
        fit = fit_region(views, region, fit.matrix)
        same = before.shared_with(region)
        if number > 1 and before.area + region.area - 2 * same < 0.03 * region.area:
            break
    return _finished(views, region, fit, limit)


def _finished(views: Views, region: Region, fit: Fit, limit: float) -> Spread | None:
    last = _spread_once(views, region, fit.matrix, 40, limit)
    if last is None or last.region.area < SMALLEST:
        return None
    inside = last.region.within(last.comparison.window)
    ring = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    ring &= ~inside & last.comparison.valid
    around = float(last.ratio[ring].mean()) if ring.any() else 0.0
    compared = last.comparison
    chroma = float(np.median(compared.blue[inside]) / views.unrelated[1])
    chroma += float(np.median(compared.red[inside]) / views.unrelated[2])
    mean = float(last.ratio[inside].mean())
    return Spread(last.region, fit, last.scale, mean, around, chroma + 0.02, limit)


def completed(views: Views, grown: Spread) -> Spread:
    """Add the parts of a region that lie apart from it: roads are cut by trees, fields by ways.

    They cost several looks at the whole neighbourhood, so that this is for regions that are taken for copies.

    Args:
        views: The picture.
        grown: The region around one seed.
    """
    if grown.inside < SURE_RATIO:
        return grown
    region = _with_other_parts(views, grown, grown.fit.matrix)
    if region.area <= PARTS_GAIN * grown.region.area:
        return grown
    fit = fit_region(views, region, grown.fit.matrix)
    region = _with_other_parts(views, grown, fit.matrix)
    return replace(grown, region=region, fit=fit) if region.area > grown.region.area else grown


def _with_other_parts(views: Views, grown: Spread, matrix: Matrix) -> Region:
    """The region with all that follows the same transform as clearly."""
    compared = Comparison.of(views, matrix, grown.region.window.grown(FAR_MARGIN, views.shape))
    known = grown.region.within(compared.window)
    inner = cv2.erode(known.astype(np.uint8), _BOX_3) > 0
    ratio, _ = _log_ratio(compared, views, inner if np.count_nonzero(inner) > 40 else known, grown.limit)
    ratio = np.asarray(cv2.GaussianBlur(ratio, (0, 0), 1.0), np.float32)
    opened = cv2.morphologyEx((ratio > 0).astype(np.uint8), cv2.MORPH_OPEN, _BOX_3)
    count, labels = cv2.connectedComponents(opened, connectivity=4)
    evidence = np.bincount(labels.ravel(), weights=ratio.ravel(), minlength=count)
    contrast = np.bincount(labels.ravel(), weights=compared.contrast.ravel(), minlength=count)
    sizes = np.bincount(labels.ravel(), minlength=count)
    kept = (evidence > PART_EVIDENCE) & (evidence > PART_SHARE * grown.inside * sizes)
    kept &= contrast > PART_CONTRAST * float(compared.contrast[known].mean()) * sizes
    kept[0] = False
    mask = kept[labels] | known
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, _ROUND_5)
    return Region.cut(compared.window, (closed > 0) & compared.valid)
