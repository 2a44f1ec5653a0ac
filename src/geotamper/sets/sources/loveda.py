"""LoveDA: land cover of rural and urban scenes in China."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.decoding import IGNORE, decode_numbers
from geotamper.sets.sources.errors import LayoutError, TileError
from geotamper.sets.sources.folders import (
    find_folder,
    list_files,
    pair_by_stem,
    require_folder,
    require_pictures,
    subfolders,
)
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.labels import LABEL_IDS
from geotamper.sets.sources.protocol import RawPicture, SourceInfo, TileRef, Window

LOVEDA = SourceInfo(
    name="LoveDA",
    title="LoveDA: A Remote Sensing Land-Cover Dataset for Domain Adaptive Semantic Segmentation",
    licence="CC BY-NC-SA 4.0, academic use only; Google Earth terms apply to the pictures",
    bibtex=(
        "@inproceedings{wang2021loveda,\n"
        "  title = {{LoveDA}: A Remote Sensing Land-Cover Dataset for Domain Adaptive Semantic Segmentation},\n"
        "  author = {Wang, Junjue and Zheng, Zhuo and Ma, Ailong and Lu, Xiaoyan and Zhong, Yanfei},\n"
        "  booktitle = {NeurIPS Datasets and Benchmarks},\n"
        "  year = {2021},\n"
        "  doi = {10.5281/zenodo.5706578}\n"
        "}"
    ),
    regions=("China/rural", "China/urban"),
    classes=("Building", "Road", "Vegetation", "Farmland"),
    checked_against="original files",
)

_FARMLAND = 7
_SHIFTED_VOID = 255
# 0 no data, 1 background, 2 building, 3 road, 4 water, 5 barren, 6 forest, 7 agriculture, 8 playground (2024)
_TABLE = {
    0: IGNORE,
    1: LABEL_IDS["Other"],
    2: LABEL_IDS["Building"],
    3: LABEL_IDS["Road"],
    4: LABEL_IDS["Water"],
    5: LABEL_IDS["Bare land"],
    6: LABEL_IDS["Vegetation"],
    _FARMLAND: LABEL_IDS["Farmland"],
    8: LABEL_IDS["Other"],
}
_SHIFTED = (
    "a copy of LoveDA whose labels are shifted by one (0 background to 6 agriculture, 255 void) "
    "cannot be read: use the original masks, with 0 for no data and 1 for background"
)
_LOOKED_AT = 64
_SCENES = ("Rural", "Urban")
_SPLITS = ("Train", "Val", "Test")


class LoveDaSource(GriddedSource):
    """Reader of LoveDA: 5,987 pictures of 1024 x 1024 at 0.3 m, each cut into four tiles.

    Expects `Train/` and `Val/`, in each `Rural/` and `Urban/`, in each `images_png/` and `masks_png/` with
    equal file names. `Test/` has no masks and is left out. A group is a picture.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, LOVEDA)

    @staticmethod
    def fits(root: Path) -> bool:
        """True where a split with a scene folder and `images_png/` is there."""
        scenes = (find_folder(split, *_SCENES) for split in subfolders(root))
        return any(scene is not None and find_folder(scene, "images_png") for scene in scenes)

    def find(self) -> Found:
        """Find the labelled pictures of all splits and scenes."""
        found = Found([])
        splits = [folder for name in _SPLITS if (folder := find_folder(self.root, name)) is not None]
        if not splits:
            require_folder(self.root, *_SPLITS, holding="the folders Rural and Urban")
        for split in splits:
            scenes = [folder for name in _SCENES if (folder := find_folder(split, name)) is not None]
            if not scenes:
                require_folder(split, *_SCENES, holding="the folders images_png and masks_png")
            for scene in scenes:
                self._add(found, split, scene)
        require_pictures(found.count, self.root, "PNG files in Train/Rural/images_png and its like")
        found.notes.extend(self._doubts(found.pictures))
        return found

    def _doubts(self, pictures: list[RawPicture]) -> list[str]:
        """A note where no mask among the first ones holds farmland, the most common class of the set.

        Raises:
            LayoutError: A mask holds the void of a shifted copy.
        """
        looked_at = 0
        for raw in pictures[:_LOOKED_AT]:
            try:
                width, height = self.rasters.size(raw.picture)
                values = self.rasters.ids(raw.labels or raw.picture, Window(0, 0, min(width, height)))
            except TileError:
                continue  # reading its tiles reports it
            if (values == _SHIFTED_VOID).any():
                # masks of such a copy without void pixels could be read, and all their classes would be wrong
                raise LayoutError(f"'{raw.labels}' holds the label {_SHIFTED_VOID}: {_SHIFTED}")
            if (values == _FARMLAND).any():
                return []
            looked_at += 1
        if not looked_at:
            return []
        doubt = (
            f"none of the first {looked_at} masks holds {_FARMLAND} (agriculture): this may be a copy whose "
            "labels are shifted by one; compare a mask with its picture"
        )
        return [doubt]

    def _add(self, found: Found, split: Path, scene: Path) -> None:
        images = require_folder(scene, "images_png", holding="the pictures, PNG")
        if split.name.casefold() == "test" and find_folder(scene, "masks_png") is None:
            found.notes.append(f"'{scene}' has no masks and is left out")
            return
        masks = require_folder(scene, "masks_png", holding="the masks, PNG, named as the pictures")
        pairs, failures = pair_by_stem(list_files(images, [".png"]), list_files(masks, [".png"]))
        found.failures.extend(failures)
        for picture, mask in pairs:
            key = f"{split.name}/{scene.name}/{picture.stem}"
            found.pictures.append(
                RawPicture(
                    key=key,
                    picture=picture,
                    labels=mask,
                    group=f"{self.info.name}/{key}",
                    origin=self.info.name,
                    licence=self.info.licence,
                    region=f"China/{scene.name.casefold()}",
                    split=split.name.casefold(),
                    gsd_m=0.3,
                )
            )

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode ids 0 to 8."""
        del pixels
        mask = self.label_file(ref)
        values = self.rasters.ids(mask, ref.window)
        return Labelled.of(decode_numbers(values, _TABLE, mask, _SHIFTED))
