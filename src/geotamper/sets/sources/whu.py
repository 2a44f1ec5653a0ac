"""WHU-Building, the aerial set: buildings of Christchurch, New Zealand."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from geotamper.imagery.conversion import DECODER_ERRORS, quiet
from geotamper.sets.sources.errors import TileError
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

WHU_BUILDING = SourceInfo(
    name="WHU-Building",
    title="WHU Building Dataset, aerial imagery",
    licence="free for research; no licence text with the set",
    bibtex=(
        "@article{ji2019fully,\n"
        "  title = {Fully Convolutional Networks for Multisource Building Extraction From an Open Aerial and "
        "Satellite Imagery Data Set},\n"
        "  author = {Ji, Shunping and Wei, Shiqing and Lu, Meng},\n"
        "  journal = {IEEE Transactions on Geoscience and Remote Sensing},\n"
        "  volume = {57},\n"
        "  number = {1},\n"
        "  year = {2019},\n"
        "  doi = {10.1109/TGRS.2018.2858817}\n"
        "}"
    ),
    regions=("New Zealand/Christchurch",),
    classes=("Building",),
    checked_against="original files",
)

_SPLITS = ("train", "val", "test")
_PICTURE_FOLDERS = ("image", "images")
_LABEL_FOLDERS = ("label", "labels", "mask", "masks")
_SUFFIXES = (".tif", ".tiff", ".png")
_GROUP_RUN = 32
_HALF = 127
_LAST_NUMBER = re.compile(r"(\d+)\D*$")


class WhuBuildingSource(GriddedSource):
    """Reader of WHU-Building: tiles of 512 x 512 at 0.3 m.

    Expects `train/`, `val/` and `test/`, each with `image/` and `label/` of equal file names; repackaged
    copies with `images/`, `mask/`, `masks/` or `labels/` and PNG files are read too, where this reader is
    asked for by name. Tiles adjoin, so a group is a run of 32 numbers within a split.

    Labels are decoded by Pillow: most are 1-bit with 0 for white, of which raw-bit readers such as GDAL hand
    out the inverse.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, WHU_BUILDING)
        self._brightest: dict[Path, int] = {}

    @staticmethod
    def fits(root: Path) -> bool:
        """True where a split with `image/` and `label/` is there."""
        splits = [folder for name in _SPLITS if (folder := find_folder(root, name)) is not None]
        return any(find_folder(split, "image") and find_folder(split, "label") for split in splits)

    def find(self) -> Found:
        """Find the pictures of all splits."""
        found = Found([])
        splits = [folder for name in _SPLITS if (folder := find_folder(self.root, name)) is not None]
        if not splits:
            require_folder(self.root, *_SPLITS, holding="the folders image and label")
        for split in splits:
            images = require_folder(split, *_PICTURE_FOLDERS, holding="the pictures, TIFF")
            labels = require_folder(split, *_LABEL_FOLDERS, holding="the labels, named as the pictures")
            pairs, failures = pair_by_stem(list_files(images, _SUFFIXES), list_files(labels, _SUFFIXES))
            found.failures.extend(failures)
            found.pictures.extend(self._raw(split.name.casefold(), *pair) for pair in pairs)
        require_pictures(found.count, self.root, "TIFF files in train/image and its like")
        return found

    def _raw(self, split: str, picture: Path, labels: Path) -> RawPicture:
        number = _LAST_NUMBER.search(picture.stem)
        run = f"{int(number[1]) // _GROUP_RUN}" if number else picture.stem
        return RawPicture(
            key=f"{split}/{picture.stem}",
            picture=picture,
            labels=labels,
            group=f"{self.info.name}/{split}/{run}",
            origin=self.info.name,
            licence=self.info.licence,
            region=self.info.regions[0],
            split=split,
            gsd_m=0.3,
        )

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode white as building; labels of 0 and 1 are known by the brightest label of their folder."""
        del pixels
        path, window = self.label_file(ref), ref.window
        grey = _grey(path)
        threshold = _HALF if self._brightest_near(path) > 1 else 0
        part = grey[window.y : window.y + window.side, window.x : window.x + window.side]
        labels = np.where(part > threshold, np.uint8(LABEL_IDS["Building"]), np.uint8(0))
        return Labelled(labels, np.zeros(labels.shape, np.bool_))

    def _brightest_near(self, path: Path) -> int:
        """The largest value of the folder's first label that is not empty: 255, or 1 in 0/1 copies."""
        folder = path.parent
        if folder not in self._brightest:
            self._brightest[folder] = 255
            for label in list_files(folder, _SUFFIXES):
                try:
                    brightest = int(_grey(label).max(initial=0))
                except TileError:
                    continue  # reading its tile reports it
                if brightest:
                    self._brightest[folder] = brightest
                    break
        return self._brightest[folder]


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    try:
        with quiet(), Image.open(path) as image:
            return np.asarray(image.convert("L"), dtype=np.uint8)
    except DECODER_ERRORS as error:
        reason = " ".join(str(error).split())[:200]
        raise TileError(
            f"'{path}' cannot be decoded ({reason}); expected a TIFF or PNG label: fetch it again", path
        ) from error
