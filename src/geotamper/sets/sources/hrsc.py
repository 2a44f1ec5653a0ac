"""HRSC2016: ships in six harbours, with rotated boxes and, for some pictures, masks."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.imagery.discovery import natural_key
from geotamper.sets.sources.decoding import colour_code
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.folders import by_stem, list_files, require_folder, require_pictures
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.hrsc_annotation import Annotation, Ship, read_annotation
from geotamper.sets.sources.labels import LABEL_IDS
from geotamper.sets.sources.outlines import fill_outline
from geotamper.sets.sources.protocol import TILE_SIDE, RawPicture, SourceInfo, TileRef, Window

HRSC = SourceInfo(
    name="HRSC",
    title="HRSC2016: a high-resolution ship collection",
    licence="scientific research only; Google Earth terms apply to the pictures",
    bibtex=(
        "@inproceedings{liu2017high,\n"
        "  title = {A High Resolution Optical Satellite Image Dataset for Ship Recognition and Some New "
        "Baselines},\n"
        "  author = {Liu, Zikun and Yuan, Liu and Weng, Lubin and Yang, Yiping},\n"
        "  booktitle = {International Conference on Pattern Recognition Applications and Methods},\n"
        "  pages = {324--331},\n"
        "  year = {2017},\n"
        "  doi = {10.5220/0006120603240331}\n"
        "}"
    ),
    regions=("Russia/Murmansk", "USA", "unknown"),
    classes=("Ship",),
    checked_against="imitated files",
)

_LONG_SIDE = 1024
_MAX_ENLARGEMENT = 1.5
_MOST_OVERLAP = 0.5
_LISTS = ("train", "val", "test")


class HrscSource(GriddedSource):
    """Reader of HRSC2016: pictures of 300 to 1500 pixels at 0.4 to 2 m.

    Expects `FullDataSet/AllImages/*.bmp` and `FullDataSet/Annotations/*.xml`; parts of the set unpacked into
    several folders below the root are read together. Ships are taken from `Segmentations/` or `LandMask/`
    where a picture's file there holds their colours, and are filled rotated boxes otherwise: such ships are
    `approximate`.

    The long side is brought to 1024 pixels (enlarged 1.5 times at most) and tiles are centred on ships. A
    group is a place, because pictures of different years show the same harbour.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, HRSC)
        self._masks: list[dict[str, Path]] | None = None

    @staticmethod
    def fits(root: Path) -> bool:
        """True where `FullDataSet/AllImages/` is there, in the root or one or two levels below."""
        return next(_parts(root, "AllImages"), None) is not None

    def find(self) -> Found:
        """Find the pictures with ships, and their places."""
        images = list(_parts(self.root, "AllImages"))
        notes = list(_parts(self.root, "Annotations"))
        if not images or not notes:
            name = "Annotations" if images else "AllImages"
            base = images[0].parent if images else self.root / "FullDataSet"
            require_folder(
                base, name, holding="BMP pictures" if name == "AllImages" else "an XML file per picture"
            )
        pictures = sorted((f for folder in images for f in list_files(folder, (".bmp",))), key=natural_key)
        annotations = by_stem(f for folder in notes for f in list_files(folder, (".xml",)))
        splits = _splits(self.root)
        found, empty = Found([]), 0
        for picture in pictures:
            xml = annotations.get(picture.stem.casefold())
            try:
                annotation = read_annotation(xml) if xml else None
            except TileError as error:
                found.failures.append(error)
                continue
            if xml is None or annotation is None or not annotation.ships:
                empty += 1
            else:
                found.pictures.append(self._raw(picture, xml, annotation, splits.get(picture.stem)))
        require_pictures(len(pictures), images[0], "files such as 100000001.bmp")
        if empty:
            found.notes.append(f"{empty} pictures without annotated ships are left out")
        return found

    def _raw(self, picture: Path, xml: Path, annotation: Annotation, split: str | None) -> RawPicture:
        return RawPicture(
            key=picture.stem,
            picture=picture,
            labels=xml,
            group=f"{self.info.name}/{annotation.place or picture.stem}",
            origin=self.info.name,
            licence=self.info.licence,
            region=annotation.region,
            split=split,
            gsd_m=annotation.gsd_m,
        )

    def label_rasters(self, raw: RawPicture) -> tuple[Path, ...]:
        """None: the annotation is no raster, and masks are looked for while reading."""
        del raw
        return ()

    def windows(self, raw: RawPicture, width: int, height: int) -> list[Window]:
        """Windows centred on ships, moved inside the frame; none overlaps an earlier one by more than half."""
        if raw.labels is None:
            return []
        ships = read_annotation(raw.labels).ships
        side = _side(width, height, ships)
        if side is None:
            return []
        chosen: list[Window] = []
        for ship in ships:
            window = Window(
                min(max(round(ship.centre[0] - side / 2), 0), width - side),
                min(max(round(ship.centre[1] - side / 2), 0), height - side),
                side,
            )
            if all(_overlap(window, other) <= _MOST_OVERLAP for other in chosen):
                chosen.append(window)
        return chosen

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Draw the ships: by their colours in the mask, or as filled rotated boxes."""
        del pixels
        ships = read_annotation(self.label_file(ref)).ships
        window = ref.window
        codes = self._mask(ref, ships)
        objects = np.zeros((window.side, window.side), np.int32)
        exact = np.zeros(objects.shape, np.bool_)
        approximate: set[int] = set()
        for number, ship in enumerate(ships, 1):
            own = np.zeros(objects.shape, np.bool_)
            if codes is not None and ship.colour is not None:
                own = codes == colour_code(np.array(ship.colour, np.uint8))
            if own.any():
                exact |= own
            else:
                approximate.add(number)
                own = fill_outline([ship.corners()], window) & ~exact
            objects[own] = number
        drawn = set(np.unique(objects[objects > 0]).tolist())
        labels = np.where(objects > 0, np.uint8(LABEL_IDS["Ship"]), np.uint8(0))
        return Labelled(
            labels=labels,
            ignore=np.zeros(labels.shape, np.bool_),
            instances=objects,
            names={number: ship.class_id for number, ship in enumerate(ships, 1)},
            approximate=frozenset(approximate),
            instance_origin="rotated_box" if drawn <= approximate else "annotated",
        )

    def _mask(self, ref: TileRef, ships: tuple[Ship, ...]) -> npt.NDArray[np.int64] | None:
        """Colour codes of the picture's mask, or None where no file holds the colour of one of its ships."""
        known = [colour_code(np.array(ship.colour, np.uint8)) for ship in ships if ship.colour is not None]
        if self._masks is None:
            self._masks = [
                by_stem(f for folder in _parts(self.root, name) for f in list_files(folder, (".png", ".bmp")))
                for name in ("Segmentations", "LandMask")
            ]
        for masks in self._masks:
            path = masks.get(ref.raw.picture.stem.casefold())
            if path is None or not known:
                continue
            codes = colour_code(self.rasters.colours(path, ref.window))
            if np.isin(codes, known).any():
                self._check_sizes(ref.raw.picture, path)
                return codes
        return None


