"""DroneDeploy segmentation set: drone orthophotos at 0.1 m."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.decoding import IGNORE, Colour, ColourTable
from geotamper.sets.sources.errors import LayoutError
from geotamper.sets.sources.folders import (
    by_stem,
    find_folder,
    list_files,
    require_folder,
    require_pictures,
    without_labels,
)
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.labels import LABEL_IDS
from geotamper.sets.sources.protocol import RawPicture, SourceInfo, TileRef

DRONEDEPLOY = SourceInfo(
    name="DroneDeploy",
    title="DroneDeploy Segmentation Dataset",
    licence="no licence file with the set; treat as restricted",
    bibtex=(
        "@misc{dronedeploy2019segmentation,\n"
        "  title = {{DroneDeploy} Segmentation Dataset},\n"
        "  author = {{DroneDeploy}},\n"
        "  year = {2019},\n"
        "  howpublished = {Repository dronedeploy/dd-ml-segmentation-benchmark}\n"
        "}"
    ),
    regions=("unknown",),
    classes=("Car", "Building", "Vegetation"),
    checked_against="imitated files",
)

# R, G, B; the authors' own table is in B, G, R
_COLOURS: Mapping[Colour, int] = MappingProxyType(
    {
        (230, 25, 75): LABEL_IDS["Building"],
        (145, 30, 180): LABEL_IDS["Other"],  # clutter
        (60, 180, 75): LABEL_IDS["Vegetation"],
        (245, 130, 48): LABEL_IDS["Water"],
        (255, 255, 255): LABEL_IDS["Open ground"],
        (0, 130, 200): LABEL_IDS["Car"],
        (255, 0, 255): IGNORE,
    }
)
_TABLE = ColourTable(_COLOURS, tolerance=8, others=IGNORE)
_ORTHO, _LABEL = "-ortho", "-label"


class DroneDeploySource(GriddedSource):
    """Reader of DroneDeploy: orthophotos of about 6000 x 6000 at 0.1 m.

    Expects `images/<scene>-ortho.tif` and `labels/<scene>-label.png`; elevations and `index.csv` are not
    needed. The set's vegetation, grass included, counts as such. A group is a scene.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, DRONEDEPLOY)

    @staticmethod
    def fits(root: Path) -> bool:
        """True where `images/` holds an orthophoto, or where only the chips cut from them are there."""
        images = find_folder(root, "images")
        return (images is not None and any(images.glob("*-ortho.[tT][iI][fF]*"))) or _has_chips(root)

    def find(self) -> Found:
        """Find the scenes that have labels."""
        if find_folder(self.root, "images") is None and _has_chips(self.root):
            raise LayoutError(
                f"'{self.root}' holds chips of 300 x 300 pixels, too small for a tile; expected the whole scenes "
                f"in '{self.root / 'images'}' and '{self.root / 'labels'}': unpack the set's archive"
            )
        images = require_folder(self.root, "images", holding="the orthophotos, <scene>-ortho.tif")
        folder = require_folder(self.root, "labels", holding="the labels, <scene>-label.png")
        labels = by_stem(list_files(folder, (".png",)), without=_LABEL)
        found = Found([])
        for picture in list_files(images, (".tif", ".tiff")):
            scene = picture.stem.removesuffix(_ORTHO)
            label = labels.get(scene.casefold())
            if label is None:
                found.failures.append(without_labels(picture))
                continue
            found.pictures.append(
                RawPicture(
                    key=scene,
                    picture=picture,
                    labels=label,
                    group=f"{self.info.name}/{scene}",
                    origin=self.info.name,
                    licence=self.info.licence,
                    gsd_m=0.1,
                )
            )
        require_pictures(found.count, images, "files such as <scene>-ortho.tif")
        return found

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode colours; those up to 8 off per channel are tolerated, others ignored."""
        del pixels
        path = self.label_file(ref)
        return Labelled.of(_TABLE.decode(self.rasters.colours(path, ref.window), path))


def _has_chips(root: Path) -> bool:
    return find_folder(root, "image-chips") is not None and find_folder(root, "label-chips") is not None
