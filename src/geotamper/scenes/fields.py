"""Farmland: ploughed, sown, ripe and mown fields with the rows of their machines."""

from collections.abc import Callable

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour, Material, Tile
from geotamper.scenes.geometry import Points
from geotamper.scenes.ground import axes, blend, varied
from geotamper.scenes.result import CLASS_LABELS
from geotamper.scenes.texture import FloatArray

_LABEL = CLASS_LABELS["Farmland"]


def lay_field(canvas: Canvas, outline: Points, direction: float) -> None:
    """Lay one field, a new instance, with rows in the picture direction `direction`, radians."""
    rng = canvas.rng
    kind = _CROPS[int(rng.integers(len(_CROPS)))]
    material = kind(rng, direction, canvas.unit)
    canvas.cover([outline], material, label=_LABEL, instance=canvas.new_instance(_LABEL))


def _rows(tile: Tile, direction: float, period: float, wander: float) -> FloatArray:
    """Waves across the rows, -1 to 1: rows of a driver whose hand is not quite steady."""
    _, across = axes(tile, direction)
    phase = 2 * np.pi * across / period + wander * (tile.grain.broad + 0.3 * tile.grain.wide)
    return np.asarray(np.sin(phase), dtype=np.float32)


def _tramlines(tile: Tile, direction: float, spacing: float, width: float) -> FloatArray:
    """1 on the wheel tracks that the sprayer leaves every `spacing` pixels, 0 elsewhere."""
    _, across = axes(tile, direction)
    position = np.mod(across + 0.5 * tile.grain.broad, spacing)
    twin = np.minimum(np.abs(position - 0.42 * spacing), np.abs(position - 0.42 * spacing - 4 * width))
    return np.clip(1.2 - twin / width, 0, 1).astype(np.float32)


def _ploughed(rng: np.random.Generator, direction: float, unit: float) -> Material:
    dry, damp = varied(rng, (0.50, 0.40, 0.30), 0.08), varied(rng, (0.36, 0.28, 0.21), 0.08)
    period = float(rng.uniform(1.2, 2.2)) * unit

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        furrow = _rows(tile, direction, period, 1.2) * (0.8 + 0.25 * grain.medium)
        colour = blend((dry, damp), 0.45 + 0.28 * grain.broad + 0.12 * grain.wide)
        return np.asarray(
            colour * (1 + 0.11 * furrow + 0.07 * grain.medium + 0.05 * grain.fine)[..., None], np.float32
        )

    return material


def _row_crop(rng: np.random.Generator, direction: float, unit: float) -> Material:
    earth, leaf = varied(rng, (0.45, 0.38, 0.27), 0.06), varied(rng, (0.26, 0.38, 0.16), 0.08)
    period = float(rng.uniform(1.5, 2.8)) * unit
    growth = float(rng.uniform(0.35, 0.7))

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        row = 0.38 * _rows(tile, direction, period, 0.8) * (1 + 0.3 * grain.medium)
        colour = blend((earth, leaf), growth + row + 0.14 * grain.broad + 0.12 * grain.wide)
        return np.asarray(colour * (1 + 0.06 * grain.medium + 0.05 * grain.fine)[..., None], np.float32)

    return material


def _cereal(rng: np.random.Generator, direction: float, unit: float) -> Material:
    tones: tuple[Colour, ...] = ((0.66, 0.57, 0.34), (0.36, 0.43, 0.20), (0.55, 0.53, 0.28))
    base = varied(rng, tones[int(rng.integers(len(tones)))], 0.07)
    laid: Colour = (base[0] * 0.84, base[1] * 0.86, base[2] * 0.86)
    spacing, width = float(rng.uniform(16, 26)) * unit, 0.4 * unit

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        colour = blend((base, laid), 0.35 + 0.3 * grain.broad + 0.25 * grain.wide)
        drill = _rows(tile, direction, 0.9 * unit, 0.6)
        tone = 1 + 0.025 * drill + 0.045 * grain.medium + 0.04 * grain.fine
        tone -= 0.17 * _tramlines(tile, direction, spacing, width) * (1 + 0.3 * grain.medium)
        return np.asarray(colour * tone[..., None], np.float32)

    return material


def _meadow(rng: np.random.Generator, direction: float, unit: float) -> Material:
    tall, mown = varied(rng, (0.31, 0.40, 0.19), 0.06), varied(rng, (0.47, 0.51, 0.29), 0.06)
    period = float(rng.uniform(5, 9)) * unit

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        swath = np.tanh(4 * _rows(tile, direction, period, 0.5))
        colour = blend((tall, mown), 0.5 + 0.28 * swath + 0.12 * grain.wide + 0.1 * grain.broad)
        return np.asarray(colour * (1 + 0.06 * grain.medium + 0.05 * grain.fine)[..., None], np.float32)

    return material


_CROPS: tuple[Callable[[np.random.Generator, float, float], Material], ...] = (
    _ploughed,
    _row_crop,
    _cereal,
    _meadow,
)
