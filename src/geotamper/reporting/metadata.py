"""What the inspected file says about its origin: camera, software, dates."""

import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rasterio
from PIL import ExifTags, Image
from rasterio.errors import NotGeoreferencedWarning

from geotamper.imagery.georeference import GDAL_ERRORS
from geotamper.imagery.pixel_source import PixelSource

LONGEST_VALUE = 200
"""Characters of a value; the rest is cut."""

EDITORS = (
    "ACDSee", "Affinity", "Canva", "Capture One", "Corel", "darktable", "Facetune", "GIMP", "ImageMagick",
    "IrfanView", "Krita", "Lightroom", "Luminar", "Paint.NET", "PaintShop", "paint.net", "PhotoScape", "Photoshop",
    "PicsArt", "Pixelmator", "Pixlr", "RawTherapee", "Snapseed", "Topaz", "XnView",
)  # fmt: skip
"""Programs that change pixels by hand, as they name themselves; not those that make orthophotos."""

_EXIF = {
    "Make": "Camera maker",
    "Model": "Camera",
    "LensModel": "Lens",
    "Software": "Software",
    "HostComputer": "Computer",
    "DateTimeOriginal": "Taken",
    "DateTimeDigitized": "Digitised",
    "DateTime": "File changed",
    "Artist": "Author",
    "Copyright": "Copyright",
    "ImageDescription": "Description",
}
_TEXT = {
    "Software": "Software",
    "Creation Time": "Created",
    "Author": "Author",
    "Copyright": "Copyright",
    "Description": "Description",
    "Comment": "Comment",
    "comment": "Comment",
}
_TIFF = {
    "TIFFTAG_SOFTWARE": "Software",
    "TIFFTAG_HOSTCOMPUTER": "Computer",
    "TIFFTAG_DATETIME": "File changed",
    "TIFFTAG_ARTIST": "Author",
    "TIFFTAG_COPYRIGHT": "Copyright",
    "TIFFTAG_IMAGEDESCRIPTION": "Description",
    "TIFFTAG_DOCUMENTNAME": "Document",
}
_XMP_TOOL = re.compile(rb"CreatorTool(?:>|=\")([^<\"]{1,200})")
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class FileMetadata:
    """What a file tells about itself; anyone can change it, so it hints and proves nothing.

    Attributes:
        bytes: Size of the file.
        entries: Label and value, in the order of reading.
        editor: The image editor that the software entries name, or None.
    """

    bytes: int
    entries: Mapping[str, str]
    editor: str | None


def read_metadata(source: PixelSource) -> FileMetadata | None:
    """Read the metadata of the file behind a picture.

    Args:
        source: The picture.

    Returns:
        None where there is no file, it is gone, or its content is no longer what was inspected.
    """
    if source.path is None:
        return None
    path = Path(source.path)
    try:
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != source.sha256:
                return None
            size = stream.tell()
            stream.seek(0)
            is_tiff = stream.read(4) in _TIFF_STARTS
    except (OSError, ValueError):  # ValueError: a path with a null character
        return None
    entries = _of_tiff(path) if is_tiff else _of_picture(path)
    return FileMetadata(size, entries, named_editor(entries))


def named_editor(entries: Mapping[str, str]) -> str | None:
    """The image editor that software or comments name; None where none is named."""
    words = " ".join(entries.get(label, "") for label in ("Software", "Created with", "Comment"))
    return next((name for name in EDITORS if name.casefold() in words.casefold()), None)


def _of_tiff(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as file:
                tags = file.tags()
                compression = file.compression
        except GDAL_ERRORS:
            return found
    _collect(found, _TIFF, tags)
    found["Compression"] = compression.value if compression is not None else "none"
    return found


def _of_picture(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    with _forgiving(), Image.open(path) as image:
        exif = image.getexif()
        for tags in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
            _collect(found, _EXIF, {ExifTags.TAGS.get(key, ""): value for key, value in tags.items()})
        _collect(found, _TEXT, {str(key): value for key, value in image.info.items()})
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
        tool = _XMP_TOOL.search(xmp if isinstance(xmp, bytes) else str(xmp).encode())
        if tool:
            found.setdefault("Created with", _clean(tool[1]))
        if exif.get_ifd(ExifTags.IFD.GPSInfo):
            found["Position"] = "recorded by the camera (EXIF GPS)"
    return found


@contextmanager
def _forgiving() -> Iterator[None]:
    """Metadata is read as far as it can be read; the pixels were read before and are not touched here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (OSError, ValueError, SyntaxError, KeyError, TypeError, Image.DecompressionBombError):
            return


def _collect(found: dict[str, str], labels: Mapping[str, str], values: Mapping[str, object]) -> None:
    for key, label in labels.items():
        value = _clean(values.get(key, ""))
        if value:
            found.setdefault(label, value)


def _clean(value: object) -> str:
    words = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    return plain if len(plain) <= LONGEST_VALUE else plain[:LONGEST_VALUE] + "…"
