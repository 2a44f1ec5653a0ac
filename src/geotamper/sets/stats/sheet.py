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

SIDE = 288
MARGIN = 8
CAPTION = 36
LEGEND = 28
LETTERS = 13

SOURCE_COLOUR = (0, 235, 175)
TARGET_COLOUR = (255, 75, 35)
"""Bluish green and vermilion: the paper's green and red, in shades that differ without red-green vision too."""

HALO = (16, 18, 22)
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
    stacks = {
        shelf: [shelves[shelf][place] for place in rng.permutation(len(shelves[shelf]))] for shelf in order
    }
    chosen: list[tuple[int, int]] = []
    depth = 0
    while len(chosen) < count and any(len(stack) > depth for stack in stacks.values()):
        chosen += [
            (order.index(shelf), stacks[shelf][depth])
            for shelf in _alternating(order)
            if len(stacks[shelf]) > depth
        ]
        depth += 1
    return [picture for _, picture in sorted(chosen[:count])]


def _alternating(shelves: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Shelves of kind and class by turns, each kind beginning with another class, so that a few show all."""
    kinds = sorted({kind for kind, _ in shelves if kind != "none"})
    classes = sorted({label for kind, label in shelves if kind != "none"})

    def turn(shelf: tuple[str, str]) -> tuple[bool, int, str]:
        kind, label = shelf
        if kind == "none":
            return True, 0, kind
        start = kinds.index(kind) * math.ceil(len(classes) / len(kinds))
        return False, (classes.index(label) - start) % len(classes), kind

    return sorted(shelves, key=turn)


def draw_sheet(opened: TamperSet, pictures: Sequence[int], *, columns: int = 6) -> Pixels:
    """Draw pictures with their source outlined in green and their target in red, below a line that says so.

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
    page = Image.new("RGB", (columns * cell[0] + MARGIN, LEGEND + rows * cell[1] + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=LETTERS)
    x = float(MARGIN)
    for colour, words in ((SOURCE_COLOUR, "source"), (TARGET_COLOUR, "copy or blurred region")):
        pen.rectangle((x, 9, x + 20, 19), fill=colour, outline=HALO)
        pen.text((x + 26, 5), words, font=font, fill=INK)
        x += 26 + pen.textlength(words, font=font) + 2 * MARGIN
    for place, picture in enumerate(pictures):
        left, top = MARGIN + place % columns * cell[0], LEGEND + MARGIN + place // columns * cell[1]
        page.paste(Image.fromarray(outlined_picture(opened, picture, SIDE)), (left, top))
        for line, words in enumerate(_caption(opened, picture)):
            pen.text((left, top + SIDE + 1 + 16 * line), words, font=font, fill=INK)
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
    roles: tuple[tuple[MaskRole, tuple[int, int, int]], ...] = (
        ("source", SOURCE_COLOUR),
        ("target", TARGET_COLOUR),
    )
    lines = [(ring, colour) for role, colour in roles for ring in _rings(_mask(opened, picture, role), side)]
    pen, width = ImageDraw.Draw(canvas), max(1, side // 340)
    for ring, _ in lines:  # all dark borders first, so that none crosses a line
        pen.line(ring, fill=HALO, width=width + 2)
    for ring, colour in lines:
        pen.line(ring, fill=colour, width=width)
    return np.asarray(canvas)


def _mask(opened: TamperSet, picture: int, role: MaskRole) -> BoolMask:
    """A mask, empty where the set has none that can be read."""
    try:
        return opened.read_mask(picture, role)
    except InputError:
        return np.zeros((1, 1), dtype=np.bool_)


def _rings(mask: BoolMask, side: int) -> list[list[tuple[float, float]]]:
    """Closed outlines of a mask, scaled to a picture whose longer side is `side`."""
    from geotamper.imagery.polygons import mask_polygons

    factor = side / max(mask.shape)
    return [[(x * factor, y * factor) for x, y in ring] for ring in mask_polygons(mask)] if mask.any() else []


def _caption(opened: TamperSet, picture: int) -> tuple[str, str]:
    """What was done, in two lines: number, kind and class; transform or blur."""
    record = opened.records.get(picture)
    kind = kind_of_picture(opened.pictures[picture], record, opened.vocabulary.question_set) or "unknown"
    if kind == "none":
        return f"{picture}  untouched", ""
    info = opened.pictures[picture].info
    label = info.get(f"Q{type_number('object', opened.vocabulary.question_set)}", "")
    return f"{picture}  {label}, {kind}", _change(record)


def _change(record: PictureRecord | None) -> str:
    if record is None:
        return ""
    if record.transform is not None:
        turn, scale = record.transform.rotation_deg, record.transform.scale
        turned = f"turned {turn:+.0f}°" if turn else "not turned"
        return f"{turned}, scaled {scale:.2f}" if scale != 1 else f"{turned}, not scaled"
    return f"{record.blur.method}, {record.blur.strength:.2g} px" if record.blur is not None else ""


def write_sheet(path: Path, page: Pixels) -> None:
    """Write a sheet as PNG, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(page).save(temporary)
