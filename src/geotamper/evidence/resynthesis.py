"""The exact test: a pasted object is a deterministic resampling of its source.

With the right transform and the right interpolation kernel, the pixels of the copy follow from those of the
source up to rounding. Genuine look-alikes never come that close.
"""

import math
from dataclasses import dataclass

from geotamper.errors import SpecificationError
from geotamper.evidence.exact_fit import Pixels, Textured, fit, fit_pixels, refit_nearest
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import Resampling
from geotamper.evidence.unknown_kernel import estimate_kernel
from geotamper.imagery.kernels import KERNELS, LINEAR, NEAREST, Kernel
from geotamper.imagery.region import Matrix, Region

UNKNOWN_SHARE = 0.25
"""Share of exact pixels under the bank from which an unknown tool is thought of."""

SCOUTS = 3
HOPELESS_SHARE = 0.2
"""If the first kernels of the bank leave a smaller exact share than this, no other kernel makes it a copy."""

GOOD_SHARE = 0.97
GOOD_RESIDUAL = 0.5
"""A kernel with such a share of exact pixels and such a residual is the right one: no further kernel is tried."""


@dataclass(frozen=True)
class Explanation:
    """The best resampling of one place that predicts a region.

    Attributes:
        matrix: From the region to the place it is predicted from, index coordinates.
        kernel: The interpolation that fits best.
        widening: Stretch of the kernel, >= 1.
        share: Information-weighted share of textured pixels that are exact, 0 to 1.
        residual: 75th percentile of the residual over textured pixels, grey levels.
        information: Total weight of the region's textured pixels, nats.
        pose_sigma: Standard deviation of a + ib of the matrix (a length ratio and radians at scale 1).
    """

    matrix: Matrix
    kernel: Kernel
    widening: float
    share: float
    residual: float
    information: float
    pose_sigma: float

    @property
    def scale(self) -> float:
        """Length ratio from the region to the place it is predicted from."""
        return math.hypot(self.matrix[0, 0], self.matrix[1, 0])

    @property
    def resampling(self) -> Resampling:
        """Kernel and stretch together."""
        return Resampling(self.kernel, self.widening)


def explain_with(planes: Planes, region: Region, matrix: Matrix, kernel: Kernel, *, seed: int) -> Explanation:
    """Refine a matrix under one kernel and measure how exact the region becomes.

    Args:
        planes: The picture.
        region: What is predicted.
        matrix: Start, index coordinates, region to source of the prediction.
        kernel: The interpolation.
        seed: Of the choice of pixels.
    """
    return _Sites.of(planes, region, seed).explain(planes, matrix, kernel)


@dataclass(frozen=True)
class _Sites:
    """Where kernels are fitted and measured on a region: chosen once for the whole bank.

    Attributes:
        region: What is predicted.
        fitted: Columns and rows of the pixels of a fit.
        textured: The pixels that are measured.
        seed: Of the choice of pixels.
    """

    region: Region
    fitted: Pixels
    textured: Textured
    seed: int

    @classmethod
    def of(cls, planes: Planes, region: Region, seed: int) -> "_Sites":
        inner = region.eroded(at_least=60)
        return cls(region, fit_pixels(region, seed), Textured.of(planes, inner, seed), seed)

    def explain(self, planes: Planes, matrix: Matrix, kernel: Kernel) -> Explanation:
        """See `explain_with`."""
        widening = max(1.0, math.hypot(matrix[0, 0], matrix[1, 0])) if kernel.antialiased else 1.0
        # the nearest pixel has no derivative to follow; the linear fit is right for it to a fraction of a pixel
        smooth = LINEAR if kernel is NEAREST else kernel
        softness = 8.0 if kernel is NEAREST else 2.0
        fitted, sigma = fit(planes, self.fitted, matrix, Resampling(smooth, widening), softness)
        if kernel is NEAREST:
            fitted = refit_nearest(planes, self.region, fitted, seed=self.seed)
        how = Resampling(kernel, widening)
        share, error, information = self.textured.measure(planes, fitted, how)
        return Explanation(fitted, kernel, widening, share, error, information, sigma)


def explain(
    planes: Planes, region: Region, matrix: Matrix, *, seed: int, kernels: tuple[Kernel, ...] = KERNELS
) -> Explanation:
    """Find the kernel and matrix that predict a region best.

    Args:
        planes: The picture.
        region: What is predicted.
        matrix: Start, index coordinates, region to source of the prediction.
        seed: Of the choice of pixels.
        kernels: The bank, tried in order until one is exact, or until the first few are far from it.
    """
    shrinking = math.hypot(matrix[0, 0], matrix[1, 0]) >= 1.08
    sites = _Sites.of(planes, region, seed)
    best: Explanation | None = None
    for tried, kernel in enumerate(kernels):
        if kernel.antialiased and not shrinking:
            continue
        if best is not None and tried >= SCOUTS and best.share < HOPELESS_SHARE:
            break
        this = sites.explain(planes, matrix, kernel)
        if best is None or _fits_better(this, best):
            best = this
        if best.share > GOOD_SHARE and best.residual <= GOOD_RESIDUAL:
            break
    if best is None:
        raise SpecificationError("the kernel bank holds no kernel that applies to this scale")
    if best.share > UNKNOWN_SHARE and (best.share < GOOD_SHARE or best.residual > GOOD_RESIDUAL):
        best = _with_unknown_kernel(planes, sites, best)
    return best


def _with_unknown_kernel(planes: Planes, sites: _Sites, best: Explanation) -> Explanation:
    """Estimate the kernel where the bank has none that is exact; transform and kernel in turn."""
    tried = best
    for _ in range(2):
        kernel = estimate_kernel(planes, sites.region, tried.matrix, tried.kernel.function, seed=sites.seed)
        if kernel is None:
            break
        tried = sites.explain(planes, tried.matrix, kernel)
    return tried if _fits_better(tried, best) else best


def _fits_better(this: Explanation, best: Explanation) -> bool:
    """Whether a kernel explains a region better: by share, near ties by residual."""
    gain = this.share - best.share
    return gain > 0.02 or (gain > -0.02 and this.residual < best.residual - 0.02)
