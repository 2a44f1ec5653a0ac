"""Measured candidates of inexact copies, labelled with the truth: what train_lookalikes.py learns from."""

import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from _common.records import Record, load_masks, load_picture, load_records
from geotamper.atomic import write_text
from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.hypotheses import CandidatePool
from geotamper.evidence.lookalikes.measuring import Candidate
from geotamper.evidence.lookalikes.search import CandidateSearch
from geotamper.evidence.planes import Planes

BoolMask = npt.NDArray[np.bool_]
FOUND = 0.5
"""Intersection over union of both regions from which a candidate is the forged pair."""

ELSEWHERE = 0.2
"""Intersection over union of any region below which it has nothing to do with the forged pair."""


@dataclass(frozen=True)
class Example:
    """One candidate.

    Attributes:
        features: As measured.
        iou: Smaller intersection over union of the two regions with the truth, in the better order.
        touch: Largest intersection over union of any of its regions with any of the two true ones.
        first_is_copy: Whether the grown region is the pasted one, in the better order.
    """

    features: dict[str, float]
    iou: float
    touch: float
    first_is_copy: bool


@dataclass(frozen=True)
class Inspected:
    """All candidates of one picture.

    Attributes:
        set_name: The set it belongs to.
        id: Within the set.
        tile: Which tile it was made from.
        source_name: The collection of the tile.
        group: Tiles of one group may show the same ground.
        forged: Whether it was.
        area: Pixels of the smaller of the two true regions, 0 for untouched pictures.
        seconds: Time for the candidates, proposals not included.
        examples: Its candidates.
    """

    set_name: str
    id: str
    tile: str
    source_name: str
    group: str
    forged: bool
    area: int
    seconds: float
    examples: tuple[Example, ...]


def inspect_sets(folders: list[Path], cache: Path, most: tuple[int, int]) -> Iterator[Inspected]:
    """Candidates of the pictures of some sets; those of a set are kept in `cache` and read from there.

    Args:
        folders: The sets.
        cache: Folder for the measurements.
        most: Forged and untouched pictures taken of each set, the first ones.

    Raises:
        InputError: A set is missing.
    """
    for folder in folders:
        kept = cache / f"{folder.name}.jsonl"
        if not kept.exists():
            records = load_records(folder)
            chosen = [record for record in records if record.is_forged][: most[0]]
            chosen += [record for record in records if not record.is_forged][: most[1]]
            inspected = [_inspect(folder, record) for record in chosen]
            write_text(kept, "".join(json.dumps(dataclasses.asdict(entry)) + "\n" for entry in inspected))
        yield from _read(kept)


def _read(path: Path) -> Iterator[Inspected]:
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        try:
            examples = tuple(Example(**example) for example in entry.pop("examples"))
            yield Inspected(examples=examples, **entry)
        except TypeError as error:
            raise InputError(f"'{path}' is of another version ({error}); delete it") from error


def _inspect(folder: Path, record: Record) -> Inspected:
    planes = Planes.of(load_picture(folder, record))
    control = Control()
    pool = CandidatePool(planes, workers=1, control=control)
    search = CandidateSearch()
    for origin in search.origins:
        pool.of(origin.source)
    start = time.perf_counter()
    candidates = search.run(pool, workers=1, control=control)
    seconds = time.perf_counter() - start
    source, target = load_masks(folder, record)
    return Inspected(
        set_name=folder.name,
        id=record.id,
        tile=record.tile,
        source_name=record.source_name,
        group=record.group,
        forged=record.is_forged,
        area=min(record.source_area, record.target_area),
        seconds=seconds,
        examples=tuple(label_candidate(candidate, source, target) for candidate in candidates),
    )


def label_candidate(candidate: Candidate, source: BoolMask, target: BoolMask) -> Example:
    """Compare a candidate with the true regions, (H, W) bool each, empty for untouched pictures."""
    first, second = candidate.grown.region.full(source.shape), candidate.image.full(source.shape)
    as_copy = (_overlap(first, target), _overlap(second, source))
    as_source = (_overlap(first, source), _overlap(second, target))
    return Example(
        features=candidate.features,
        iou=max(min(as_copy), min(as_source)),
        touch=max(*as_copy, *as_source),
        first_is_copy=min(as_copy) >= min(as_source),
    )


def _overlap(one: BoolMask, other: BoolMask) -> float:
    union = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / union if union else 0.0
