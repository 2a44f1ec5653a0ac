"""What is asked of a picture before it may wait: its size by its header, without decoding it."""

import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from geotamper.imagery.conversion import DECODER_ERRORS, quiet
from geotamper.imagery.png_structure import SIGNATURE, read_png_header
from geotamper.imagery.webp_structure import read_webp_size
from geotamper.serving.refusals import ServiceError, unprocessable

Size = tuple[int, int]

_WIDTH, _HEIGHT = 256, 257
_VIRTUAL = b"<VRTDataset"


def check_picture(path: Path, name: str, *, max_pixels: int, is_upload: bool) -> None:
    """Refuse a picture whose header claims too many pixels, or an upload that names other files.

    A file that is no picture at all passes: its inspection fails with the reader's reason.

    Args:
        path: The file.
        name: What the client calls it.
        max_pixels: Largest product of width and height.
        is_upload: Whether it came from a client.

    Raises:
        ServiceError: It is refused.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
            size = _size(start, stream)
    except OSError as error:
        raise unprocessable("unreadable", f"'{name}' cannot be read ({error.strerror or error})") from error
    if is_upload and _VIRTUAL in start:  # it would make the service open whatever files it names
        raise unprocessable(
            "virtual-raster", f"'{name}' is a virtual raster, which names other files; send the picture"
        )
    if size is not None and size[0] * size[1] > max_pixels:
        raise ServiceError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too-many-pixels",
            f"'{name}' is {size[0]} x {size[1]} pixels ({size[0] * size[1] / 1e6:.1f} million); this service takes at "
            f"most {max_pixels / 1e6:.1f} million: cut it into parts",
        )


def _size(start: bytes, stream: BinaryIO) -> Size | None:
    """Width and height in pixels; None where the header is damaged or of no known format."""
    for magic, read in _READERS.items():
        if start.startswith(magic):
            with contextlib.suppress(*DECODER_ERRORS), quiet():
                stream.seek(0)
                return read(stream)
    return None


def _png(stream: BinaryIO) -> Size:
    header = read_png_header(stream)
    return header.width, header.height


def _jpeg(stream: BinaryIO) -> Size:
    return JpegImageFile(stream).size


def _tiff(stream: BinaryIO) -> Size | None:
    head = stream.read(8)
    if 43 in head[2:4]:  # BigTIFF
        head += stream.read(8)
    directory = ImageFileDirectory_v2(head)
    stream.seek(directory.next)
    directory.load(stream)
    width, height = directory.get(_WIDTH), directory.get(_HEIGHT)
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


_READERS: Mapping[bytes, Callable[[BinaryIO], Size | None]] = {
    SIGNATURE: _png,
    b"\xff\xd8\xff": _jpeg,
    b"RIFF": read_webp_size,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"II+\0": _tiff,
    b"MM\0+": _tiff,
}
