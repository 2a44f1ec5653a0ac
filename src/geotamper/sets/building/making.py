"""Making pictures: what one process does with the pictures of one tile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.atomic import write_bytes
from geotamper.sets.building.forgers import (
    Forger,
    MadeForgery,
    RandomPlaces,
    RejectionError,
    blur,
    is_ambiguous_rotation,
    require_change,
)
from geotamper.sets.building.lines import relative_line
from geotamper.sets.building.objects import TileObject, list_objects
from geotamper.sets.building.plan import PictureJob
from geotamper.sets.building.plausible.forger import PlausiblePlaces
from geotamper.sets.layout import (
    UNLABELLED_LEVEL,
    Fold,
    PictureRecord,
    Role,
    background_of,
    encode_segmentation,
    picture_path,
)
from geotamper.sets.layout.png import encode_png
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.labels import LABEL_CLASSES
from geotamper.sets.sources.protocol import RawSource, RawTile, TileRef
from geotamper.sets.truth import PictureOrigin, forged_record, region_facts, untouched_record
from geotamper.task.facts import RegionFacts

BoolMask = npt.NDArray[np.bool_]

_STREAM = 0x46_4F_52_47


@dataclass(frozen=True)
class PictureTask:
    """A picture to make, with what its record says of its origin.

    Attributes:
        job: What to make.
        ref: Its tile.
        group: Of the tile.
        fold: Of the group.
    """

    job: PictureJob
    ref: TileRef
    group: str
    fold: Fold


@dataclass(frozen=True)
class PictureOutcome:
    """What became of a picture.

    Attributes:
        id: Of the picture.
        attempt: As `PictureJob.attempt`.
        record: What was done; None where nothing was written.
        source: The source region, None for a clean picture.
        target: The target region, likewise.
        rejected: Why the object was rejected, or empty.
        failure: One line about a file that cannot be read, or empty.
    """

    id: int
    attempt: int
    record: PictureRecord | None = None
    source: RegionFacts | None = None
    target: RegionFacts | None = None
    rejected: str = ""
    failure: str = ""


@dataclass
class _Prepared:
    """A tile with everything that its pictures share."""

    tile: RawTile
    objects: Mapping[int, TileObject]
    original: bytes
    segmentation: bytes
    labelled: BoolMask

    @classmethod
    def of(cls, tile: RawTile) -> "_Prepared":
        levels = encode_segmentation(tile.labels, LABEL_CLASSES)
        objects = {entry.number: entry for entry in list_objects(tile)}
        return cls(tile, objects, encode_png(tile.pixels), encode_png(levels), levels != UNLABELLED_LEVEL)


@dataclass
class PictureMaker:
    """Makes and writes pictures; importable and picklable, so that other processes can share the work.

    Attributes:
        source: Where the tiles are.
        out: The folder of the set.
        seed: Of the run.
        plausible: Whether forgeries shall be placed where a person would believe them.
    """

    source: RawSource
    out: Path
    seed: int
    plausible: bool
    _last: _Prepared | None = field(default=None, repr=False)
    _forger: Forger | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_last": None, "_forger": None}

    def __call__(self, tasks: Sequence[PictureTask]) -> list[PictureOutcome]:
        """Make some pictures, best of one tile after the other.

        Raises:
            OutputError: A file cannot be written.
        """
        return [self._make(task) for task in tasks]

    def _make(self, task: PictureTask) -> PictureOutcome:
        job = task.job
        try:
            prepared = self._prepare(task.ref)
        except TileError as error:
            failure = relative_line(error, self.source.root)
            return PictureOutcome(job.id, job.attempt, failure=failure)
        state = _state(self.seed, job)
        origin = PictureOrigin(
            id=job.id,
            fold=task.fold,
            group=task.group,
            origin_dataset=task.ref.raw.origin,
            origin=task.ref.id,
            region=task.ref.raw.region,
            licence=task.ref.raw.licence,
            restricted=task.ref.raw.restricted,
            seed=state,
        )
        if job.slot is None:
            self._write_clean(job.id, prepared)
            return PictureOutcome(job.id, job.attempt, untouched_record(origin))
        try:
            made = self._forge(job, prepared, state)
        except RejectionError as rejection:
            return PictureOutcome(job.id, job.attempt, rejected=rejection.reason)
        forgery = made.forgery
        record = forged_record(
            forgery,
            origin,
            instance=job.slot.number,
            ambiguous_rotation=is_ambiguous_rotation(forgery),
        )
        if made.edge is not None:
            record = record.model_copy(update={"edge": made.edge})
        self._write_forged(job.id, prepared, made)
        source, target = region_facts(forgery.source_mask), region_facts(forgery.target_mask)
        return PictureOutcome(job.id, job.attempt, record, source, target)

    def _prepare(self, ref: TileRef) -> _Prepared:
        if self._last is None or self._last.tile.ref != ref:
            self._last = _Prepared.of(self.source.read(ref))
        return self._last

    def _forge(self, job: PictureJob, prepared: _Prepared, state: int) -> MadeForgery:
        chosen = prepared.objects.get(job.slot.number) if job.slot else None
        if chosen is None or job.slot is None or chosen.object_class != job.slot.object_class:
            raise RejectionError("the tile changed while the set was built")
        rng = np.random.default_rng(state)
        if self._forger is None:
            self._forger = PlausiblePlaces() if self.plausible else RandomPlaces()
        forge = blur if job.kind == "blur" else self._forger.copy
        made = forge(prepared.tile, chosen, rng)
        require_change(made.forgery)
        return made

    def _write_clean(self, picture: int, prepared: _Prepared) -> None:
        nothing = encode_png(np.zeros(prepared.labelled.shape, dtype=np.bool_))
        self._write(
            picture,
            {
                "image": prepared.original,
                "source": nothing,
                "target": nothing,
                "background": encode_png(prepared.labelled),
                "original": prepared.original,
                "segmentation": prepared.segmentation,
            },
        )

    def _write_forged(self, picture: int, prepared: _Prepared, made: MadeForgery) -> None:
        forgery = made.forgery
        source = encode_png(forgery.source_mask)
        background = background_of(prepared.labelled, forgery.source_mask, forgery.target_mask)
        self._write(
            picture,
            {
                "image": encode_png(forgery.pixels),
                "source": source,
                "target": source if forgery.kind == "blur" else encode_png(forgery.target_mask),
                "background": encode_png(background),
                "original": prepared.original,
                "segmentation": prepared.segmentation,
            },
        )

    def _write(self, picture: int, files: Mapping[Role, bytes]) -> None:
        for role, content in files.items():
            write_bytes(picture_path(self.out, picture, role), content)


def _state(seed: int, job: PictureJob) -> int:
    """The random state of a picture, in 53 bits so that JSON readers keep it."""
    sequence = np.random.SeedSequence([seed, job.id, job.attempt, _STREAM])
    return int(sequence.generate_state(1, np.uint64)[0]) >> 11


def outcome_document(outcome: PictureOutcome) -> dict[str, Any]:
    """An outcome as JSON data; read back by `parse_outcome`."""
    document: dict[str, Any] = {"picture": outcome.id, "attempt": outcome.attempt}
    if outcome.record is None:
        return document | {"rejected": outcome.rejected}
    document["record"] = outcome.record.model_dump(mode="json", exclude_defaults=True)
    for name, region in (("source", outcome.source), ("target", outcome.target)):
        if region is not None:
            document[name] = [*region.centroid, region.area_px]
    return document


def parse_outcome(document: Mapping[str, Any]) -> PictureOutcome:
    """Read what `outcome_document` made."""
    number, attempt = document["picture"], document["attempt"]
    if "record" not in document:
        return PictureOutcome(number, attempt, rejected=document["rejected"])
    source, target = (
        RegionFacts((document[name][0], document[name][1]), document[name][2]) if name in document else None
        for name in ("source", "target")
    )
    record = PictureRecord.model_validate(document["record"])
    return PictureOutcome(number, attempt, record, source, target)
