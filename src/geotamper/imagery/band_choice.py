"""Which bands of a raster file become grey or red, green, blue, and which tell where the picture holds nothing."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader

from geotamper.errors import InputError
from geotamper.imagery.conversion import ALPHA_NOTE
from geotamper.imagery.picture import Pixels

_NAMED_RGB = ("red", "green", "blue")
_SAMPLE_KINDS = "uif"
# GDAL converts these to RGB itself; SOURCE_COLOR_SPACE is absent where samples are grey, RGB or palette.
_CONVERTED_SPACES: dict[str, tuple[str, ...]] = {
    "YCbCr": (),
    "CMYK": ("CMYK was converted to RGB by the plain formula; its colour profile was not applied",),
}
_INKS = {"cyan", "magenta", "yellow", "black"}


@dataclass(frozen=True, eq=False)
class BandChoice:
    """What to read of a file, and how to understand it.

    Attributes:
        colour: Bands that become grey (one) or red, green, blue (three), the first being 1.
        alpha: Band of which 0 means empty, or None.
        has_mask: Whether a mask is stored beside the bands.
        nodata: Value that means empty where all chosen bands have it, for each of them; None where there is none.
        dtype: Of the chosen bands.
        table: (256, 3) or (65536, 3) uint8 colours of a palette or of fewer than 8 bits; None where samples are
            taken as they are.
        is_inverted: Whether 0 means white in samples that no table covers.
        notes: What was assumed or dropped.
    """

    colour: tuple[int, ...]
    alpha: int | None
    has_mask: bool
    nodata: tuple[float | None, ...]
    dtype: np.dtype[np.generic]
    table: Pixels | None
    is_inverted: bool
    notes: tuple[str, ...]


def choose_bands(source: DatasetReader, path: Path, bands: tuple[int, ...] | None) -> BandChoice:
    """Settle what is read of an open file.

    Args:
        source: The open file.
        path: How messages name it.
        bands: The caller's choice, or None.

    Raises:
        InputError: Several pages, bands that are not there, complex samples, or colours that cannot be converted.
    """
    _refuse_pages(source, path)
    notes = _colour_space_notes(source, path)
    roles = [role.name for role in source.colorinterp]
    colour, choice_notes = _colour_bands(source, path, bands)
    alpha = roles.index("alpha") + 1 if "alpha" in roles else None
    if alpha in colour:
        alpha = None
    if alpha is not None and not notes:
        notes += (ALPHA_NOTE,)
    dtype = _sample_type(source, path, colour)
    nodata = tuple(source.nodatavals[band - 1] for band in colour)
    flags = source.mask_flag_enums[colour[0] - 1]
    has_mask = MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags
    notes += choice_notes
    if any(value is not None for value in nodata):
        value = next(value for value in nodata if value is not None)
        notes += (f"pixels with the nodata value {value:g} count as empty",)
    if has_mask:
        notes += ("pixels that the stored validity mask excludes count as empty",)
    table = _table(source, colour, dtype)
    is_inverted = table is None and len(colour) == 1 and _is_white_zero(source)
    return BandChoice(colour, alpha, has_mask, nodata, dtype, table, is_inverted, notes)


def _refuse_pages(source: DatasetReader, path: Path) -> None:
    pages = len(source.subdatasets)
    if pages > 1:
        raise InputError(
            f"'{path}' (TIFF) has {pages} pages; expected one: save the page to inspect as a file, "
            f"with 'gdal_translate GTIFF_DIR:1:{path.name} OUT.tif' for instance"
        )
    if source.count < 1:
        raise InputError(
            f"'{path}' has no bands; expected a picture: write it again with the program it is from"
        )


def _colour_space_notes(source: DatasetReader, path: Path) -> tuple[str, ...]:
    space = source.tags(ns="IMAGE_STRUCTURE").get("SOURCE_COLOR_SPACE", "YCbCr")
    if space not in _CONVERTED_SPACES:
        raise InputError(
            f"'{path}' (TIFF) stores {space} colours; expected RGB, grey, palette or CMYK: convert it to RGB"
        )
    if {role.name for role in source.colorinterp} & _INKS:
        raise InputError(
            f"'{path}' stores CMYK colours in {source.dtypes[0]}; expected CMYK of 8 bits or RGB: convert it to RGB"
        )
    return _CONVERTED_SPACES[space]


def _colour_bands(
    source: DatasetReader, path: Path, bands: tuple[int, ...] | None
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    roles = [role.name for role in source.colorinterp]
    if bands is not None:
        if max(bands) > len(roles):
            raise InputError(
                f"band {max(bands)} of '{path}' was asked for, but it has {len(roles)} band(s) "
                f"({', '.join(roles[:8])}); expected numbers from 1 to {len(roles)}"
            )
        return bands, (f"the bands {', '.join(map(str, bands))} were read, as asked",)
    plain = [number for number, role in enumerate(roles, start=1) if role != "alpha"] or [1]
    if all(roles.count(name) == 1 for name in _NAMED_RGB):
        colour = tuple(roles.index(name) + 1 for name in _NAMED_RGB)
        return colour, _unused(plain, colour)
    if len(plain) < 3:
        colour = (plain[0],)
        return colour, _unused(plain, colour)
    colour = (plain[0], plain[1], plain[2])
    if len(plain) == 3:
        return colour, ("the bands carry no colour names; they were taken as red, green, blue",)
    named = ", ".join(map(str, colour))
    note = (
        f"the {len(plain)} bands carry no colour names; {named} were taken as red, green, blue and the others not "
        "used: choose others with --bands"
    )
    return colour, (note,)


def _unused(plain: list[int], colour: tuple[int, ...]) -> tuple[str, ...]:
    left = [str(band) for band in plain if band not in colour]
    if not left:
        return ()
    taken = "band 1 was read as grey" if len(colour) == 1 else "red, green and blue were read"
    return (f"{taken}; not used: band {', '.join(left)}; choose others with --bands",)


def _sample_type(source: DatasetReader, path: Path, colour: tuple[int, ...]) -> np.dtype[np.generic]:
    names = {source.dtypes[band - 1] for band in colour}
    try:
        dtype = np.result_type(*(np.dtype(name) for name in names))
    except TypeError:  # GDAL's complex integers have no NumPy type
        dtype = np.dtype(np.complex64)
    if dtype.kind not in _SAMPLE_KINDS:
        raise InputError(
            f"'{path}' has samples of {', '.join(sorted(names))}; expected real numbers: compute amplitudes or "
            "intensities first, with 'gdal_calc' for instance"
        )
    return np.dtype(dtype)


def _table(source: DatasetReader, colour: tuple[int, ...], dtype: np.dtype[np.generic]) -> Pixels | None:
    """Colours of the values of one band; None where values are grey already."""
    if len(colour) > 1 or dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        return None
    band = colour[0]
    size = 2 ** (8 * dtype.itemsize)
    table: Pixels = np.zeros((size, 3), np.uint8)
    if source.colorinterp[band - 1].name == "palette":
        for index, entry in source.colormap(band).items():
            table[index] = entry[:3]
        return table
    bits = int(source.tags(band, ns="IMAGE_STRUCTURE").get("NBITS", "8"))
    is_inverted = _is_white_zero(source)
    if dtype != np.dtype(np.uint8) or (bits >= 8 and not is_inverted):
        return None
    levels = 2 ** min(bits, 8)
    ramp: npt.NDArray[np.uint8] = np.linspace(0, 255, levels).round().astype(np.uint8)
    table[:levels] = (ramp[::-1] if is_inverted else ramp)[:, np.newaxis]
    return table


def _is_white_zero(source: DatasetReader) -> bool:
    # GDAL turns white-is-zero files into a palette or leaves that to the reader, depending on their tags.
    return bool(source.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES")
