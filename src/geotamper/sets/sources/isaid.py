"""iSAID: instances in the pictures of DOTA."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.imagery.discovery import natural_key
from geotamper.sets.sources.decoding import ColourTable, colour_code
from geotamper.sets.sources.errors import LayoutError, TileError
from geotamper.sets.sources.folders import by_stem, find_folder, require_folder, without_labels
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.labels import LABEL_IDS
from geotamper.sets.sources.protocol import RawPicture, SourceInfo, TileRef
from geotamper.sets.sources.voids import flat_regions

ISAID = SourceInfo(
    name="iSAID",
    title="iSAID: A Large-scale Dataset for Instance Segmentation in Aerial Images, on the pictures of DOTA",
    licence="academic use only, no commercial use; Google Earth terms apply to most pictures",
    bibtex=(
        "@inproceedings{waqaszamir2019isaid,\n"
        "  title = {{iSAID}: A Large-scale Dataset for Instance Segmentation in Aerial Images},\n"
        "  author = {Waqas Zamir, Syed and Arora, Aditya and Gupta, Akshita and Khan, Salman and Sun, Guolei and "
        "Khan, Fahad Shahbaz and Zhu, Fan and Shao, Ling and Xia, Gui-Song and Bai, Xiang},\n"
        "  booktitle = {CVPR Workshops},\n"
        "  year = {2019},\n"
        "  note = {arXiv:1905.12886; pictures: Xia et al., DOTA, CVPR 2018}\n"
        "}"
    ),
    regions=("unknown",),
    classes=("Car", "Airplane", "Ship"),
    checked_against="original files",
)

_NAMES = (
    "background",
    "ship",
    "storage tank",
    "baseball diamond",
    "tennis court",
    "basketball court",
    "ground track field",
    "bridge",
    "large vehicle",
    "small vehicle",
    "helicopter",
    "swimming pool",
    "roundabout",
    "soccer field",
    "plane",
    "harbor",
)
_COLOURS = (
    (0, 0, 0),
    (0, 0, 63),
    (0, 63, 63),
    (0, 63, 0),
    (0, 63, 127),
    (0, 63, 191),
    (0, 63, 255),
    (0, 127, 63),
    (0, 127, 127),
    (0, 0, 127),
    (0, 0, 191),
    (0, 0, 255),
    (0, 191, 127),
    (0, 127, 191),
    (0, 127, 255),
    (0, 100, 155),
)
_TABLE = ColourTable(MappingProxyType({colour: index for index, colour in enumerate(_COLOURS)}))
_OURS: Mapping[str, int] = MappingProxyType(
    {
        "ship": LABEL_IDS["Ship"],
        "large vehicle": LABEL_IDS["Car"],
        "small vehicle": LABEL_IDS["Car"],
        "plane": LABEL_IDS["Airplane"],
    }
)
_LABEL_OF_INDEX = np.array([_OURS.get(name, 0) for name in _NAMES], dtype=np.uint8)

_SPLITS = ("train", "val", "test")
_COLOUR_END, _ID_END = "_instance_color_RGB", "_instance_id_RGB"
_LOWEST_ID = 1000  # the authors' tool ignores ids below
_SKIPPED = frozenset({"p1527", "p1530"})  # as the authors' tool does
_PATCH = re.compile(r"P\d+_\d+_\d+_\d+_\d+", re.IGNORECASE)
_TOLERATED_DISAGREEMENT = 0.01
_GSD = re.compile(r"^gsd:\s*([0-9.]+)\s*$", re.MULTILINE)


class IsaidSource(GriddedSource):
    """Reader of iSAID: pictures of 800 to 13,000 pixels, cut into tiles at their own resolution.

    Expects `train/` and `val/` with the pictures and, beside them or in `Instance_masks/` and
    `Semantic_masks/`, the files `<stem>_instance_id_RGB.png` and `<stem>_instance_color_RGB.png`. `test/` has
    no labels and is left out. Regions of exact black without objects are no data. A group is a picture.
    Ground sample distances are known where DOTA's label texts lie in the same folder.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, ISAID)

    @staticmethod
    def fits(root: Path) -> bool:
        """True where a split holds an instance file."""
        splits = [folder for name in _SPLITS if (folder := find_folder(root, name)) is not None]
        return any(next(split.rglob(f"*{_ID_END}.png"), None) is not None for split in splits)

    def find(self) -> Found:
        """Find the pictures of all splits."""
        found = Found([])
        splits = [folder for name in _SPLITS if (folder := find_folder(self.root, name)) is not None]
        if not splits:
            require_folder(self.root, *_SPLITS, holding="the pictures and instance files of iSAID")
        for split in splits:
            self._add(found, split)
        if not found.pictures and not found.failures:
            raise LayoutError(
                f"'{self.root}' holds no files such as train/images/P0002{_ID_END}.png; expected iSAID's instance "
                "files; where only its JSON annotations are there, use the reader 'coco'"
            )
        return found

    def _add(self, found: Found, split: Path) -> None:
        files = sorted(split.rglob("*.[pP][nN][gG]"), key=natural_key)
        ids = by_stem(_ending(files, _ID_END), without=_ID_END)
        colours = by_stem(_ending(files, _COLOUR_END), without=_COLOUR_END)
        texts = by_stem(split.rglob("P*.txt"))
        if not ids and not colours:
            found.notes.append(f"'{split}' has no labels and is left out")
            return
        for picture in files:
            stem = picture.stem.casefold()
            if stem.endswith((_ID_END.casefold(), _COLOUR_END.casefold())):
                continue
            if _PATCH.fullmatch(stem):
                raise LayoutError(
                    f"'{picture}' is a patch cut by the authors' tool, and patches overlap; "
                    "expected the whole pictures of DOTA, such as P0003.png"
                )
            if stem in _SKIPPED:
                found.notes.append(f"'{picture}' is left out, as the authors of the set do")
            elif stem not in ids or stem not in colours:
                found.failures.append(without_labels(picture))
            else:
                found.pictures.append(
                    RawPicture(
                        key=f"{split.name}/{picture.stem}",
                        picture=picture,
                        labels=colours[stem],
                        instances=ids[stem],
                        group=f"{self.info.name}/{picture.stem}",
                        origin=self.info.name,
                        licence=self.info.licence,
                        split=split.name.casefold(),
                        gsd_m=read_gsd(texts.get(stem)),
                    )
                )

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode both files; the class of an object is the colour of most of its pixels."""
        path = self.label_file(ref)
        if ref.raw.instances is None:
            raise TileError(f"'{ref.raw.picture}' has no instance file", ref.raw.picture)
        indexes = _TABLE.decode(self.rasters.colours(path, ref.window), path).labels
        codes = colour_code(self.rasters.colours(ref.raw.instances, ref.window))
        objects = np.where(codes < _LOWEST_ID, 0, codes)
        ids, majority, notes = _majorities(objects, indexes, path)
        labels = np.where(objects > 0, majority[np.searchsorted(ids, objects)], indexes)
        void = flat_regions(pixels, 0) & (objects == 0)
        names = {int(i): _NAMES[m] for i, m in zip(ids, majority, strict=True) if i > 0}
        return Labelled(_LABEL_OF_INDEX[labels], void, objects, names, notes=notes)


def read_gsd(text: Path | None) -> float | None:
    """Metres per pixel as the head of one of DOTA's label texts says; None where it does not."""
    if text is None:
        return None
    with text.open(encoding="utf-8", errors="replace") as lines:
        head = lines.read(200)
    found = _GSD.search(head)
    return float(found[1]) if found else None


def _ending(files: Iterable[Path], end: str) -> list[Path]:
    return [path for path in files if path.stem.casefold().endswith(end.casefold())]


def _majorities(
    objects: npt.NDArray[np.integer[Any]], indexes: npt.NDArray[np.uint8], path: Path
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], tuple[str, ...]]:
    """Ids in rising order, the most frequent class index of each, and a note where colours disagree."""
    ids, inverse = np.unique(objects, return_inverse=True)
    pairs = inverse.reshape(-1) * len(_NAMES) + indexes.reshape(-1)
    counts = np.bincount(pairs, minlength=len(ids) * len(_NAMES)).reshape(len(ids), len(_NAMES))
    majority = counts.argmax(axis=1).astype(np.uint8)
    is_object = ids > 0
    total = int(counts[is_object].sum())
    astray = total - int(counts[is_object].max(axis=1, initial=0).sum())
    if astray > _TOLERATED_DISAGREEMENT * total:
        note = (
            f"'{path.name}' and its instance file disagree in {astray} of {total} object pixels; "
            "the class of most pixels was taken"
        )
        return ids.astype(np.int64), majority, (note,)
    return ids.astype(np.int64), majority, ()
