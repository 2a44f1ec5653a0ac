"""Draw images/kernels.png: one copy predicted from its source under four interpolation kernels.

Example:
    python docs/figures/kernels.py
"""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from geotamper.atomic import write_bytes
from geotamper.cli.showcase import forge_scene
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import residual
from geotamper.evidence.resynthesis import explain_with
from geotamper.imagery.kernels import KEYS_CUBIC, LINEAR, NEAREST, OPENCV_CUBIC, Kernel
from geotamper.imagery.region import Region, Window

OUT = Path(__file__).resolve().parents[1] / "images" / "kernels.png"
ENLARGED = 2
BRIGHTEST = 8.0
"""Residual, in grey levels, that is drawn white."""

LABEL_HEIGHT, GAP = 40, 14
INK, PAPER = (31, 35, 40), (255, 255, 255)


def main() -> None:
    """Forge the scene of the demonstration, predict its copy and write the figure."""
    forgery = forge_scene()
    if forgery.transform is None:
        raise SystemExit("the demonstration is no copy-move")
    planes = Planes.of(forgery.pixels)
    shape = forgery.target_mask.shape
    region = Region.cut(Window(0, 0, shape[1], shape[0]), forgery.target_mask)
    window = region.window.grown(6, shape)
    start = forgery.transform.inverse().index_matrix
    kernels = (NEAREST, LINEAR, KEYS_CUBIC, OPENCV_CUBIC)
    panels = [
        (_enlarged(forgery.pixels[window.slices]), "the copy", ""),
        *(_panel(planes, region, window, start, kernel) for kernel in kernels),
    ]
    buffer = io.BytesIO()
    sheet = _sheet(panels).quantize(96, dither=Image.Dither.NONE)
    sheet.save(buffer, "PNG", optimize=True)
    write_bytes(OUT, buffer.getvalue())


def _panel(
    planes: Planes, region: Region, window: Window, start: np.ndarray, kernel: Kernel
) -> tuple[Image.Image, str, str]:
    found = explain_with(planes, region, start, kernel, seed=0)
    error = residual(planes, found.matrix, window, found.resampling)
    shade = np.clip(error * (255 / BRIGHTEST), 0, 255).astype(np.uint8)
    shade[~region.within(window)] = 255
    picture = _enlarged(np.repeat(shade[..., None], 3, axis=2))
    return picture, kernel.name, f"exact {100 * found.share:.0f} %, q75 {found.residual:.2f}"


def _enlarged(pixels: np.ndarray) -> Image.Image:
    size = (pixels.shape[1] * ENLARGED, pixels.shape[0] * ENLARGED)
    return Image.fromarray(cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST))


def _sheet(panels: list[tuple[Image.Image, str, str]]) -> Image.Image:
    width, height = panels[0][0].size
    sheet = Image.new("RGB", (len(panels) * (width + GAP) + GAP, height + LABEL_HEIGHT + 2 * GAP), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    for number, (picture, name, numbers) in enumerate(panels):
        left = GAP + number * (width + GAP)
        sheet.paste(picture, (left, GAP))
        draw.rectangle((left - 1, GAP - 1, left + width, GAP + height), outline=(190, 196, 203))
        draw.text((left, GAP + height + 5), name, INK, font)
        draw.text((left, GAP + height + 22), numbers, INK, font)
    return sheet


if __name__ == "__main__":
    main()
