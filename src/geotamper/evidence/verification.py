"""From a grown region to a verified pair: explanation, outlines, direction, probability."""

import math

import cv2
import numpy as np

from geotamper.evidence.acceptance import AcceptanceTest
from geotamper.evidence.direction import DirectionJudge, Judgement, Pair, judge_direction
from geotamper.evidence.growing import Grown
from geotamper.evidence.outline import exact_outline
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.pattern import belongs_to_pattern
from geotamper.evidence.planes import Planes
from geotamper.evidence.resynthesis import Explanation, explain, explain_with
from geotamper.imagery.region import Matrix, Region

OUTLINE_SHARE = 0.5
"""Below this share of exact pixels a grown region is not worth an outline: copies start at 0.8 and rise."""

FIRST_MARGIN = 24
"""Pixels around a grown region in which its outline is drawn first; the whole picture only once it is exact."""

MAX_OVERLAP = 0.35
"""Largest part of the smaller region that source and copy may share."""


def _inverse(found: Explanation) -> Matrix:
    return np.asarray(cv2.invertAffineTransform(found.matrix), np.float64)


def _outlined(
    planes: Planes, found: Explanation, region: Region, *, test: AcceptanceTest, seed: int
) -> tuple[Region, Explanation] | None:
    """Alternate outline and fit until the region stops growing; the whole picture only once it is promising."""
    outline = exact_outline(planes, found, region, margin=FIRST_MARGIN)
    for _ in range(5):
        if outline.area < 20:
            return None
        found = explain_with(planes, outline, found.matrix, found.kernel, seed=seed)
        if not test.promising(found):
            return None
        larger = exact_outline(planes, found, outline)
        settled = larger.area <= 1.03 * outline.area
        outline = larger
        if settled:
            break
    return (outline, found) if outline.area >= 20 else None


def verify(
    planes: Planes,
    grown: Grown,
    *,
    test: AcceptanceTest,
    judges: tuple[DirectionJudge, ...],
    seed: int,
) -> CopyPair | None:
    """Test a grown region in both directions.

    Args:
        planes: The picture.
        grown: A region and the transform that predicts it.
        test: Tells copies from look-alikes.
        judges: Tell source from copy, the most trusted first.
        seed: Of the choice of pixels.

    Returns:
        The pair with its probability, or None where it cannot be one (overlap, nothing exact).
    """
    shape = (planes.height, planes.width)
    here = grown.region
    there = here.moved(grown.matrix, shape)
    if there.area < 25 or here.shared_with(there) > MAX_OVERLAP * min(here.area, there.area):
        return None
    forth = explain(planes, here, grown.matrix, seed=seed)
    back = explain(planes, here.moved(forth.matrix, shape), _inverse(forth), seed=seed)
    best = max(forth.share, back.share)
    if best < OUTLINE_SHARE:
        return None
    sides: list[tuple[Region, Explanation]] = []
    for found, region in ((forth, here), (back, there)):
        side = _outlined(planes, found, region, test=test, seed=seed) if found.share > best - 0.5 else None
        if side is not None:
            sides.append(side)
    if not sides:
        return None
    if len(sides) == 1:
        (copy, found), direction = sides[0], Judgement(math.log(50.0), "resampling: only one region is exact")
    else:
        pair = Pair((sides[0][0], sides[1][0]), (sides[0][1], sides[1][1]))
        direction = judge_direction(planes, pair, judges)
        copy, found = sides[0] if direction.log_odds >= 0 else sides[1]
        direction = Judgement(abs(direction.log_odds), direction.basis)
    source = copy.moved(found.matrix, shape)
    if source.area < 20 or source.shared_with(copy) > MAX_OVERLAP * min(source.area, copy.area):
        return None
    probability = test.probability(copy, found)
    if probability >= test.accepted_from and belongs_to_pattern(planes, copy, found.matrix):
        return None
    return CopyPair(
        source=source,
        copy=copy,
        matrix=found.matrix,
        pose_sigma=found.pose_sigma,
        direction=direction,
        probability=probability,
        kernel=found.kernel.name,
        measurements={
            "exact_share": found.share,
            "residual_q75": found.residual,
            "information": found.information,
        },
    )
