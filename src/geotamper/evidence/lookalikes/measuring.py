"""What is measured on a grown pair of regions: the features of the score."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.lookalikes.rigidity import block_shifts
from geotamper.evidence.lookalikes.spreading import Spread
from geotamper.evidence.lookalikes.support import Links
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.order import upper_quartile
from geotamper.evidence.seams import find_seam
from geotamper.imagery.region import Matrix, Region, Window

FloatPlane = npt.NDArray[np.float32]
BoolMask = npt.NDArray[np.bool_]

FOLLOWS = 1.5
"""Largest distance, in pixels, at which a refined guess agrees with the region's transform."""

LEADS_ELSEWHERE = 8.0
"""Distance, in pixels, from which a refined guess contradicts it."""

_NO_OTHER_RELATIVE = 0.6
_NO_OTHER_CORRELATION = 0.5


@dataclass(frozen=True)
class Candidate:
    """A grown pair with its measurements.

    Attributes:
        grown: The region and its transform.
        image: Where the transform takes the region.
        features: Named numbers; those of the comparison with other candidates come last.
    """

    grown: Spread
    image: Region
    features: dict[str, float]


@dataclass(frozen=True)
class _Predicted:
    """Luma of a window and its prediction, with the pixels that are compared."""

    here: FloatPlane
    there: FloatPlane
    inner: BoolMask
    ring: BoolMask


def measure_candidate(views: Views, grown: Spread, image: Region, links: Links) -> Candidate:
    """Measure all features that need no other candidate."""
    matrix = grown.fit.matrix
    scale = math.hypot(matrix[0, 0], matrix[0, 1])
    features: dict[str, float] = {
        "area": math.log(grown.region.area),
        "error_scale": grown.scale,
        "inside": grown.inside,
        "ring": grown.ring,
        "log_scale": abs(math.log(scale)),
        "grid_shift": _grid_shift(matrix),
        "chroma": math.log(grown.chroma),
    }
    features |= _shape(grown.region, image, views.shape)
    features |= _agreement(grown.region, matrix, links)
    forth = _predicted(views, grown.region, matrix)
    back = _predicted(views, image, np.asarray(cv2.invertAffineTransform(matrix), np.float64))
    features |= _residual_features(views, forth, grown.region.window)
    features |= _band_features(forth, scale)
    features["residual_back"] = _upper_quartile(back.here - back.there, back.inner)
    features |= block_shifts(forth.here, forth.there, forth.inner)
    here, there = find_seam(views.planes, grown.region), find_seam(views.planes, image)
    features |= {
        "seam": max(here.share, there.share),
        "seam_gap": abs(here.share - there.share),
        "kink": max(here.kink, there.kink),
        "kink_gap": abs(here.kink - there.kink),
    }
    return Candidate(grown, image, features)


def _shape(region: Region, image: Region, frame: tuple[int, int]) -> dict[str, float]:
    """How compact the region is, and whether it or its image ends at the frame rather than by itself."""
    outlines, _ = cv2.findContours(region.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(outlines)))
    cut = 0
    for part in (region, image):
        full, w = part.mask, part.window
        cut += int(full[0].sum()) * (w.y0 == 0) + int(full[-1].sum()) * (w.y1 == frame[0])
        cut += int(full[:, 0].sum()) * (w.x0 == 0) + int(full[:, -1].sum()) * (w.x1 == frame[1])
    return {"solidity": region.area / max(float(hull), 1.0), "cut": cut / math.sqrt(region.area)}


def _grid_shift(matrix: Matrix) -> float:
    """1 for a plain shift by multiples of 8 in both axes: JPEG makes periodic texture equal there; else 0."""
    plain = abs(matrix[0, 0] - 1) < 0.004 and abs(matrix[0, 1]) < 0.004
    shift = matrix[:, 2] / 8.0
    return float(plain and bool(np.all(np.abs(shift - np.round(shift)) < 0.03)))


