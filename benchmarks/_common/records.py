"""The measured picture sets on disk: one line of truth per picture, beside pictures and masks."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geotamper.atomic import write_bytes, write_text
from geotamper.errors import InputError
from geotamper.imagery.similarity import Similarity

RECORDS = "records.jsonl"


@dataclass(frozen=True)
class Record:
    """The truth about one picture of a set.

    Attributes:
        id: Unique within the set; also the stem of its files.
        tile: Path of the raw picture, relative to the shared data folder.
        source_name: The collection the tile belongs to.
        group: Tiles of one group may show the same ground.
        fold: "train", "val" or "test".
        kind: What was done.
        object_class: Class of the forged object, None for untouched pictures.
        rotation_deg: Counter-clockwise on the screen; None unless copied.
        scale: Length ratio; None unless copied.
        matrix: (2, 3) source to target, pixel centres at +0.5; None unless copied.
        interpolation: Name of the resampling, "none" for a move by whole pixels; None unless copied.
        edge: "hard" or "feather"; None for untouched pictures.
        blur_method: None unless blurred.
        blur_strength: Pixels; None unless blurred.
        source_area: Pixels of the source mask, 0 for untouched pictures.
        target_area: Pixels of the target mask, 0 for untouched pictures.
        degradation: What happened afterwards, such as "jpeg:90", or "none".
        width: Of the picture, pixels.
        height: Of the picture, pixels.
    """

    id: str
    tile: str
    source_name: str
    group: str
    fold: str
    kind: Literal["none", "copy-move", "blur"]
    degradation: str
    width: int
    height: int
    object_class: str | None = None
    rotation_deg: float | None = None
    scale: float | None = None
    matrix: list[list[float]] | None = None
    interpolation: str | None = None
    edge: str | None = None
    blur_method: str | None = None
    blur_strength: float | None = None
    source_area: int = 0
    target_area: int = 0

    @property
    def transform(self) -> Similarity | None:
        """Source to target, or None unless copied."""
        return None if self.matrix is None else Similarity.from_matrix(self.matrix)

    @property
    def is_forged(self) -> bool:
        """True unless the picture is untouched."""
        return self.kind != "none"


def picture_path(folder: Path, record: Record) -> Path:
    """The picture of a record."""
    return folder / "pictures" / f"{record.id}.png"


def mask_path(folder: Path, record: Record, role: Literal["source", "target"]) -> Path:
    """A mask of a forged record."""
    return folder / "masks" / f"{record.id}_{role}.png"


def load_records(folder: Path) -> list[Record]:
    """Read the records of a set, in the order in which they were planned.

    Raises:
        InputError: There is no set in this folder, or a line of it is not a record.
    """
    path = folder / RECORDS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"no picture set in '{folder}' ({error.strerror}); make one with benchmarks/forgeries.py"
        ) from error
    try:
        return [Record(**json.loads(line)) for line in lines]
    except (TypeError, ValueError) as error:
        raise InputError(f"'{path}' is not a set of this version ({error}); make it again") from error


def save_records(folder: Path, records: list[Record]) -> None:
    """Write the records of a set, one JSON object per line."""
    lines = [json.dumps(dataclasses.asdict(record)) + "\n" for record in records]
    write_text(folder / RECORDS, "".join(lines))


def load_picture(folder: Path, record: Record) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB."""
    return read_rgb(picture_path(folder, record))


def load_masks(folder: Path, record: Record) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Source and target, each (H, W) bool; empty for untouched pictures."""
    if not record.is_forged:
        empty = np.zeros((record.height, record.width), dtype=np.bool_)
        return empty, empty.copy()
    source = read_grey(mask_path(folder, record, "source")) > 127
    return source, read_grey(mask_path(folder, record, "target")) > 127


def read_rgb(path: Path) -> npt.NDArray[np.uint8]:
    """Any picture as (H, W, 3) uint8 RGB.

    Raises:
        InputError: The file is missing or no picture.
    """
    import cv2

    return np.ascontiguousarray(_decoded(path, cv2.IMREAD_COLOR)[..., ::-1], dtype=np.uint8)


def read_grey(path: Path) -> npt.NDArray[Any]:
    """A single-channel picture as stored, (H, W) of its own depth.

    Raises:
        InputError: The file is missing, no picture, or has several channels.
    """
    import cv2

    values = _decoded(path, cv2.IMREAD_UNCHANGED)
    if values.ndim != 2:
        raise InputError(f"'{path}' has {values.shape[2]} channels, expected one")
    return values


def write_png(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write (H, W, 3) RGB or (H, W) grey pixels."""
    import cv2

    ordered = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(ordered))
    write_bytes(path, np.asarray(encoded).tobytes())


def _decoded(path: Path, flag: int) -> npt.NDArray[Any]:
    import cv2

    try:
        content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise InputError(f"cannot read '{path}': {error.strerror}") from error
    values = cv2.imdecode(content, flag) if content.size else None
    if values is None:
        raise InputError(f"'{path}' is not a picture that OpenCV reads")
    return np.asarray(values)
