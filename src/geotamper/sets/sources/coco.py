"""The generic reader of COCO annotations: polygons and run-length masks."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.imagery.discovery import natural_key
from geotamper.sets.sources.class_table import ClassTable, find_table
from geotamper.sets.sources.coco_annotation import CocoFile, CocoObject, load_coco
from geotamper.sets.sources.decoding import IGNORE
from geotamper.sets.sources.errors import LayoutError, TileError
from geotamper.sets.sources.folders import list_files, require_root, subfolders
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.masks import PICTURE_SUFFIXES
from geotamper.sets.sources.outlines import fill_outline
from geotamper.sets.sources.protocol import RawPicture, TileRef, Window, own_folder
from geotamper.sets.sources.runlength import decode_runs
from geotamper.sets.sources.tiling import flexible_windows

COCO = own_folder("coco", "Pictures with COCO annotations")

_COCO_KEYS = re.compile(r'"(images|annotations|categories|licenses)"\s*:')
_HEAD = 4096


class CocoSource(GriddedSource):
    """Reader of a folder with pictures and COCO JSON files.

    JSON files are looked for in the root, in `annotations/` and in the folders of the root; pictures by their
    `file_name` anywhere below the root. Categories are matched by name ("small_vehicle" is a car); a
    `classes.yaml` beside the JSON, or the table given, replaces the names known. Crowd regions are ignored
    pixels. Where objects overlap, the smaller one is on top. A group is a picture.

    Args:
        root: The folder.
        class_table: A YAML file to use instead of `classes.yaml`.
    """

    def __init__(self, root: Path, class_table: Path | None = None) -> None:
        super().__init__(root, COCO)
        self._given_table = class_table
        self._files: dict[Path, CocoFile] = {}
        self._names: dict[Path, dict[Path, str]] = {}
        self._table: ClassTable | None = None

    def __getstate__(self) -> dict[str, Any]:
        """All but the annotations, which may be many: another process reads them again."""
        return self.__dict__ | {"_files": {}, "_names": {}}

    @staticmethod
    def fits(root: Path) -> bool:
        """True where a JSON file begins like COCO annotations."""
        return bool(_json_files(root))

    def find(self) -> Found:
        """Find the annotated pictures."""
        files = _json_files(self.root)
        if not files:
            raise LayoutError(
                f"'{self.root}' has no COCO JSON file in it, in '{self.root / 'annotations'}' or in its folders; "
                "expected one with the keys images, annotations and categories"
            )
        found, taken = Found([]), set[Path]()
        if (record := self._classes().record) is not None:
            found.tables["."] = record
        for file, name, picture in self._matches(files):
            if picture is None:
                missing = self.root / name
                found.failures.append(
                    TileError(
                        f"'{missing}' of '{file}' is missing, or several files below '{self.root}' have its name; "
                        "expected exactly one",
                        missing,
                    )
                )
            elif picture in taken:
                found.notes.append(f"'{picture}' is annotated in several files; '{file}' is not used for it")
            else:
                taken.add(picture)
                found.pictures.append(self._raw(picture, file, name))
        return found

    def _matches(self, files: Iterable[Path]) -> Iterator[tuple[Path, str, Path | None]]:
        """Each JSON file, a `file_name` in it, and the picture that it stands for."""
        pictures: dict[str, list[Path]] = {}
        for path in sorted(self.root.rglob("*"), key=natural_key):
            if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
                pictures.setdefault(path.name.casefold(), []).append(path)
        for file in files:
            for name in self._loaded(file).objects:
                yield file, name, _choose(pictures.get(Path(name).name.casefold(), []), name)

    def _raw(self, picture: Path, file: Path, name: str) -> RawPicture:
        relative = picture.relative_to(self.root).with_suffix("").as_posix()
        origin = self.root.resolve().name
        return RawPicture(
            key=relative,
            picture=picture,
            labels=file,
            group=f"{origin}/{relative}",
            origin=origin,
            licence=self._loaded(file).licences.get(name) or self.info.licence,
        )

    def label_rasters(self, raw: RawPicture) -> tuple[Path, ...]:
        """None: annotations are no raster."""
        del raw
        return ()

    def windows(self, raw: RawPicture, width: int, height: int) -> list[Window]:
        """A grid at the picture's own resolution, or one window of a small picture.

        Raises:
            TileError: The annotations are for a picture of another size.
        """
        file = raw.labels
        name = None if file is None else self._name(file, raw.picture)
        given = None if file is None or name is None else self._loaded(file).sizes.get(name)
        if given is not None and given != (width, height):
            raise TileError(
                f"'{raw.picture}' is {width} x {height} pixels and '{file}' was made for {given[0]} x {given[1]}; "
                "expected equal sizes",
                raw.picture,
            )
        return flexible_windows(width, height)

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Draw the objects of the picture that reach into the window, the largest first."""
        del pixels
        path = self.label_file(ref)
        shape = (ref.window.side, ref.window.side)
        labels, ignore = np.zeros(shape, np.uint8), np.zeros(shape, np.bool_)
        instances = np.zeros(shape, np.int32)
        names: dict[int, str] = {}
        for number, thing in enumerate(self._objects(ref), 1):
            try:
                inside = _draw(thing, ref)
            except (ValueError, TypeError, KeyError) as error:
                raise TileError(
                    f"'{path}' has a segmentation that cannot be read in annotation {thing.id} ({error}); "
                    "expected polygons or run lengths of the picture's size",
                    path,
                ) from error
            label = self._label(thing.category)
            if thing.is_crowd or label == IGNORE:
                ignore |= inside
                continue
            labels[inside], instances[inside] = label, number
            names[number] = thing.category
        return Labelled(labels, ignore, np.where(ignore, 0, instances), names)

    def _objects(self, ref: TileRef) -> list[CocoObject]:
        file = self.label_file(ref)
        name = self._name(file, ref.raw.picture)
        things = self._loaded(file).objects[name] if name is not None else []
        return sorted(things, key=lambda thing: (-thing.area, thing.id))

    def _name(self, file: Path, picture: Path) -> str | None:
        """The `file_name` that a picture has in a file, or None."""
        if file not in self._names:
            self._names[file] = {found: name for _, name, found in self._matches([file]) if found is not None}
        return self._names[file].get(picture)

    def _label(self, category: str) -> int:
        return self._classes().label_of(category)

    def _classes(self) -> ClassTable:
        if self._table is None:
            self._table = find_table(self._given_table, self.root, self.root / "annotations")
        return self._table

    def _loaded(self, file: Path) -> CocoFile:
        if file not in self._files:
            self._files[file] = load_coco(file)
        return self._files[file]


