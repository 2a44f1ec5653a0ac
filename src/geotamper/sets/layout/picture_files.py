"""The pictures and masks of a set: bytes by picture and role, wherever they are kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from geotamper.atomic import write_bytes
from geotamper.errors import InputError, SpecificationError
from geotamper.imagery.picture import Pixels
from geotamper.sets.layout.names import ROLES, Role, picture_path
from geotamper.sets.layout.png import BoolMask, Grey, encode_png


class PictureStore(Protocol):
    """Where the files of pictures are kept."""

    def read(self, picture: int, role: Role) -> bytes:
        """The file.

        Raises:
            InputError: There is none, or it cannot be read.
        """
        ...

    def has(self, picture: int, role: Role) -> bool:
        """Whether there is such a file."""
        ...

    def name(self, picture: int, role: Role) -> str:
        """How messages name the file."""
        ...

    def pictures(self, role: Role) -> Iterator[int]:
        """Ids of all pictures that have this file, rising."""
        ...

    def strangers(self) -> Iterator[str]:
        """Files in the folders of pictures that are named like none."""
        ...


@dataclass(frozen=True)
class LooseFiles:
    """Pictures as single PNG files in one folder per role.

    Attributes:
        root: The folder of the set.
    """

    root: Path

    def read(self, picture: int, role: Role) -> bytes:
        """As `PictureStore.read`."""
        path = picture_path(self.root, picture, role)
        try:
            return path.read_bytes()
        except OSError as error:
            raise InputError(
                f"'{path}' cannot be read ({error.strerror or error}); expected the {role} of picture {picture}"
            ) from error

    def has(self, picture: int, role: Role) -> bool:
        """As `PictureStore.has`."""
        return picture_path(self.root, picture, role).is_file()

    def name(self, picture: int, role: Role) -> str:
        """As `PictureStore.name`."""
        return str(picture_path(self.root, picture, role))

    def pictures(self, role: Role) -> Iterator[int]:
        """As `PictureStore.pictures`."""
        yield from sorted(int(path.stem) for path in self._files(role) if _is_numbered(path))

    def strangers(self) -> Iterator[str]:
        """As `PictureStore.strangers`."""
        for role in ROLES:
            yield from sorted(str(path) for path in self._files(role) if not _is_numbered(path))

    def _files(self, role: Role) -> Iterator[Path]:
        folder = self.root / role
        if folder.is_dir():
            yield from folder.iterdir()


def _is_numbered(path: Path) -> bool:
    stem = path.stem
    return path.suffix == ".png" and stem.isascii() and stem.isdigit() and str(int(stem)) == stem


@dataclass(frozen=True, kw_only=True)
class PictureArrays:
    """Everything of one picture that is written, in one frame.

    Attributes:
        image: (H, W, 3) uint8 RGB, as it is shown.
        original: (H, W, 3) uint8 RGB, before the forgery.
        source: (H, W) bool, empty for an untouched picture.
        target: (H, W) bool, equal to `source` for a blur.
        background: (H, W) bool, see `background_of`.
        segmentation: (H, W) uint8 grey levels, see `encode_segmentation`; None to write none.
    """

    image: Pixels
    original: Pixels
    source: BoolMask
    target: BoolMask
    background: BoolMask
    segmentation: Grey | None = None

    def encoded(self) -> dict[Role, bytes]:
        """Every file of the picture as PNG.

        Raises:
            SpecificationError: The arrays differ in frame.
        """
        arrays: dict[Role, Pixels | Grey | BoolMask] = {
            "image": self.image,
            "source": self.source,
            "target": self.target,
            "background": self.background,
            "original": self.original,
        }
        if self.segmentation is not None:
            arrays["segmentation"] = self.segmentation
        frames = {array.shape[:2] for array in arrays.values()}
        if len(frames) != 1:
            raise SpecificationError(
                f"a picture, its masks and its original share one frame, got {sorted(frames)}"
            )
        return {role: encode_png(array) for role, array in arrays.items()}


def background_of(objects: BoolMask, source: BoolMask, target: BoolMask) -> BoolMask:
    """Every pixel of an annotated object that belongs neither to the source nor to the target."""
    rest: BoolMask = objects & ~np.logical_or(source, target)
    return rest


def write_picture(root: Path, picture: int, arrays: PictureArrays) -> None:
    """Write all files of one picture, each whole or not at all.

    Raises:
        SpecificationError: The arrays differ in frame.
        OutputError: A file cannot be written.
    """
    for role, content in arrays.encoded().items():
        write_bytes(picture_path(root, picture, role), content)
