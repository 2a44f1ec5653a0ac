"""Looks for blurred regions: mosaics by their lattice, the others by traces, proposals and a score."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.blur.measurements import MARGIN, PictureTraces, measure
from geotamper.evidence.blur.model import BlurModel, load_model
from geotamper.evidence.blur.mosaic import Mosaic, find_mosaics, join_fragments
from geotamper.evidence.blur.proposals import Proposal, propose
from geotamper.evidence.blur.traces import (
    Coupling,
    TraceCodes,
    channel_spread,
    coupling,
    smooth_histogram,
    weights,
)
from geotamper.evidence.planes import Planes
from geotamper.evidence.results import BlurEvidence
from geotamper.evidence.settings import EvidenceSettings

BoolMask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Tables = Mapping[Coupling, npt.NDArray[np.float32]]

SMALLEST_SIDE = 32


@dataclass(frozen=True)
class Candidate:
    """A region with the numbers that it is judged by.

    Attributes:
        proposal: The region.
        row: Its measurements; the last says which kind of trace proposed it.
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
    found = []
    for number, weight in enumerate((smooth, painted)):
        proposals = propose(weight, MARGIN)
        heaviest = [proposal.mass for proposal in proposals[:2]] + [1.0, 1.0]
        for rank, proposal in enumerate(proposals):
            share = proposal.mass / heaviest[1 if rank == 0 else 0]
            row = measure(traces, proposal, mass_share=share, rank=rank)
            found.append(Candidate(proposal, np.append(row, number)))
    return found
