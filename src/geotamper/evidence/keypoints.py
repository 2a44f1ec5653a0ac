"""Candidates from SIFT keypoints, without a ratio test."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.compiled import for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.loops.lists import keep_nearest
from geotamper.evidence.planes import Planes

Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

TILE = 1024
"""Side of the windows that SIFT sees one at a time: it doubles a picture and keeps 11 copies of it."""

OVERLAP = 48
"""Overlap of those windows, pixels, so that no keypoint of a middling size is lost at a border."""


@dataclass(frozen=True)
class Keypoints:
    """Points with orientation, size and descriptor.

    Attributes:
        points: (n, 2) float32 columns and rows.
        sizes: (n,) float32, diameters in pixels.
        angles: (n,) float32, radians, clockwise on the screen.
        descriptors: (n, 128) float32 RootSIFT of unit length.
    """

    points: Floats32
    sizes: Floats32
    angles: Floats32
    descriptors: Floats32


def window_keypoints(grey: npt.NDArray[np.uint8], most: int) -> tuple[Floats32, Floats32]:
    """(n, 5) of x, y, size, angle, response and (n, 128) descriptors of one window."""
    # contrast threshold 0: small smooth objects have no keypoint above the usual one
    sift = cv2.SIFT.create(nfeatures=most, contrastThreshold=0, edgeThreshold=30)
    found, descriptors = sift.detectAndCompute(grey, None)
    if len(found) == 0:
        return np.zeros((0, 5), np.float32), np.zeros((0, 128), np.float32)
    rows = [(k.pt[0], k.pt[1], k.size, k.angle, k.response) for k in found]
    return np.array(rows, np.float32).reshape(-1, 5), np.asarray(descriptors, np.float32)


def detect_keypoints(pixels: npt.NDArray[np.uint8], *, density: float, most: int) -> Keypoints:
    """Find SIFT keypoints, evenly over large pictures.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        density: Keypoints per pixel at most, in each window.
        most: Keypoints at most in the whole picture.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    height, width = grey.shape
    allowed = min(density, most / (height * width))
    rows, descriptors = [], []
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            y0, x0 = max(0, top - OVERLAP), max(0, left - OVERLAP)
            window = grey[y0 : top + TILE + OVERLAP, x0 : left + TILE + OVERLAP]
            table, described = window_keypoints(window, max(8, int(allowed * window.size)))
            table[:, 0] += x0
            table[:, 1] += y0
            inside = (table[:, 0] >= left) & (table[:, 0] < left + TILE)
            inside &= (table[:, 1] >= top) & (table[:, 1] < top + TILE)
            rows.append(table[inside])
            descriptors.append(described[inside])
    table = np.concatenate(rows)
    raw = np.concatenate(descriptors)
    root = np.sqrt(raw / (raw.sum(axis=1, keepdims=True) + 1e-7)).astype(np.float32)
    return Keypoints(table[:, :2].copy(), table[:, 2].copy(), np.radians(table[:, 3]), root)


def nearest_partners(
    keypoints: Keypoints, *, neighbours: int, distance: float, apart: float, workers: int = 1
) -> Ints:
    """The most similar descriptors of each keypoint, by exact search.

    Args:
        keypoints: n of them.
        neighbours: How many partners per keypoint at most.
        distance: Largest Euclidean distance of two unit descriptors.
        apart: Smallest distance of the two points along x or y, pixels.
        workers: Threads.

    Returns:
        (n, neighbours) int64 indices, -1 where there is none.
    """
    described = keypoints.descriptors
    n = len(described)
    partners = np.full((n, neighbours), -1, np.int64)
    transposed = np.ascontiguousarray(described.T)
    block = max(64, min(1024, 16_000_000 // max(n, 1)))
    least = 1.0 - distance * distance / 2.0
    for start in range(0, n, block):
        similarity = described[start : start + block] @ transposed

        def work(first: int, stop: int, start: int = start, similarity: Floats32 = similarity) -> None:
            part = partners[start + first : start + stop]
            keep_nearest(similarity[first:stop], keypoints.points, start + first, least, apart, part)

        for_slices(work, len(similarity), workers)
    return partners


@dataclass(frozen=True)
class KeypointCandidates:
    """Pairs of similar SIFT keypoints; each pair alone gives shift, scale and rotation.

    Attributes:
        neighbours: Partners per keypoint. There is no ratio test: look-alikes would make it reject true pairs.
        distance: Largest distance of two unit descriptors, 0 to 2.
        apart: Smallest distance of the two places, pixels.
        density: Keypoints per pixel at most.
        most: Keypoints at most in the whole picture; time grows with its square.
    """

    neighbours: int = 3
    distance: float = 0.55
    apart: float = 10.0
    density: float = 8000 / 512**2
    most: int = 40_000

    def propose(self, planes: Planes, *, workers: int, control: Control) -> Hypotheses:
        """Pair the keypoints of a picture."""
        control.checkpoint(0.02, "finding keypoints")
        keypoints = detect_keypoints(planes.pixels, density=self.density, most=self.most)
        if len(keypoints.points) < 2:
            return Hypotheses.none()
        control.checkpoint(0.1, "pairing keypoints")
        partners = nearest_partners(
            keypoints, neighbours=self.neighbours, distance=self.distance, apart=self.apart, workers=workers
        )
        here, slot = np.nonzero(partners >= 0)
        there = partners[here, slot]
        scale = keypoints.sizes[there].astype(np.float64) / keypoints.sizes[here]
        turned = keypoints.angles[there].astype(np.float64) - keypoints.angles[here]
        fits = np.abs(np.log(scale)) < math.log(2.5)
        here, there, scale, turned = here[fits], there[fits], scale[fits], turned[fits]
        # OpenCV's angles run clockwise on the screen, ours counter-clockwise
        turns = scale * np.exp(-1j * turned)
        points = keypoints.points.astype(np.float64)
        return Hypotheses.between(points[here], points[there], turns)
