"""The learned part: tables of trace weights, boosted trees over regions and over mosaics."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from geotamper.errors import GeotamperError
from geotamper.evidence.blur.traces import Coupling
from geotamper.evidence.compiled import compiled
from geotamper.weights import BLUR

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

CLASSES = ("genuine", "gaussian", "oil")
"""Order of the tree model's outputs."""


@compiled
def _run_trees(
    rows: Floats, roots: Ints, nodes: Ints, thresholds: Floats, leaves: Floats, scores: Floats
) -> None:
    """Add up the leaves that every row reaches; nodes are (feature or -1, left, right)."""
    for row in range(rows.shape[0]):
        for tree in range(roots.shape[0]):
            node = roots[tree]
            while nodes[node, 0] >= 0:
                right = rows[row, nodes[node, 0]] > thresholds[node]
                node = nodes[node, 2] if right else nodes[node, 1]
            scores[row, tree % scores.shape[1]] += leaves[node]


@dataclass(frozen=True)
class Trees:
    """Gradient-boosted trees with one tree per class and round, or one per round for two classes.

    Attributes:
        roots: (rounds x classes,) first node of each tree, class by class within a round.
        nodes: (n, 3) int32: measurement to test or -1 at a leaf, node if it is at most the threshold, node
            otherwise.
        thresholds: (n,).
        leaves: (n,) what a leaf adds to its class.
        baseline: (classes,) scores before the first round.
    """

    roots: Ints
    nodes: Ints
    thresholds: Floats
    leaves: Floats
    baseline: Floats

    def probabilities(self, rows: Floats) -> Floats:
        """Of the classes, (n, classes, at least 2), for n rows of measurements."""
        scores = np.tile(self.baseline, (len(rows), 1))
        _run_trees(np.ascontiguousarray(rows), self.roots, self.nodes, self.thresholds, self.leaves, scores)
        if scores.shape[1] == 1:  # of the second of two classes, against the first
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True)
class Alarms:
    """How often untouched pictures raise an alarm, measured.

    Attributes:
        rates: Rising shares of untouched pictures...
        cuts: ...that have a region of at least this probability.
    """

    rates: Floats
    cuts: Floats

    def cut(self, allowed: float) -> float:
        """The least probability that a share `allowed` of untouched pictures reaches."""
        return float(np.interp(np.log(allowed), np.log(self.rates), self.cuts))


@dataclass(frozen=True)
class BlurModel:
    """All that was learned.

    Attributes:
        smooth: Weight of every smooth cell, by coupling of the channels.
        painted: Weight of every painted cell, by coupling.
        regions: Classes of regions, see `CLASSES`.
        mosaics: Whether a lattice is a mosaic.
        region_alarms: How often untouched pictures have a region of some probability.
        mosaic_alarms: The same of mosaics.
        sigma: Offset and slope of the line that gives ln sigma, see `strength.gaussian_sigma`.
        mosaic_right: Measured share of found mosaics that are mosaics and nothing else.
    """

    smooth: dict[Coupling, npt.NDArray[np.float32]]
    painted: dict[Coupling, npt.NDArray[np.float32]]
    regions: Trees
    mosaics: Trees
    region_alarms: Alarms
    mosaic_alarms: Alarms
    sigma: tuple[float, float]
    mosaic_right: float


COUPLINGS: tuple[Coupling, ...] = ("tight", "coupled", "free", "grey")


@lru_cache(maxsize=1)
def load_model() -> BlurModel:
    """Read the packaged weights, once.

    Raises:
        GeotamperError: The weights are missing or damaged: the installation is.
    """
    stored = BLUR.read()
    try:
        with np.load(BytesIO(stored), allow_pickle=False) as content:
            return model_from({name: content[name] for name in content.files})
    except (EOFError, ValueError, KeyError, AttributeError, BadZipFile, zlib.error) as error:
        raise GeotamperError(
            f"the packaged weights '{BLUR.name}' cannot be read ({error}); install geotamper again"
        ) from error


def model_from(arrays: dict[str, npt.NDArray[np.generic]]) -> BlurModel:
    """Put a model together from its named arrays, as the training script writes them."""

    def floats(name: str) -> Floats:
        return np.asarray(arrays[name], dtype=np.float64)

    def table(name: str) -> npt.NDArray[np.float32]:
        return np.asarray(arrays[name], dtype=np.float32)

    def trees(name: str) -> Trees:
        return Trees(
            np.asarray(arrays[f"{name}_roots"], dtype=np.int32),
            np.asarray(arrays[f"{name}_nodes"], dtype=np.int32),
            floats(f"{name}_thresholds"),
            floats(f"{name}_leaves"),
            floats(f"{name}_baseline"),
        )

    return BlurModel(
        smooth={kind: table(f"smooth_{kind}") for kind in COUPLINGS},
        painted={kind: table(f"painted_{kind}") for kind in COUPLINGS},
        regions=trees("region"),
        mosaics=trees("mosaic"),
        region_alarms=Alarms(floats("rates"), floats("region_cuts")),
        mosaic_alarms=Alarms(floats("rates"), floats("mosaic_cuts")),
        sigma=(float(floats("sigma")[0]), float(floats("sigma")[1])),
        mosaic_right=float(floats("mosaic_right")),
    )
