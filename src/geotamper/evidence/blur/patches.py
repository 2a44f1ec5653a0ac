"""Patches of one exact colour: what a mosaic is made of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled

Ints = npt.NDArray[np.int32]

LARGEST_SIDE = 40
"""Pixels; larger patches of one colour are no blocks but flat ground, no-data or saturated areas."""

SMALLEST_AREA = 6
"""Pixels; smaller patches of one colour occur everywhere."""

MOST_PATCHES = 4_000_000
"""Patches that are told apart at most: bounds the memory on pictures of many flat colours."""


@dataclass(frozen=True)
class Patches:
    """Patches of one colour that may be blocks of a mosaic.

    Attributes:
        label: (H, W) int32, the number of each pixel's patch from 1; 0 for pixels of no patch.
        boxes: (n + 1, 4) x0, y0, x1, y1 of each patch, the upper bounds exclusive; row 0 is unused.
        areas: (n + 1,) pixels.
    """

    label: Ints
    boxes: Ints
    areas: Ints


@compiled
def _root(parent: Ints, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@compiled
def _label(pixels: npt.NDArray[np.uint8], label: Ints, parent: Ints) -> int:
    """Number the runs of equal pixels of each row, and join runs that touch; returns how many there are."""
    height, width = label.shape
    count = 1
    for y in range(height):
        for x in range(width):
            red, green, blue = pixels[y, x, 0], pixels[y, x, 1], pixels[y, x, 2]
            left = (
                x > 0
                and pixels[y, x - 1, 0] == red
                and pixels[y, x - 1, 1] == green
                and pixels[y, x - 1, 2] == blue
            )
            above = (
                y > 0
                and pixels[y - 1, x, 0] == red
                and pixels[y - 1, x, 1] == green
                and pixels[y - 1, x, 2] == blue
            )
            right = (
                x + 1 < width
                and pixels[y, x + 1, 0] == red
                and pixels[y, x + 1, 1] == green
                and pixels[y, x + 1, 2] == blue
            )
            below = (
                y + 1 < height
                and pixels[y + 1, x, 0] == red
                and pixels[y + 1, x, 1] == green
                and pixels[y + 1, x, 2] == blue
            )
            if left:
                label[y, x] = label[y, x - 1]
                if above:
                    one, other = _root(parent, label[y, x - 1]), _root(parent, label[y - 1, x])
                    parent[max(one, other)] = min(one, other)
            elif above:
                label[y, x] = label[y - 1, x]
            elif (right or below) and count < len(parent):
                label[y, x] = count
                parent[count] = count
                count += 1
            else:
                label[y, x] = 0
    return count


@compiled
def _survey(label: Ints, parent: Ints, boxes: Ints, areas: Ints) -> None:
    height, width = label.shape
    for y in range(height):
        for x in range(width):
            if label[y, x] == 0:
                continue
            root = _root(parent, label[y, x])
            label[y, x] = root
            areas[root] += 1
            boxes[root, 0] = min(boxes[root, 0], x)
            boxes[root, 1] = min(boxes[root, 1], y)
            boxes[root, 2] = max(boxes[root, 2], x + 1)
            boxes[root, 3] = max(boxes[root, 3], y + 1)


@compiled
def _rename(label: Ints, names: Ints) -> None:
    height, width = label.shape
    for y in range(height):
        for x in range(width):
            label[y, x] = names[label[y, x]]


def find_patches(pixels: npt.NDArray[np.uint8]) -> Patches:
    """Find the patches of one colour that may be blocks of a mosaic.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        Patches of at least `SMALLEST_AREA` pixels and at most `LARGEST_SIDE` on each side, numbered in the
        order of their first pixel. Patches of pure black and pure white count as any other.
    """
    height, width = pixels.shape[:2]
    label = np.zeros((height, width), np.int32)
    parent = np.zeros(min(height * width // 2 + 2, MOST_PATCHES), np.int32)
    count = int(_label(pixels, label, parent))
    boxes = np.zeros((count, 4), np.int32)
    boxes[:, 0], boxes[:, 1] = width, height
    areas = np.zeros(count, np.int32)
    _survey(label, parent, boxes, areas)
    sides = boxes[:, 2:] - boxes[:, :2]
    kept = (areas >= SMALLEST_AREA) & (sides.max(axis=1) <= LARGEST_SIDE)
    kept[0] = False
    names = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    _rename(label, names)
    unused = np.zeros((1, 4), np.int32)
    return Patches(label, np.concatenate([unused, boxes[kept]]), np.append(np.int32(0), areas[kept]))
