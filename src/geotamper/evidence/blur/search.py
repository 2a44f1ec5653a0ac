"""Looks for blurred regions: mosaics by their lattice, the others by traces, proposals and a score."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.blur.measurements import MARGIN, NAMES, PictureTraces, Place, measure
from geotamper.evidence.blur.model import BlurModel, load_model
from geotamper.evidence.blur.mosaic import Mosaic, find_mosaics, join_fragments, measure_mosaic
from geotamper.evidence.blur.proposals import Proposal, overlap, propose
from geotamper.evidence.blur.strength import gaussian_sigma, oil_radius
from geotamper.evidence.blur.traces import (
    Coupling,
    TraceCodes,
    channel_spread,
    coupling,
    smooth_histogram,
    weights,
)
from geotamper.evidence.results import BlurEvidence, BlurMethod
from geotamper.evidence.settings import EvidenceSettings

BoolMask = npt.NDArray[np.bool_]
FloatPlane = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Tables = Mapping[Coupling, npt.NDArray[np.float32]]

SMALLEST_SIDE = 32
"""Pixels; smaller pictures are not judged."""

MOST_OVERLAP = 0.3
"""Of the smaller of two regions, what both may have in common."""

BORDER_ODDS = 0.0475
"""Odds of a region just above the cut, times the share of untouched pictures that reach it: of 210 blurred pictures of
fold val ten have their region there at the default rate."""

MEASURED_AREA = 512 * 512
"""Pixels of the pictures in which false alarms were counted (weights/blur.md)."""

RAREST = 0.001
"""Share of those pictures below which there were too few to measure a cut."""

LEAST_MOSAIC = 0.8
"""Probability that a mosaic needs at any rate of false alarms: few pictures to learn from have chance lattices, noisy
or saturated ones have many, and true mosaics score far above."""

REPORTED = ("smooth_weight", "painted_weight", "contour_step", "fine", "fine_ring", "steps_equal")
"""Measurements that go into the evidence."""


@dataclass(frozen=True)
class Candidate:
    """A region with the numbers that it is judged by.

    Attributes:
        proposal: The region.
        row: Its measurements, see `measurements.NAMES`.
    """

    proposal: Proposal
    row: npt.NDArray[np.float64]


def collect(
    pixels: Pixels, tables: tuple[Tables, Tables], *, excluded: BoolMask | None = None, workers: int = 1
) -> list[Candidate]:
    """Propose regions for Gaussian blur and oil painting and measure them.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        tables: Weights of smooth and of painted cells.
        excluded: (H, W) pixels that are explained already, or None.
        workers: Threads.
    """
    codes = TraceCodes.of(pixels, workers)
    histogram = smooth_histogram(codes)
    kind = coupling(histogram)
    smooth, painted = weights(codes.smooth, tables[0][kind]), weights(codes.painted, tables[1][kind])
    del codes
    if excluded is not None:
        smooth[excluded] = painted[excluded] = -1
    traces = PictureTraces.of(pixels, smooth, painted, channel_spread(histogram))

    def examine(number: int) -> list[Candidate]:
        return _examine(traces, (smooth, painted)[number], number)

    if workers <= 1:
        return examine(0) + examine(1)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(examine, (0, 1))
    return one + other


def _examine(traces: PictureTraces, weight: FloatPlane, kind: int) -> list[Candidate]:
    """Propose and measure the regions of one kind of weight."""
    proposals = propose(weight, MARGIN)
    heaviest = [proposal.mass for proposal in proposals[:2]] + [1.0, 1.0]
    found = []
    for rank, proposal in enumerate(proposals):
        share = proposal.mass / max(1.0, heaviest[1 if rank == 0 else 0])
        found.append(Candidate(proposal, measure(traces, proposal, Place(kind, share, rank))))
    return found


def allowed_share(rate: float, area: int) -> float:
    """The share of measured pictures that may reach a cut, so that a picture of any size keeps the rate.

    A larger picture has as many more places that could be taken for blurred. Cuts are not known below `RAREST`.

    Args:
        rate: False alarms per picture.
        area: Of the picture, pixels.
    """
    return max(rate / max(1.0, area / MEASURED_AREA), min(rate, RAREST))


def find_blurs(
    pixels: Pixels, *, settings: EvidenceSettings, workers: int, control: Control
) -> list[BlurEvidence]:
    """Look for regions whose detail was removed.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        settings: `false_alarm_rate` sets how sure a region must be, `max_findings` how many are returned.
        workers: Threads; the result does not depend on them.
        control: Cancellation.

    Returns:
        The accepted regions in falling probability; none of them overlap much. Empty for pictures smaller than
        `SMALLEST_SIDE` on a side.

    Raises:
        CancelledError: The caller asked to stop.
        GeotamperError: The packaged weights are missing or damaged.
    """
    if min(pixels.shape[:2]) < SMALLEST_SIDE:
        return []
    model = load_model()
    allowed = allowed_share(settings.false_alarm_rate, pixels.shape[0] * pixels.shape[1])
    control.checkpoint(0.0, "looking for mosaics")
    found = _mosaics(pixels, model, allowed)
    excluded = np.zeros(pixels.shape[:2], np.bool_)
    for one in found:
        excluded |= one.region
    control.checkpoint(0.0, "looking for blurred regions")
    tables = (model.smooth, model.painted)
    candidates = collect(pixels, tables, excluded=excluded if found else None, workers=workers)
    found += _regions(pixels, candidates, model, allowed)
    return sorted(found, key=lambda evidence: -evidence.probability)[: settings.max_findings]


def _mosaics(pixels: Pixels, model: BlurModel, allowed: float) -> list[BlurEvidence]:
    """Mosaics, the surest first; fragments of one lattice are one mosaic."""
    clusters = find_mosaics(pixels)
    if not clusters:
        return []
    rows = np.stack([measure_mosaic(one, clusters, pixels.shape) for one in clusters])
    probabilities = model.mosaics.probabilities(rows)[:, 1]
    cut = max(LEAST_MOSAIC, model.mosaic_alarms.cut(allowed))
    taken: list[Mosaic] = []
    found = []
    for number in np.argsort(-probabilities, kind="stable"):
        probability, one = float(probabilities[number]), clusters[number]
        if probability < cut or any(one.lattice.same_lines(other.lattice) for other in taken):
            continue
        taken.append(one)
        found.append(
            BlurEvidence(
                region=join_fragments(one, clusters, pixels.shape[:2]),
                method="mosaic",
                strength=float(one.lattice.block),
                probability=probability,
                method_probability=model.mosaic_right,
                measurements={
                    "blocks": float(one.full),
                    "explained": one.lattice.explained,
                    "step": one.step,
                },
            )
        )
    return found


def _regions(
    pixels: Pixels, candidates: list[Candidate], model: BlurModel, allowed: float
) -> list[BlurEvidence]:
    """Gaussian and oil-painted regions: of those that overlap, the surest."""
    if not candidates:
        return []
    shares = model.regions.probabilities(np.stack([candidate.row for candidate in candidates]))
    sure = shares[:, 1:].sum(axis=1)
    cut = model.region_alarms.cut(allowed)
    taken: list[Proposal] = []
    found = []
    for number in np.argsort(-sure, kind="stable"):
        proposal = candidates[number].proposal
        if sure[number] < cut:
            break
        if any(overlap(proposal, other) > MOST_OVERLAP * min(proposal.area, other.area) for other in taken):
            continue
        taken.append(proposal)
        evidence = _as_evidence(pixels, candidates[number], shares[number], model)
        found.append(replace(evidence, probability=stated(float(sure[number]), cut, allowed)))
    return found


def stated(share: float, cut: float, allowed: float) -> float:
    """That an accepted region was blurred on purpose, where half of all pictures are tampered.

    What the trees give orders regions, but it is not that probability: most smooth regions are genuine.

    Args:
        share: What the trees give, 0 to 1.
        cut: The least share that is accepted.
        allowed: Share of untouched pictures that reach the cut.
    """
    share = min(max(share, 1e-6), 1 - 1e-6)
    odds = BORDER_ODDS / allowed * (share / (1 - share)) / (cut / (1 - cut))
    return odds / (1 + odds)


def _as_evidence(
    pixels: Pixels, candidate: Candidate, shares: npt.NDArray[np.float64], model: BlurModel
) -> BlurEvidence:
    proposal = candidate.proposal
    region = np.zeros(pixels.shape[:2], np.bool_)
    region[proposal.window] = proposal.region
    method: BlurMethod = "gaussian" if shares[1] >= shares[2] else "oil"
    window = pixels[proposal.window]
    strength = (
        gaussian_sigma(window, proposal.region, model.sigma)
        if method == "gaussian"
        else oil_radius(window, proposal.region)
    )
    return BlurEvidence(
        region=region,
        method=method,
        strength=None if strength is None else float(strength),
        probability=float(shares[1:].sum()),
        method_probability=float(shares[1:].max() / shares[1:].sum()),
        measurements={name: float(candidate.row[NAMES.index(name)]) for name in REPORTED},
    )
