"""The one entry to this package: all that the pixels of a picture yield."""

import math
import os
from dataclasses import replace

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


BYTES_PER_PIXEL = 110
FIXED_BYTES = 260_000_000
DENSE_BYTES = 180_000_000
"""Memory of the process by size, for libraries and tables, and for small discs, with a margin of a tenth over what
benchmarks/time_inspector.py measures at 512 and 4096 pixels a side."""


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
        InputError: The array is not an (H, W, 3) uint8 picture, or cannot be searched within the memory limit.
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
    search, notes = _within_memory(height * width, control)
    control.checkpoint(0.0, "preparing the picture")
    planes = Planes.of(np.ascontiguousarray(pixels))
    pairs = search.run(
        planes,
        most=settings.max_findings,
        workers=settings.workers or available_workers(),
        seed=settings.seed,
        control=control,
    )
    if control.time_left() <= 0:
        notes += ("the time limit ended the search before all candidates were tested",)
    return Evidence(
        copies=tuple(_as_evidence(pair, (height, width)) for pair in pairs),
        complete=not notes,
        notes=notes,
    )


def _within_memory(pixels: int, control: Control) -> tuple[CopySearch, tuple[str, ...]]:
    """The search that a memory limit allows, with what is left out for it.

    Raises:
        InputError: Not even the smallest search fits.
    """
    search = CopySearch()
    if control.max_memory is None:
        return search, ()
    least = FIXED_BYTES + BYTES_PER_PIXEL * pixels
    if control.max_memory < least:
        raise InputError(
            f"a picture of {pixels / 1e6:.1f} million pixels needs about {least / 1e6:.0f} MB and the limit is "
            f"{control.max_memory / 1e6:.0f} MB; raise --max-memory or cut the picture into parts"
        )
    if control.max_memory < least + DENSE_BYTES:
        stages = tuple(stage for stage in search.stages if not stage.last_resort)
        return replace(search, stages=stages), ("the memory limit left out the search for small discs",)
    return search, ()


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
