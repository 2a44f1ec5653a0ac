"""Any 8-bit PIL image as RGB pixels, with notes on what that took."""

import contextlib
import struct
import warnings
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels

# What Pillow's parsers raise on damaged files. They have no exception of their own: a wrong length or tag
# ends in whatever the parsing code stumbles over.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

ALPHA_NOTE = "the alpha band was dropped; transparent pixels are read with the colours stored under them"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the decoders' Python warnings from the user: what matters in them becomes a note or an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pil_to_rgb(image: Image.Image, name: str) -> tuple[Pixels, tuple[str, ...]]:
    """Decode and convert to RGB without blending, scaling or turning anything.

    Args:
        image: A PIL image, loaded or not.
        name: How messages name it.

    Returns:
        (H, W, 3) uint8 RGB, and notes.

    Raises:
        InputError: Not an image, damaged, or of a mode that is not 8-bit grey, RGB, palette or CMYK.
    """
    if not isinstance(image, Image.Image):
        raise InputError(f"{name} is a {type(image).__name__}; expected a PIL.Image.Image")
    try:
        with quiet():
            image.load()
            return _convert(image, name)
    except DECODER_ERRORS as error:
        raise damaged(name, error) from error


def damaged(name: str, error: BaseException) -> InputError:
    """The error for a file that starts like a picture and cannot be decoded."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(
        f"{name} cannot be decoded ({reason[:200]}); expected a complete, undamaged file: "
        "fetch or export it again"
    )


def _convert(image: Image.Image, name: str) -> tuple[Pixels, tuple[str, ...]]:
    mode = image.mode
    if mode == "RGB":
        notes = ("a transparent colour is declared and ignored",) if "transparency" in image.info else ()
        return np.array(image), notes
    if mode in {"RGBA", "RGBX"}:
        return np.asarray(image)[..., :3].copy(), (ALPHA_NOTE,) if mode == "RGBA" else ()
    if mode in {"L", "LA"}:
        grey = np.atleast_3d(np.asarray(image))[..., :1]
        return np.repeat(grey, 3, axis=2), (ALPHA_NOTE,) if mode == "LA" else ()
    if mode == "1":
        grey = np.asarray(image).astype(np.uint8) * np.uint8(255)
        return np.repeat(grey[..., np.newaxis], 3, axis=2), ()
    if mode == "P":
        return _expand_palette(image)
    if mode == "CMYK":
        note = "CMYK was converted to RGB by the plain formula; its colour profile was not applied"
        return np.array(image.convert("RGB")), (note,)
    raise InputError(
        f"{name} has the mode '{mode}'; expected 8-bit RGB, RGBA, grey, palette or CMYK: "
        "scale it to 0 to 255 and convert it to RGB"
    )


def _expand_palette(image: Image.Image) -> tuple[Pixels, tuple[str, ...]]:
    # Image.convert would warn about transparency in the palette, and blends nothing either.
    table = np.zeros((256, 3), np.uint8)
    colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    table[: len(colours)] = colours
    notes = (
        ("transparent palette entries are read with their colours",) if "transparency" in image.info else ()
    )
    return table[np.asarray(image)], notes