def _agreement(region: Region, matrix: Matrix, links: Links) -> dict[str, float]:
    """How precisely separately refined guesses inside the region follow its transform, and how many do not."""
    w = region.window
    x, y = np.rint(links.points).astype(np.int64).T
    near = (x >= w.x0) & (x < w.x1) & (y >= w.y0) & (y < w.y1)
    near[near] = region.mask[y[near] - w.y0, x[near] - w.x0]
    points, images = links.points[near], links.images[near]
    error = np.hypot(*(points @ matrix[:, :2].T + matrix[:, 2] - images).T)
    follows = error < FOLLOWS
    cells = np.unique(points[follows] // 3, axis=0)
    precision = float(np.median(error[follows])) if follows.any() else FOLLOWS
    elsewhere, following = int((error > LEADS_ELSEWHERE).sum()), int(follows.sum())
    astray = elsewhere / max(1, following)
    return {
        "precision": math.log(precision + 0.02),
        "followers": math.log1p(len(cells)),
        "follower_density": 100.0 * len(cells) / region.area,
        "rivals": math.log(0.05 + math.log1p(astray)),
    }


def _predicted(views: Views, region: Region, matrix: Matrix) -> _Predicted:
    window = region.window.grown(10, views.shape)
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ [window.x0, window.y0]
    rows, columns = window.shape
    grey = views.planes.grey
    mask = region.within(window)
    inner = region.eroded(at_least=60).eroded(at_least=60).within(window)
    flags = cv2.WARP_INVERSE_MAP
    predictions = [
        np.asarray(
            cv2.warpAffine(grey, local, (columns, rows), flags=how | flags, borderMode=cv2.BORDER_REFLECT),
            np.float32,
        )
        for how in (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    ]
    here = grey[window.slices]
    there = min(
        predictions, key=lambda predicted: _upper_quartile(np.asarray(here - predicted, np.float32), inner)
    )
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    ring = wide & (cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0)
    return _Predicted(here, there, inner, ring)


def _upper_quartile(values: FloatPlane, mask: BoolMask) -> float:
    chosen = values[mask]
    return upper_quartile(np.abs(chosen)) if len(chosen) else 99.0


def _residual_features(views: Views, pair: _Predicted, window: Window) -> dict[str, float]:
    error = pair.here - pair.there
    high = views.high[window.grown(10, views.shape).slices]
    residual = _upper_quartile(error, pair.inner)
    detail = _upper_quartile(high, pair.inner)
    spread = float(pair.here[pair.inner].std())
    outside = _upper_quartile(error, pair.ring) if pair.ring.any() else residual
    return {
        "residual": residual,
        "detail": detail,
        "spread": spread,
        "relative": residual / max(0.8, detail),
        "bias": math.log(20.0 * abs(float(error[pair.inner].mean())) / max(1.0, spread) + 0.05),
        "contrast": math.log((outside + 0.3) / (residual + 0.3)),
        "over_noise": math.log((residual + 0.1) / (views.noise + 0.5)),
        "over_unrelated": residual / float(views.unrelated[0]),
    }


def _blurred(values: FloatPlane, sigma: float) -> FloatPlane:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _correlation(one: FloatPlane, other: FloatPlane) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / math.sqrt(float((a * a).sum() * (b * b).sum()) + 1e-3))


def _band_features(pair: _Predicted, scale: float) -> dict[str, float]:
    """Correlation of fine, middle and coarse detail; the sharper side is blurred alike first."""
    here, there = pair.here, pair.there
    if scale < 0.995:
        here = _blurred(here, max(0.3, 0.45 * math.sqrt(1 / scale**2 - 1) + 0.3))
    elif scale > 1.005:
        there = _blurred(there, max(0.3, 0.45 * math.sqrt(scale**2 - 1) / scale))
    levels = [(here, there)] + [(_blurred(here, s), _blurred(there, s)) for s in (0.8, 1.6, 3.2)]
    features = {}
    for name, fine, coarse in (("fine", 0, 1), ("middle", 1, 2), ("coarse", 2, 3)):
        one = levels[fine][0] - levels[coarse][0]
        other = levels[fine][1] - levels[coarse][1]
        features[name] = _correlation(one[pair.inner], other[pair.inner])
        if name == "middle":
            enough = np.count_nonzero(pair.ring) > 30
            features["middle_ring"] = _correlation(one[pair.ring], other[pair.ring]) if enough else 0.0
    return features


def compare_candidates(candidates: list[Candidate]) -> list[Candidate]:
    """Add how far each candidate stands out from the picture's other ones, which do not overlap it."""
    compared = []
    for candidate in candidates:
        others = [other for other in candidates if other is not candidate and _apart(other, candidate)]
        relative = min((other.features["relative"] for other in others), default=_NO_OTHER_RELATIVE)
        middle = max((other.features["middle"] for other in others), default=_NO_OTHER_CORRELATION)
        own = candidate.features
        gap = math.log((relative + 0.02) / (own["relative"] + 0.02))
        added = {
            "relative_gap": max(-3.0, min(3.0, gap)),
            "middle_gap": max(-1.0, min(1.0, own["middle"] - middle)),
            "followers_gap": own["followers"]
            - max((other.features["followers"] for other in others), default=0.0),
            "others": float(len(others)),
        }
        compared.append(Candidate(candidate.grown, candidate.image, own | added))
    return compared


def _apart(other: Candidate, candidate: Candidate) -> bool:
    region = candidate.grown.region
    return all(
        part.shared_with(region) < 0.2 * min(part.area, region.area)
        for part in (other.grown.region, other.image)
    )
