"""Fingerprints of what pictures look like, and the search for pictures that look alike.

A fingerprint is the sign pattern of the 64 lowest frequencies of the grey picture (a perceptual hash by the discrete
cosine transform) beside a thumbnail. Few differing bits nominate a pair; the thumbnails confirm it, because fields
and forests share patterns by chance.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from geotamper.imagery.picture import Pixels

MAX_BITS = 10
"""Pairs with more differing bits of 64 are not looked at."""

CELL_DIFFERENCE = 12
"""Cells of two thumbnails agree when they differ by at most this, grey values of 255."""

MIN_AGREEING = 0.7
"""Share of agreeing cells of near-duplicates: a forgery changes a part of its picture and leaves the rest."""

_THUMBNAIL = 16
_FREQUENCIES = 8
_FLAT = 2.0
_BANDS = MAX_BITS + 1

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What a picture looks like.

    Attributes:
        bits: 64 bits.
        thumbnail: (16, 16) uint8 grey.
        flat: A picture without structure, whose bits are noise; it looks like no other.
    """

    bits: int
    thumbnail: npt.NDArray[np.uint8]
    flat: bool


def fingerprint(pixels: Pixels) -> Fingerprint:
    """The fingerprint of a picture of any size.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA), dtype=np.float32)
    waves = np.asarray(cv2.dct(small))[:_FREQUENCIES, :_FREQUENCIES].ravel()
    # the first wave is the mean brightness, which would only shift the median
    bits = int.from_bytes(np.packbits(waves > np.median(waves[1:])).tobytes(), "big")
    thumbnail = np.asarray(
        cv2.resize(grey, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    return Fingerprint(bits, thumbnail, bool(small.std() < _FLAT))


def alike_pairs(fingerprints: list[Fingerprint]) -> npt.NDArray[np.int64]:
    """All pairs of pictures that look alike.

    Two patterns that differ in at most 10 bits agree in one of 11 bands, so only pictures that share a band are
    compared.

    Args:
        fingerprints: Of N pictures; flat ones are left out.

    Returns:
        (P, 2) places, the smaller first, sorted.
    """
    used = np.array([place for place, mark in enumerate(fingerprints) if not mark.flat], dtype=np.int64)
    bits = np.array([fingerprints[place].bits for place in used.tolist()], dtype=np.uint64)
    codes: list[npt.NDArray[np.int64]] = []
    edges = [64 * band // _BANDS for band in range(_BANDS + 1)]
    for low, high in pairwise(edges):
        keys = (bits >> np.uint64(low)) & np.uint64(2 ** (high - low) - 1)
        codes.extend(_close_in_band(keys, bits))
    if not codes:
        return np.zeros((0, 2), dtype=np.int64)
    unique = np.unique(np.concatenate(codes))
    pairs = np.stack([used[unique // len(used)], used[unique % len(used)]], axis=1)
    return pairs[_thumbnails_agree(fingerprints, pairs)]


def _close_in_band(keys: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint64]) -> list[npt.NDArray[np.int64]]:
    """Pairs with equal keys and few differing bits, each as one number: first times N plus second."""
    order = np.argsort(keys, kind="stable")
    sorted_keys, sorted_bits = keys[order], bits[order]
    found: list[npt.NDArray[np.int64]] = []
    alive = np.arange(len(order) - 1)
    step = 1
    while len(alive):
        alive = alive[alive + step < len(order)]
        alive = alive[sorted_keys[alive] == sorted_keys[alive + step]]
        close = alive[np.bitwise_count(sorted_bits[alive] ^ sorted_bits[alive + step]) <= MAX_BITS]
        first, second = order[close], order[close + step]
        found.append(np.minimum(first, second) * len(bits) + np.maximum(first, second))
        step += 1
    return found


def _thumbnails_agree(fingerprints: list[Fingerprint], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    agree = np.zeros(len(pairs), dtype=np.bool_)
    for start in range(0, len(pairs), 4096):
        part = pairs[start : start + 4096].tolist()
        first = np.stack([fingerprints[one].thumbnail for one, _ in part]).astype(np.int16)
        second = np.stack([fingerprints[two].thumbnail for _, two in part]).astype(np.int16)
        cells = np.abs(first - second) <= CELL_DIFFERENCE
        agree[start : start + len(part)] = cells.mean(axis=(1, 2)) >= MIN_AGREEING
    return agree
