"""The generic reader of pictures with masks of class ids, and instances where there are any."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.class_table import ClassTable, find_table
from geotamper.sets.sources.decoding import Decoded, decode_numbers
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.folders import (
    by_stem,
    find_folder,
    list_files,
    pair_by_stem,
    require_folder,
    require_pictures,
    subfolders,
)
from geotamper.sets.sources.gridded import Found, GriddedSource, Labelled
from geotamper.sets.sources.manifest import ManifestEntry, find_manifest
from geotamper.sets.sources.protocol import RawPicture, TileRef, Window, own_folder
from geotamper.sets.sources.tiling import flexible_windows

MASKS = own_folder("masks", "Pictures with masks of class ids")

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
"""Suffixes, in lower case, of pictures in generic folders."""

_MASK_SUFFIXES = (".png", ".tif", ".tiff", ".bmp")
_UNLISTED = "a class table can give it a meaning, or name what all unlisted values are under 'others'"


class MasksSource(GriddedSource):
    """Reader of folders with `images/`, `masks/` and perhaps `instances/`, of equal file stems.

    The root is one such folder, or a folder of them. Masks hold the ids of `labels.LABEL_IDS`; a table of
    other numbers or colours stands in `classes.yaml`. Instances are single-band files of 8 or 16 bits with an
    id per object, 0 for none. Groups, folds and licences come from a `manifest.csv` in the root or up to two
    folders above; without one, each picture is a group of its own.

    Pictures below 512 pixels are enlarged, by 2 at most; larger ones are cut at their own resolution.

    Args:
        root: The folder.
        class_table: A YAML file to use instead of `classes.yaml`.
    """

    def __init__(self, root: Path, class_table: Path | None = None) -> None:
        super().__init__(root, MASKS)
        self._given_table = class_table
        self._tables: dict[Path, ClassTable] = {}

    @staticmethod
    def fits(root: Path) -> bool:
        """True where `images/` and `masks/` are in the root or in a folder of it."""
        return any(_is_pair(folder) for folder in (root, *subfolders(root)))

    def find(self) -> Found:
        """Find the pictures with masks."""
        found = Found([])
        folders, halves = self._folders()
        if not folders:
            parent = halves[0] if halves else self.root
            require_folder(parent, "images", holding="pictures, beside a folder masks with their masks")
            require_folder(parent, "masks", holding="the masks, named as the pictures")
        for half in halves:
            missing = "masks" if find_folder(half, "images") else "images"
            found.notes.append(f"'{half}' is left out: the folder '{half / missing}' is missing")
        manifest = find_manifest(self.root)
        for folder in folders:
            self._add(found, folder, manifest)
        require_pictures(found.count, self.root, "pictures in images and masks in masks")
        listed = sum(raw.picture.resolve() in manifest for raw in found.pictures)
        if 0 < listed < len(found.pictures):
            found.notes.append(
                f"the manifest does not list {len(found.pictures) - listed} of {len(found.pictures)} pictures: "
                "each of them is a group of its own"
            )
        return found

    def _folders(self) -> tuple[list[Path], list[Path]]:
        """Folders to read, and those with pictures or masks alone."""
        if find_folder(self.root, "images", "masks"):
            return [self.root], []
        folders = [folder for folder in subfolders(self.root) if find_folder(folder, "images", "masks")]
        return [f for f in folders if _is_pair(f)], [f for f in folders if not _is_pair(f)]

    def _add(self, found: Found, folder: Path, manifest: Mapping[Path, ManifestEntry]) -> None:
        images = require_folder(folder, "images", holding="the pictures")
        masks = require_folder(folder, "masks", holding="the masks, named as the pictures")
        instance_folder = find_folder(folder, "instances")
        instances = by_stem(list_files(instance_folder, _MASK_SUFFIXES)) if instance_folder else {}
        record = self._table(folder).record  # a wrong table is the folder's error, not that of every tile
        if record is not None:
            found.tables[folder.relative_to(self.root).as_posix()] = record
        pairs, failures = pair_by_stem(
            list_files(images, PICTURE_SUFFIXES), list_files(masks, _MASK_SUFFIXES)
        )
        found.failures.extend(failures)
        for picture, mask in pairs:
            entry = manifest.get(picture.resolve(), ManifestEntry())
            raw = self._raw(folder, picture, mask, entry)
            found.pictures.append(replace(raw, instances=instances.get(picture.stem.casefold())))

    def _raw(self, folder: Path, picture: Path, mask: Path, entry: ManifestEntry) -> RawPicture:
        key = f"{folder.resolve().name}/{picture.stem}"
        return RawPicture(
            key=key,
            picture=picture,
            labels=mask,
            group=entry.group or key,
            origin=entry.source or folder.resolve().name,
            licence=entry.licence or self.info.licence,
            restricted=entry.restricted,
            split=entry.fold,
            fold=entry.fold,
            gsd_m=entry.gsd_m,
        )

    def windows(self, raw: RawPicture, width: int, height: int) -> list[Window]:
        """A grid at the picture's own resolution, or one window of a small picture."""
        del raw
        return flexible_windows(width, height)

    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode numbers or colours by the folder's table, and take instances as they are."""
        del pixels
        decoded = self._decode(self.label_file(ref), ref.window)
        path = ref.raw.instances
        if path is None:
            return Labelled.of(decoded)
        instances = self.rasters.ids(path, ref.window)
        if (instances < 0).any():
            raise TileError(f"'{path}' holds negative numbers; expected ids from 1, and 0 for none", path)
        return Labelled(decoded.labels, decoded.ignore, instances, notes=decoded.notes)

    def _decode(self, mask: Path, window: Window) -> Decoded:
        table = self._table(mask.parent.parent)
        if table.colours is not None:
            return table.colours.decode(self.rasters.colours(mask, window), mask)
        values = self.rasters.ids(mask, window)
        numbers = dict(table.numbers)
        if table.others is not None:
            numbers = dict.fromkeys(np.unique(values).tolist(), table.others) | numbers
        return decode_numbers(values, numbers, mask, _UNLISTED)

    def _table(self, folder: Path) -> ClassTable:
        if folder not in self._tables:
            self._tables[folder] = find_table(self._given_table, folder, self.root)
        return self._tables[folder]


def _is_pair(folder: Path) -> bool:
    return find_folder(folder, "images") is not None and find_folder(folder, "masks") is not None
