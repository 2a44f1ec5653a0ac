"""The one entry to this package: all that the pixels of a picture yield."""

import os
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.ahead import Ahead
from geotamper.evidence.blur import find_blurs
from geotamper.evidence.copies import CopySearch
from geotamper.evidence.hypotheses import CandidatePool
from geotamper.evidence.lookalikes import LikenessSearch
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.planes import Planes
from geotamper.evidence.results import BlurEvidence, Evidence
from geotamper.evidence.settings import EvidenceSettings

SMALLEST_SIDE = 32
"""Pixels; in smaller pictures source and copy cannot lie apart and carry texture."""

BYTES_PER_PIXEL = 160
FIXED_BYTES = 260_000_000
DENSE_BYTES = 180_000_000
"""Memory of the process by size, for libraries and tables, and for small discs, with a margin of a tenth over what
benchmarks/time_inspector.py measures at 512 and 4096 pixels a side."""

NO_SMALL_DISCS = "the memory limit left out the search for small discs"

OUT_OF_TIME = "the time limit ended the search before all candidates were tested"

MOST_PIXELS_AHEAD = 1_500_000
"""Pixels of a picture up to which stages are begun early: as many as are searched for small discs."""

BLURS = "blurred regions"

INEXACT_SHARE = 0.9
"""Part of the false-alarm rate that inexact copies may use up; exact ones need none."""

BLUR_SHARE = 0.5
"""Part of the false-alarm rate that the cuts of blurred regions are taken at.

These cuts count pictures that were altered as a whole: at this share they call none of 1,600 untouched pictures
blurred, worn ones included (weights/blur.md), so that both together keep the rate.
"""


@dataclass(frozen=True)
class SearchPlan:
    """The searches of one picture.

    Attributes:
        exact: For exact copies.
        inexact: For copies in pictures that were changed afterwards; only run where nothing is exact.
        notes: What is left out, in sentences without a full stop.
    """

    exact: CopySearch = field(default_factory=CopySearch)
    inexact: LikenessSearch = field(default_factory=LikenessSearch)
    notes: tuple[str, ...] = ()

    def without_small_discs(self) -> "SearchPlan":
        """The searches that do without large tables."""
        stages = tuple(stage for stage in self.exact.stages if not stage.last_resort)
        return SearchPlan(
            replace(self.exact, stages=stages), self.inexact.without_large_tables(), (NO_SMALL_DISCS,)
        )


def find_evidence(
    pixels: npt.NDArray[np.uint8],
    *,
    settings: EvidenceSettings | None = None,
    control: Control | None = None,
    plan: SearchPlan | None = None,
) -> Evidence:
    """Look for copied and for blurred regions in a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        settings: What may be set; defaults otherwise.
        control: Progress, cancellation and limits.
        plan: Other searches than the usual ones.

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
    plan = _within_memory(plan or SearchPlan(), height * width, control)
    control.checkpoint(0.0, "preparing the picture")
    planes = Planes.of(np.ascontiguousarray(pixels))
    settings = replace(settings, workers=settings.workers or available_workers())
    is_parallel = settings.workers > 1 and _may_work_ahead(height * width, control)
    with Ahead(control, is_parallel=is_parallel) as ahead:
        pool = CandidatePool(planes, workers=settings.workers, control=control, ahead=ahead)
        copies, undecided = _find_copies(pool, plan, settings=settings, control=control)
        control.checkpoint(0.95, "looking for blurred regions")
        blurs = ahead.result(BLURS, partial(_find_blurs, planes, settings))
    notes = plan.notes
    if control.time_left() <= 0:
        notes += (OUT_OF_TIME,)
    return Evidence(
        copies=tuple(pair.as_evidence((height, width)) for pair in copies),
        blurs=tuple(blurs),
        undecided=tuple(pair.as_evidence((height, width)) for pair in undecided),
        complete=not notes,
        notes=notes,
    )


def _find_copies(
    pool: CandidatePool, plan: SearchPlan, *, settings: EvidenceSettings, control: Control
) -> tuple[list[CopyPair], list[CopyPair]]:
    """Accepted and undecided pairs; inexact ones are looked for only where nothing is exact."""
    pool.ahead.begin(BLURS, partial(_find_blurs, pool.planes, settings))
    workers = settings.workers
    begin_inexact = partial(plan.inexact.begin, pool, workers=workers)
    exact = plan.exact.run(pool, settings=settings, control=control, in_vain=begin_inexact)
    if exact or control.time_left() <= 0:
        return exact, []
    inexact = _sharing(settings, INEXACT_SHARE)
    return plan.inexact.run(pool, settings=inexact, workers=workers, control=control)


def _sharing(settings: EvidenceSettings, share: float) -> EvidenceSettings:
    return replace(settings, false_alarm_rate=share * settings.false_alarm_rate)


def _find_blurs(planes: Planes, settings: EvidenceSettings, control: Control) -> list[BlurEvidence]:
    shared = _sharing(settings, BLUR_SHARE)
    return find_blurs(planes.pixels, settings=shared, workers=settings.workers, control=control)


def _may_work_ahead(pixels: int, control: Control) -> bool:
    """Whether several stages may hold their tables at once: only in pictures where that is little."""
    needed = FIXED_BYTES + 2 * (BYTES_PER_PIXEL * pixels + DENSE_BYTES)
    return pixels <= MOST_PIXELS_AHEAD and (control.max_memory is None or control.max_memory >= needed)


def _within_memory(plan: SearchPlan, pixels: int, control: Control) -> SearchPlan:
    """The searches that a memory limit allows.

    Raises:
        InputError: Not even the smallest search fits.
    """
    if control.max_memory is None:
        return plan
    least = FIXED_BYTES + BYTES_PER_PIXEL * pixels
    if control.max_memory < least:
        raise InputError(
            f"a picture of {pixels / 1e6:.1f} million pixels needs about {least / 1e6:.0f} MB and the limit is "
            f"{control.max_memory / 1e6:.0f} MB; raise --max-memory or cut the picture into parts"
        )
    return plan.without_small_discs() if control.max_memory < least + DENSE_BYTES else plan


def available_workers() -> int:
    """Processors that this process may use, at most 4: more do not help one picture."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity
        count = os.cpu_count() or 1
    return min(count, 4)
