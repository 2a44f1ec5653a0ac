"""Run-length masks as COCO annotations hold them, plain or compressed.

The compressed form packs each number into characters from "0" (48) on, five bits at a time, lowest first; bit
5 says that more follow, and the last group's bit 4 is the sign. From the fourth number on, differences to the
number two before are stored. (Format of the COCO mask API, Lin et al., "Microsoft COCO", ECCV 2014.)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geotamper.sets.sources.labels import BoolMask

_BITS, _MORE, _SIGN, _FIRST = 5, 0x20, 0x10, 48
_PLAIN_NUMBERS = 3


def decode_runs(segmentation: Mapping[str, Any]) -> BoolMask:
    """Decode `{"size": [height, width], "counts": ...}`.

    Args:
        segmentation: With counts as a list of run lengths or as a compressed string. Runs go down the columns,
            column after column, and begin with a run outside.

    Returns:
        (height, width) bool.

    Raises:
        ValueError: Runs that do not add up to the size, or text that is no compressed form.
    """
    height, width = (int(v) for v in segmentation["size"])
    counts = segmentation["counts"]
    runs = expand_counts(counts) if isinstance(counts, str) else [int(v) for v in counts]
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise ValueError(f"runs of {sum(runs)} pixels for a mask of {width} x {height}")
    inside = np.arange(len(runs)) % 2 == 1
    flat: BoolMask = np.repeat(inside, runs)
    return flat.reshape(width, height).T


def expand_counts(text: str) -> list[int]:
    """Run lengths of a compressed string.

    Raises:
        ValueError: A character outside the alphabet, or text that ends within a number.
    """
    runs: list[int] = []
    number = shift = 0
    for character in text:
        group = ord(character) - _FIRST
        if not 0 <= group < 2 * _MORE:
            raise ValueError(f"the character {character!r} in compressed runs")
        number |= (group & (_MORE - 1)) << shift
        shift += _BITS
        if group & _MORE:
            continue
        if group & _SIGN:
            number -= 1 << shift
        runs.append(number + (runs[-2] if len(runs) >= _PLAIN_NUMBERS else 0))
        number = shift = 0
    if shift:
        raise ValueError("compressed runs that end within a number")
    return runs
