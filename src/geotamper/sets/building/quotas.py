"""How many pictures of each kind and class a set gets from what the imagery has."""

import math
from collections.abc import Mapping, Sequence

from geotamper.task.classes import OBJECT_CLASSES, ObjectClass
from geotamper.task.facts import TamperKind


def count_pictures(
    shares: Mapping[TamperKind, float], *, tiles: int, forgeries: int, images: int | None
) -> dict[TamperKind, int]:
    """Pictures of each kind.

    Args:
        shares: Wanted share of each kind, adding up to 1.
        tiles: Raw tiles, each of which is once clean at most.
        forgeries: Forgeries that the objects allow.
        images: Pictures wanted; None for as many as the shares allow. Where clean tiles or objects run out, the
            other fills up to this number.
    """
    if images is None:
        limits = [tiles / shares["none"]] if shares["none"] else []
        limits += [forgeries / (1 - shares["none"])] if shares["none"] < 1 else []
        images = math.floor(min(limits) + 1e-9)
    clean = min(round(images * shares["none"]), tiles)
    forged = min(images - clean, forgeries)
    clean = min(images - forged, tiles)
    blurred = round(forged * shares["blur"] / (1 - shares["none"])) if shares["none"] < 1 else 0
    return {"none": clean, "copy-move": forged - blurred, "blur": blurred}


def spread_evenly(total: int, capacities: Mapping[ObjectClass, int]) -> dict[ObjectClass, int]:
    """Spread a number over classes as evenly as their capacities allow.

    Args:
        total: At most the sum of the capacities.
        capacities: Largest number of each class.
    """
    counts: dict[ObjectClass, int] = {}
    rest = total
    waiting = sorted(
        (name for name in OBJECT_CLASSES if capacities.get(name)),
        key=lambda name: (capacities[name], OBJECT_CLASSES.index(name)),
    )
    for place, name in enumerate(waiting):
        counts[name] = min(capacities[name], rest // (len(waiting) - place))
        rest -= counts[name]
    return {name: counts[name] for name in OBJECT_CLASSES if name in counts}


def spread_proportionally(total: int, sizes: Sequence[int]) -> list[int]:
    """Spread a number in proportion to sizes, by largest remainders; no part exceeds its size.

    Args:
        total: At most the sum of the sizes.
        sizes: Not negative.
    """
    whole = sum(sizes)
    if not whole:
        return [0] * len(sizes)
    parts = [total * size // whole for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda place: (-(total * sizes[place] % whole), place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
