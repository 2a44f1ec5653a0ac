"""What kind of file a path leads to, told by its first bytes and never by its name."""

import stat
from pathlib import Path
from typing import Literal

from geotamper.errors import InputError
from geotamper.imagery.png_structure import SIGNATURE

Format = Literal["tiff", "vrt", "png", "jpeg", "webp"]

EXPECTED = "expected a PNG, JPEG, WebP, TIFF, GeoTIFF or VRT picture"
"""What messages say about files that are none of these."""

START_BYTES = 1024
"""How much of a file `recognise` wants to see; a VRT may begin with a declaration and a comment."""

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OTHER_FORMATS = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 codestream"),
    (b"\x89HDF", "an HDF5 or NetCDF file"),
    (b"CDF", "a NetCDF file"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"NITF", "a NITF file"),
    (b"PK\x03\x04", "a ZIP archive"),
)


def check_is_file(path: Path) -> None:
    """Refuse what is no regular file.

    Raises:
        InputError: With the reason.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"'{path}' does not exist; {EXPECTED}: check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"'{path}' cannot be looked up ({reason}); {EXPECTED}: check the path") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"'{path}' is a folder; {EXPECTED}: name a file in it")
    if not stat.S_ISREG(mode):  # reading a pipe or device could wait for ever
        raise InputError(f"'{path}' is not a regular file; {EXPECTED}: save it as a file first")


def recognise(path: Path, start: bytes) -> Format:
    """The format of a file that begins with these bytes.

    Args:
        path: Named in messages.
        start: The first `START_BYTES` bytes, fewer where the file is shorter.

    Raises:
        InputError: None of the formats that are read.
    """
    if start.startswith(_TIFF_STARTS):
        return "tiff"
    if start.startswith(SIGNATURE):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "webp"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and b"<VRTDataset" in start:
        return "vrt"
    if not start:
        raise InputError(f"'{path}' is empty (0 bytes); {EXPECTED}: fetch or export it again")
    for magic, what in _OTHER_FORMATS:
        if start.startswith(magic):
            raise InputError(f"'{path}' is {what}; {EXPECTED}: convert it to PNG or TIFF")
    raise InputError(
        f"'{path}' is no picture of a known format, whatever its suffix says; {EXPECTED}: "
        "check what the file holds"
    )