def _parts(root: Path, name: str) -> Iterator[Path]:
    """Folders of this name in a `FullDataSet`, at the root or up to two levels below."""
    for pattern in ("", "FullDataSet/", "*/FullDataSet/", "*/*/FullDataSet/"):
        folders = [p for p in root.glob(f"{pattern}{name}") if p.is_dir()]
        yield from sorted(folders, key=natural_key) if pattern or root.name == "FullDataSet" else []


def _splits(root: Path) -> dict[str, str]:
    splits: dict[str, str] = {}
    for name in _LISTS:
        for path in sorted(root.rglob(f"ImageSets/{name}.txt")):
            splits.update(dict.fromkeys(path.read_text(encoding="utf-8").split(), name))
    return splits


def _side(width: int, height: int, ships: tuple[Ship, ...]) -> int | None:
    """Side of the windows in the picture's pixels, None where the picture is too narrow."""
    scale = min(_LONG_SIDE / max(width, height), _MAX_ENLARGEMENT)
    side, shorter = math.ceil(TILE_SIDE / scale), min(width, height)
    if side > shorter:
        return None
    largest = max((ship.extent() for ship in ships), default=0.0)
    return shorter if largest > side - 2 else side


def _overlap(first: Window, second: Window) -> float:
    across = max(0, first.side - abs(first.x - second.x))
    down = max(0, first.side - abs(first.y - second.y))
    return across * down / first.side**2
