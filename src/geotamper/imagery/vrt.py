"""VRT files: what they name is looked at before GDAL follows it.

A VRT may name any file, any address and even code. Here it may name picture files on this machine, nothing else.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geotamper.errors import InputError
from geotamper.imagery.coverage import RectangleCoverage

_MAX_BYTES = 64 * 2**20
_MAX_DEPTH = 8
# In lower case, because GDAL reads names in either case.
_NAMING = {"sourcefilename", "sourcedataset", "dempath"}
_NAMING_KEYS = {"X_DATASET", "Y_DATASET"}
_PLAIN_SOURCES = {"simplesource", "complexsource"}
_REFUSED = {
    "pixelfunctioncode": "code of its own",
    "group": "a multidimensional array",
    "input": "processing steps",
    "processingsteps": "processing steps",
    "subclass": "its type as an element",
}
_REFUSED_CLASSES = {"vrtrawrasterband": "raw bytes", "vrtprocesseddataset": "processing steps"}
_PICTURE_STARTS = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"RIFF",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
    b"EHFA_HEADER_TAG",
)
_EXPECTED = "expected a VRT of TIFF, PNG, JPEG, WebP, JPEG 2000 or ERDAS Imagine files on this machine"


def check_vrt(path: Path, root: Path | None = None) -> RectangleCoverage | None:
    """Make sure that a VRT, and every VRT that it names, reads nothing but picture files of this machine.

    Args:
        path: The VRT.
        root: Folder that all named files must lie in, links followed; None for anywhere.

    Returns:
        Which part of the picture its sources fill; None where that is the whole or cannot be told.

    Raises:
        InputError: Damaged, or it names an address, code, a missing file or one that is no picture.
    """
    tree = _parse(path)
    _check_sources(path, tree, root, (path.resolve(),))
    return _coverage(tree)


def _parse(path: Path) -> ET.Element:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _MAX_BYTES else b""
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"'{path}' (VRT) cannot be read ({reason}); {_EXPECTED} that you may read"
        ) from error
    if size > _MAX_BYTES:
        raise InputError(f"'{path}' (VRT) has {size / 2**20:.0f} MiB; {_EXPECTED}, of at most 64 MiB")
    if b"<!" in content.replace(b"<!--", b""):  # entities could grow without end
        raise InputError(f"'{path}' (VRT) declares a document type; {_EXPECTED}: write it with gdalbuildvrt")
    try:
        tree = ET.fromstring(content)  # noqa: S314 - declarations are refused above
    except (ET.ParseError, ValueError) as error:
        raise InputError(
            f"'{path}' (VRT) cannot be understood ({error}); {_EXPECTED}: write it again with gdalbuildvrt"
        ) from error
    for element in tree.iter():
        element.tag = element.tag.lower()
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(attributes)
    foreign = next((element.tag for element in tree.iter() if not element.tag.isascii()), None)
    if foreign is not None:  # GDAL may cut it within a letter when it complains, which rasterio cannot decode
        raise InputError(
            f"'{path}' (VRT) holds the unknown element '{foreign[:40]}'; {_EXPECTED}: write it again with gdalbuildvrt"
        )
    return tree


def _check_sources(path: Path, tree: ET.Element, root: Path | None, seen: tuple[Path, ...]) -> None:
    if len(seen) > _MAX_DEPTH:
        raise InputError(f"'{path}' (VRT) is nested more than {_MAX_DEPTH} deep; {_EXPECTED}: flatten it")
    for element in tree.iter():
        what = _REFUSED.get(element.tag) or _REFUSED_CLASSES.get(element.get("subclass", "").lower())
        # GDAL takes an attribute for an element of that name, and the other way round.
        if not what and (_NAMING & element.attrib.keys() or (element.tag in _NAMING and len(element))):
            what = "names of files in unusual places"
        if what:
            raise InputError(
                f"'{path}' (VRT) holds {what}; {_EXPECTED}: make a GeoTIFF of it with gdal_translate"
            )
    for file in _named_files(path, tree):
        start = _first_bytes(path, file, root)
        if start.startswith(_PICTURE_STARTS):
            continue
        if b"<VRTDataset" not in start:
            raise InputError(
                f"'{path}' (VRT) names '{file}', which is no picture of a known format; {_EXPECTED}"
            )
        place = file.resolve()
        if place in seen:
            raise InputError(f"'{path}' (VRT) leads back to '{file}'; {_EXPECTED}: remove the circle")
        _check_sources(file, _parse(file), root, (*seen, place))


def _named_files(path: Path, tree: ET.Element) -> Iterator[Path]:
    named: dict[Path, None] = {}
    for element in tree.iter():
        if element.tag not in _NAMING and element.get("key") not in _NAMING_KEYS:
            continue
        text = (element.text or "").strip()
        if not text or text.startswith(("/vsi", "<")) or "://" in text or "\0" in text:
            raise InputError(
                f"'{path}' (VRT) names '{text[:200]}', which is no file on this machine; {_EXPECTED}: "
                "fetch the data first and name the files"
            )
        is_relative = element.get("relativetovrt", "0") != "0"
        named[path.parent / text if is_relative else Path(text)] = None
    yield from named


def _first_bytes(path: Path, file: Path, root: Path | None) -> bytes:
    place = file.resolve()
    if root is not None and not place.is_relative_to(root.resolve()):
        raise InputError(
            f"'{path}' (VRT) names '{file}' outside of the folder '{root}'; {_EXPECTED}, in this folder"
        )
    if not place.is_file():
        raise InputError(
            f"'{path}' (VRT) names '{file}', which does not exist or is no file; {_EXPECTED}: "
            "put the file there, or write the VRT again where the files are"
        )
    try:
        with place.open("rb") as stream:
            return stream.read(1024)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"'{path}' (VRT) names '{file}', which cannot be read ({reason}); {_EXPECTED} that you may read"
        ) from error


def _coverage(tree: ET.Element) -> RectangleCoverage | None:
    rectangles: set[tuple[float, ...]] = set()
    if tree.get("subclass") is not None:  # warped and sharpened pictures fill what they like
        return None
    for band in tree.findall("vrtrasterband"):
        sources = [element for element in band if element.tag.endswith("source")]
        if band.get("subclass") is not None or any(s.tag not in _PLAIN_SOURCES for s in sources):
            return None
        for source in sources:
            target = source.find("dstrect")
            try:
                x, y, width, height = (
                    float((target if target is not None else source).get(name, "missing"))
                    for name in ("xoff", "yoff", "xsize", "ysize")
                )
            except ValueError:
                return None
            rectangles.add((x, y, x + width, y + height))
    return RectangleCoverage(np.array(sorted(rectangles), np.float64)) if rectangles else None
