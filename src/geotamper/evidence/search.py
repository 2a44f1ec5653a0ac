"""The one entry to this package: all that the pixels of a picture yield."""

import math
import os

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.copies import CopySearch
from geotamper.evidence.planes import Planes
from geotamper.evidence.results import CopyEvidence, Evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.evidence.verification import Verified
from geotamper.imagery.similarity import Similarity

SMALLEST_SIDE = 32
"""Pixels; in smaller pictures source and copy cannot lie apart and carry texture."""

LEAST_ROTATION_SIGMA = 0.002
LEAST_SCALE_SIGMA = 0.00005
"""Floors of the stated errors: the fit's own estimate ignores that tools round coordinates."""


def find_evidence(
    pixels: npt.NDArray[np.uint8],
    *,
    settings: EvidenceSettings | None = None,
    control: Control | None = None,
) -> Evidence:
    """Look for copied regions in a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        settings: What may be set; defaults otherwise.
        control: Progress, cancellation and limits.

    Returns:
        The accepted evidence; the same for the same pixels and settings, whatever the number of threads.

    Raises:
        InputError: The array is not an (H, W, 3) uint8 picture.
        CancelledError: The caller asked to stop.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise InputError(
            f"expected an (H, W, 3) uint8 RGB array, got shape {pixels.shape} of {pixels.dtype}; "
            "convert the picture to 8-bit RGB first"
        )
    settings = settings or EvidenceSettings()
    control = control or Control()
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        note = f"{width} x {height} pixels are too few to judge; at least {SMALLEST_SIDE} on each side are needed"
        return Evidence(complete=False, notes=(note,))
    control.checkpoint(0.0, "preparing the picture")
    planes = Planes.of(np.ascontiguousarray(pixels))
    pairs = CopySearch().run(
        planes,
        most=settings.max_findings,
        workers=settings.workers or available_workers(),
        seed=settings.seed,
        control=control,
    )
    complete = control.time_left() > 0
    notes = () if complete else ("the time limit ended the search before all candidates were tested",)
    return Evidence(
        copies=tuple(_as_evidence(pair, (height, width)) for pair in pairs), complete=complete, notes=notes
    )


def available_workers() -> int:
    """Processors that this process may use, at most 4: more do not help one picture."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity
        count = os.cpu_count() or 1
    return min(count, 4)


def _as_evidence(pair: Verified, shape: tuple[int, int]) -> CopyEvidence:
    found = pair.found
    transform = Similarity.from_index_matrix(found.matrix).inverse()
    relative = found.pose_sigma / found.scale
    return CopyEvidence(
        source=pair.source.full(shape),
        target=pair.copy.full(shape),
        transform=transform,
        rotation_sigma=max(math.degrees(relative), LEAST_ROTATION_SIGMA),
        scale_sigma=max(relative * transform.scale, LEAST_SCALE_SIGMA),
        probability=pair.probability,
        direction_probability=pair.direction.probability,
        direction_basis=pair.direction.basis,
        kernel=found.kernel.name,
        measurements={
            "exact_share": found.share,
            "residual_q75": found.residual,
            "information": found.information,
        },
    )
