"""Any 8-bit PIL image as RGB pixels, with notes on what that took."""

import contextlib
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
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

ALPHA_NOTE = (
    "the alpha band was dropped: transparent pixels count as empty and are read with the colours under them"
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the decoders' Python warnings from the user: what matters in them becomes a note or an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True, eq=False)
class Converted:
    """A picture as RGB.

    Attributes:
        pixels: (H, W, 3) uint8.
        valid: (H, W) bool, false where it is fully transparent; None for none of it.
        notes: What the conversion dropped or assumed.
    """

    pixels: Pixels
    valid: npt.NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()


def pil_to_rgb(image: Image.Image, name: str) -> Converted:
    """Decode and convert to RGB without blending, scaling or turning anything.

    Args:
        image: A PIL image, loaded or not.
        name: How messages name it.

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


def _convert(image: Image.Image, name: str) -> Converted:
    mode = image.mode
    if mode == "RGB":
        return _with_transparent_value(np.array(image), image)
    if mode in {"RGBA", "RGBX"}:
        samples = np.asarray(image)
        alpha = samples[..., 3] if mode == "RGBA" else None
        return _with_alpha(samples[..., :3].copy(), alpha, ALPHA_NOTE)
    if mode in {"L", "LA", "1"}:
        return _repeat_grey(image)
    if mode == "P":
        return _expand_palette(image)
    if mode == "CMYK":
        note = "CMYK was converted to RGB by the plain formula; its colour profile was not applied"
        return Converted(np.array(image.convert("RGB")), notes=(note,))
    raise InputError(
        f"{name} has the mode '{mode}'; expected 8-bit RGB, RGBA, grey, palette or CMYK: "
        "scale it to 0 to 255 and convert it to RGB"
    )


def _repeat_grey(image: Image.Image) -> Converted:
    samples = np.atleast_3d(np.asarray(image))
    pixels: Pixels = np.repeat(samples[..., :1].astype(np.uint8), 3, axis=2)
    if image.mode == "1":
        return Converted(pixels * np.uint8(255))
    if image.mode == "L":
        return _with_transparent_value(pixels, image)
    return _with_alpha(pixels, samples[..., 1], ALPHA_NOTE)


def _with_alpha(pixels: Pixels, alpha: Pixels | None, note: str) -> Converted:
    if alpha is None:
        return Converted(pixels)
    return Converted(pixels, None if alpha.all() else alpha > 0, (note,))


def _with_transparent_value(pixels: Pixels, image: Image.Image) -> Converted:
    value = image.info.get("transparency")
    if not isinstance(value, int | tuple):
        return Converted(pixels)
    differs = (pixels != np.array(value)).any(axis=-1)
    note = "a transparent colour is declared; its pixels count as empty and are read like any others"
    return Converted(pixels, None if differs.all() else differs, (note,))


def _expand_palette(image: Image.Image) -> Converted:
    # Image.convert would warn about transparency in the palette, and blends nothing either.
    table = np.zeros((256, 3), np.uint8)
    colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    table[: len(colours)] = colours
    indexes = np.asarray(image)
    transparency = image.info.get("transparency")
    if transparency is None:
        return Converted(table[indexes])
    alpha = np.full(256, 255, np.uint8)
    if isinstance(transparency, bytes):
        alpha[: len(transparency)] = np.frombuffer(transparency[:256], np.uint8)
    elif isinstance(transparency, int) and 0 <= transparency < 256:
        alpha[transparency] = 0
    note = "transparent palette entries count as empty and are read with their colours"
    return _with_alpha(table[indexes], alpha[indexes], note)
