"""LAISFO (Kaiser et al. 2017): buildings and roads of six cities, labels drawn from OpenStreetMap."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.decoding import IGNORE, Colour, ColourTable
from geotamper.sets.sources.errors import LayoutError
from geotamper.sets.sources.folders import by_stem, list_files, require_pictures, subfolders, without_labels
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.labels import LABEL_IDS
from geotamper.sets.sources.protocol import RawPicture, SourceInfo, TileRef

# Region and metres per pixel: web-map zoom 20 is 0.149 m times the cosine of the latitude.
_CITIES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "berlin": ("Germany/Berlin", 0.091),
        "chicago": ("USA/Chicago", 0.111),
        "paris": ("France/Paris", 0.098),
        "potsdam": ("Germany/Potsdam", 0.091),
        "tokyo": ("Japan/Tokyo", 0.121),
        "zurich": ("Switzerland/Zurich", 0.101),
    }
)

LAISFO = SourceInfo(
    name="LAISFO",
    title="Learning Aerial Image Segmentation from Online Maps",
    licence="research use only: pictures of Google Maps, labels of OpenStreetMap (ODbL)",
    bibtex=(
        "@article{kaiser2017learning,\n"
        "  title = {Learning Aerial Image Segmentation from Online Maps},\n"
        "  author = {Kaiser, Pascal and Wegner, Jan Dirk and Lucchi, Aurelien and Jaggi, Martin and "
        "Hofmann, Thomas and Schindler, Konrad},\n"
        "  journal = {IEEE Transactions on Geoscience and Remote Sensing},\n"
        "  year = {2017},\n"
        "  url = {https://zenodo.org/record/1154821}\n"
        "}"
    ),
    regions=tuple(region for region, _ in _CITIES.values()),
    classes=("Building", "Road"),
    checked_against="imitated files",
)

_ROUNDED: Mapping[Colour, int] = MappingProxyType(
    {
        (255, 255, 255): LABEL_IDS["Other"],
        (255, 0, 0): LABEL_IDS["Building"],
        (0, 0, 255): LABEL_IDS["Road"],
    }
)
_TABLE = ColourTable(_ROUNDED, others=IGNORE)
_NAME = re.compile(r"(.+?)(\d*)_image", re.IGNORECASE)
_FAULTY: Mapping[str, frozenset[int]] = MappingProxyType(
    {"chicago": frozenset({97, 201, 203, 253, 297, 303, 352, 402})}
)
_HALF = 128


class LaisfoSource(GriddedSource):
    """Reader of LAISFO: pictures of about 3000 x 3000 at 0.09 to 0.12 m.

    Expects one folder per city with `<city><n>_image.png` and `<city><n>_labels.png`. Windows of 1024 pixels
    are halved, because a house would often fill a tile otherwise. A group is a picture; those of a city
    adjoin. Eight pictures of Chicago with faulty labels are left out.
    """

    side = 1024
    mask_quality = "noisy"

    def __init__(self, root: Path) -> None:
        super().__init__(root, LAISFO)

    @staticmethod
    def fits(root: Path) -> bool:
        """True where a city's folder with a picture and labels is there."""
        return any(
            any(city.glob("*_image.png")) and any(city.glob("*_labels.png"))
            for city in (*subfolders(root), root)
            if city.name.casefold() in _CITIES
        )

    def find(self) -> Found:
        """Find the pictures of all cities; the folder of one city will do."""
        found = Found([])
        cities = subfolders(self.root)
        if self.root.name.casefold() in _CITIES:
            cities = [self.root]
        if not cities:
            raise LayoutError(
                f"'{self.root}' holds no folders; expected one per city, such as '{self.root / 'berlin'}' with "
                "berlin1_image.png and berlin1_labels.png"
            )
        for city in cities:
            self._add(found, city)
        require_pictures(found.count, self.root, "files such as berlin/berlin1_image.png")
        return found

    def _add(self, found: Found, city: Path) -> None:
        files = list_files(city, (".png",))
        labels = by_stem((f for f in files if f.stem.casefold().endswith("_labels")), without="_labels")
        region, gsd_m = _CITIES.get(city.name.casefold(), ("unknown", None))
        for picture in files:
            match = _NAME.fullmatch(picture.stem)
            if match is None:
                continue
            number = int(match[2] or 0)
            stem = picture.stem[: -len("_image")]
            if number in _FAULTY.get(match[1].casefold(), ()):
                found.notes.append(f"'{picture}' is left out: its labels are known to be faulty")
            elif stem.casefold() not in labels:
                found.failures.append(without_labels(picture))
            else:
                found.pictures.append(
                    RawPicture(
                        key=f"{city.name}/{stem}",
                        picture=picture,
                        labels=labels[stem.casefold()],
                        group=f"{self.info.name}/{city.name}/{stem}",
                        origin=self.info.name,
                        licence=self.info.licence,
                        region=region,
                        gsd_m=gsd_m,
                    )
                )

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode colours, each channel rounded to 0 or 255 because edges are smoothed."""
        del pixels
        path = self.label_file(ref)
        colours = self.rasters.colours(path, ref.window)
        rounded = np.where(colours >= _HALF, np.uint8(255), np.uint8(0))
        return Labelled.of(_TABLE.decode(rounded, path))
