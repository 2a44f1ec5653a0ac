"""Which files are inspected as scenes."""

import os

from geotamper.control import Control
from geotamper.errors import SpecificationError
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.raster import Raster, open_raster
from geotamper.imagery.read_options import ReadOptions
from geotamper.imagery.reading import read_size
from geotamper.inspection.detector import Detector
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.scenes.inspector import PICTURE_PIXELS, needed_bytes


def open_scene(path: str, options: ReadOptions, detector: Detector, control: Control) -> Raster | None:
    """Open a file as a scene where it has to be one.

    Args:
        path: Of the file.
        options: How it is read; a file of which an area is asked for is a scene whatever its size.
        detector: What shall look at it; only the inspector looks at scenes, others take what memory can hold.
        control: Its memory bound counts.

    Returns:
        The open file, or None for one that is inspected as a picture.

    Raises:
        InputError: As `open_raster`.
        SpecificationError: The detector does not look at scenes and the file, or an area of it, has to be one.
    """
    if options.area is None:
        width, height = read_size(path)
        if is_picture(width * height, control):
            return None
        if not isinstance(detector, Inspector) and width * height <= MAX_PIXELS:
            return None
    check_scene_detector(detector)
    return open_raster(os.fspath(path), options)


def as_scene(picture: Picture, detector: Detector, control: Control) -> PictureSource | None:
    """A picture in memory as a scene, where the search of pictures would need more than the memory bound.

    Args:
        picture: Whatever its size.
        detector: What shall look at it; only the inspector looks at scenes.
        control: Its memory bound counts.

    Returns:
        The scene, or None for what is inspected as a picture.
    """
    if not isinstance(detector, Inspector) or is_picture(picture.width * picture.height, control):
        return None
    return PictureSource(picture)


def is_picture(pixels: int, control: Control) -> bool:
    """Whether a picture of so many pixels is searched as a whole: it is small, or fits into the memory bound."""
    if pixels <= PICTURE_PIXELS:
        return True
    return pixels <= MAX_PIXELS and (control.max_memory is None or needed_bytes(pixels) <= control.max_memory)


def check_scene_detector(detector: Detector) -> Inspector:
    """The detector, which has to be one that looks at scenes.

    Raises:
        SpecificationError: It looks at whole pictures only.
    """
    if isinstance(detector, Inspector):
        return detector
    raise SpecificationError(
        f"the detector '{detector.name}' looks at whole pictures in memory; take the detector 'inspector' for scenes "
        "and areas, or cut the picture into parts"
    )
