"""A contact sheet: pictures of a set side by side, with the outlines of their masks."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels
from geotamper.sets.layout import MaskRole, PictureRecord, TamperSet, type_number
from geotamper.sets.layout.png import BoolMask
from geotamper.sets.stats.counting import kind_of_picture

SIDE = 256
MARGIN = 8
CAPTION = 30
SOURCE_COLOUR = (0, 220, 90)
TARGET_COLOUR = (255, 60, 60)
INK, PAPER = (30, 32, 36), (255, 255, 255)


def choose_pictures(opened: TamperSet, count: int, *, seed: int = 0) -> list[int]:
    """Draw active pictures so that every kind and class is shown as evenly as there are pictures of it.

    Args:
        opened: The set.
        count: How many at most.
        seed: Same seed, same pictures.

    Returns:
        Ids of pictures, tampered ones first.
    """
    rng = np.random.default_rng(seed)
    question_set, records = opened.vocabulary.question_set, opened.records
    shelves: dict[tuple[str, str], list[int]] = {}
    for picture in opened.pictures.values():
        if not picture.active:
            continue
        kind = kind_of_picture(picture, records.get(picture.id), question_set) or "unknown"
        label = str(picture.info.get(f"Q{type_number('object', question_set)}", ""))
        shelves.setdefault((kind, label), []).append(picture.id)
    order = sorted(shelves, key=lambda shelf: (shelf[0] == "none", shelf))
    stacks = [[shelves[shelf][place] for place in rng.permutation(len(shelves[shelf]))] for shelf in order]
    chosen: list[tuple[int, int]] = []
    depth = 0
    while len(chosen) < count and any(len(stack) > depth for stack in stacks):
        chosen += [(place, stack[depth]) for place, stack in enumerate(stacks) if len(stack) > depth]
        depth += 1
    return [picture for _, picture in sorted(chosen[:count])]


def draw_sheet(opened: TamperSet, pictures: Sequence[int], *, columns: int = 6) -> Pixels:
    """Draw pictures with their source outlined in green and their target in red.

    Args:
        opened: The set.
        pictures: Ids, row by row.
        columns: Pictures in a row.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        InputError: There is no picture, or one cannot be read.
    """
    from PIL import Image, ImageDraw, ImageFont

    if not pictures:
        raise InputError(f"'{opened.root}' has no picture to show; expected active pictures in its list")
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    cell = SIDE + MARGIN, SIDE + CAPTION + MARGIN
    page = Image.new("RGB", (columns * cell[0] + MARGIN, rows * cell[1] + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=11)
    for place, picture in enumerate(pictures):
        x, y = MARGIN + place % columns * cell[0], MARGIN + place // columns * cell[1]
        page.paste(Image.fromarray(outlined_picture(opened, picture, SIDE)), (x, y))
        for line, words in enumerate(_caption(picture, opened.records.get(picture))):
            pen.text((x, y + SIDE + 1 + 14 * line), words, font=font, fill=INK)
    return np.asarray(page)


def outlined_picture(opened: TamperSet, picture: int, side: int) -> Pixels:
    """A picture scaled to fit a square, with the outlines of its masks where it has any.

    Returns:
        (side, side, 3) uint8 RGB; what is left beside the picture is black.

    Raises:
        InputError: The picture cannot be read.
    """
    from PIL import Image, ImageDraw

    pixels = opened.read_image(picture)
    factor = side / max(pixels.shape[:2])
    size = max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor))
    canvas = Image.new("RGB", (side, side))
    canvas.paste(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), (0, 0))
    pen = ImageDraw.Draw(canvas)
    marks: tuple[tuple[MaskRole, tuple[int, int, int]], ...] = (
        ("source", SOURCE_COLOUR),
        ("target", TARGET_COLOUR),
    )
    for role, colour in marks:
        mask = _mask(opened, picture, role)
        for ring in _rings(mask):
            scaled = [(x * side / max(mask.shape), y * side / max(mask.shape)) for x, y in ring]
            pen.line(scaled, fill=colour, width=1)
    return np.asarray(canvas)


def _mask(opened: TamperSet, picture: int, role: MaskRole) -> BoolMask:
    """A mask, empty where the set has none that can be read."""
    try:
        return opened.read_mask(picture, role)
    except InputError:
        return np.zeros((1, 1), dtype=np.bool_)


def _rings(mask: BoolMask) -> list[list[tuple[float, float]]]:
    from geotamper.imagery.polygons import mask_polygons

    return mask_polygons(mask) if mask.any() else []


def _caption(picture: int, record: PictureRecord | None) -> tuple[str, ...]:
    if record is None:
        return (str(picture),)
    first = f"{picture} {record.object_class or 'untouched'}"
    if record.transform is not None:
        return first, f"{record.transform.rotation_deg:+.0f} deg, x {record.transform.scale:.2f}"
    if record.blur is not None:
        return first, f"{record.blur.method} {record.blur.strength:.2g} px"
    return (first,)


def write_sheet(path: Path, page: Pixels) -> None:
    """Write a sheet as PNG, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(page).save(temporary)