def _draw(thing: CocoObject, ref: TileRef) -> npt.NDArray[np.bool_]:
    window = ref.window
    if isinstance(thing.segmentation, dict):
        whole = decode_runs(thing.segmentation)
        part = whole[window.y : window.y + window.side, window.x : window.x + window.side]
        if part.shape != (window.side, window.side):
            raise ValueError(f"a mask of {whole.shape[1]} x {whole.shape[0]} pixels")
        return part
    rings = [np.asarray(ring, dtype=np.float64).reshape(-1, 2) for ring in thing.segmentation]
    return fill_outline(rings, window)


def _choose(candidates: Iterable[Path], name: str) -> Path | None:
    """The file that a `file_name` stands for: the one whose path ends like it, if there is exactly one."""
    found = list(candidates)
    ending = Path(name).as_posix().casefold()
    exact = [path for path in found if path.as_posix().casefold().endswith(f"/{ending}")]
    fitting = exact or found
    return fitting[0] if len(fitting) == 1 else None


def _json_files(root: Path) -> list[Path]:
    require_root(root)
    return [
        path
        for folder in (root, *subfolders(root))
        for path in list_files(folder, (".json",))
        if _COCO_KEYS.search(_head(path))
    ]


def _head(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return lines.read(_HEAD)
    except OSError:
        return ""
