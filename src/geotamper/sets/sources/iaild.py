"""IAILD, the Inria aerial image labelling data set: buildings in ten places of the USA and Austria."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.folders import (
    find_folder,
    list_files,
    pair_by_stem,
    require_folder,
    require_pictures,
)
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.labels import LABEL_IDS
from geotamper.sets.sources.protocol import RawPicture, SourceInfo, TileRef

_REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "austin": "USA/Austin",
        "bellingham": "USA/Bellingham",
        "bloomington": "USA/Bloomington",
        "chicago": "USA/Chicago",
        "innsbruck": "Austria/Innsbruck",
        "kitsap": "USA/Kitsap",
        "sfo": "USA/San Francisco",
        "tyrol-e": "Austria/East Tyrol",
        "tyrol-w": "Austria/West Tyrol",
        "vienna": "Austria/Vienna",
    }
)

IAILD = SourceInfo(
    name="IAILD",
    title="Inria Aerial Image Labeling Dataset",
    licence="research use; imagery of public agencies, no licence text with the set",
    bibtex=(
        "@inproceedings{maggiori2017inria,\n"
        "  title = {Can Semantic Labeling Methods Generalize to Any City? "
        "The {Inria} Aerial Image Labeling Benchmark},\n"
        "  author = {Maggiori, Emmanuel and Tarabalka, Yuliya and Charpiat, Guillaume and Alliez, Pierre},\n"
        "  booktitle = {IEEE International Geoscience and Remote Sensing Symposium},\n"
        "  year = {2017},\n"
        "  doi = {10.1109/IGARSS.2017.8127684}\n"
        "}"
    ),
    regions=tuple(_REGIONS.values()),
    classes=("Building",),
    checked_against="imitated files",
)

_PLACE_AND_NUMBER = re.compile(r"(.+?)(\d+)")
_LAST_VALIDATION_TILE = 5
_SUFFIXES = (".tif", ".tiff")


class IaildSource(GriddedSource):
    """Reader of IAILD: GeoTIFF of 5000 x 5000 at 0.3 m, each cut into 81 tiles.

    Expects `AerialImageDataset/` (or its content) with `train/images/` and `train/gt/` of equal file names.
    `test/` has no labels and is left out. A group is a file; files of one place adjoin. Labels were made from
    footprints, so outlines may be off by some pixels.
    """

    mask_quality = "noisy"

    def __init__(self, root: Path) -> None:
        super().__init__(root, IAILD)

    @staticmethod
    def fits(root: Path) -> bool:
        """True where `train/gt/` is there."""
        train = find_folder(_base(root), "train")
        return train is not None and find_folder(train, "gt") is not None

    def find(self) -> Found:
        """Find the labelled pictures."""
        base = _base(self.root)
        train = require_folder(base, "train", holding="the folders images and gt")
        images = require_folder(train, "images", holding="the pictures, TIFF")
        gt = require_folder(train, "gt", holding="the labels, TIFF, named as the pictures")
        pairs, failures = pair_by_stem(list_files(images, _SUFFIXES), list_files(gt, _SUFFIXES))
        found = Found([self._raw(picture, labels) for picture, labels in pairs], failures)
        require_pictures(found.count, images, "files such as austin1.tif")
        if find_folder(base, "test") is not None:
            found.notes.append(f"'{base / 'test'}' has no labels and is left out")
        return found

    def _raw(self, picture: Path, labels: Path) -> RawPicture:
        match = _PLACE_AND_NUMBER.fullmatch(picture.stem)
        place, number = (match[1].casefold(), int(match[2])) if match else (picture.stem.casefold(), 0)
        return RawPicture(
            key=f"train/{picture.stem}",
            picture=picture,
            labels=labels,
            group=f"{self.info.name}/{picture.stem}",
            origin=self.info.name,
            licence=self.info.licence,
            region=_REGIONS.get(place, "unknown"),
            split="val" if 1 <= number <= _LAST_VALIDATION_TILE else "train",
            gsd_m=0.3,
        )

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode 0 and 255: any value above 0 is building."""
        del pixels
        values = self.rasters.ids(self.label_file(ref), ref.window)
        labels = np.where(values > 0, np.uint8(LABEL_IDS["Building"]), np.uint8(0))
        return Labelled(labels, np.zeros(labels.shape, np.bool_))


def _base(root: Path) -> Path:
    return find_folder(root, "AerialImageDataset") or root
