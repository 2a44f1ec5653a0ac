"""Ground without objects: grass, soil, paving, water."""

from collections.abc import Sequence

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour, Material, Tile
from geotamper.scenes.texture import FloatArray


def varied(rng: np.random.Generator, colour: Colour, spread: float = 0.04) -> Colour:
    """A colour near the given one: lighter or darker, and slightly of another hue."""
    lightness = rng.normal(1, spread)
    hue = rng.normal(0, spread * 0.16, 3)
    red, green, blue = (
        float(np.clip(c * lightness + h, 0.03, 0.95)) for c, h in zip(colour, hue, strict=True)
    )
    return red, green, blue


def blend(colours: Sequence[Colour], share: FloatArray) -> FloatArray:
    """Mix two colours by a field; 0 gives the first and 1 the second."""
    first, second = (np.asarray(c, dtype=np.float32) for c in colours)
    return np.asarray(first + np.clip(share, 0, 1)[..., None] * (second - first), dtype=np.float32)


def grass(rng: np.random.Generator, *, dryness: float = 0.3) -> Material:
    """Turf whose dry and worn patches follow the terrain; `dryness` from 0 (lush) to 1 (straw)."""
    lush = varied(rng, (0.27, 0.36, 0.19))
    dry = varied(rng, (0.47, 0.45, 0.30))

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        colour = blend((lush, dry), dryness + 0.22 * grain.wide + 0.16 * grain.broad + 0.08 * grain.medium)
        tufts = 1 + 0.07 * grain.medium + 0.05 * grain.fine + 0.05 * grain.wide
        return np.asarray(colour * tufts[..., None], dtype=np.float32)

    return material


def soil(rng: np.random.Generator, colour: Colour = (0.53, 0.45, 0.35)) -> Material:
    """Bare or gravelled ground."""
    base = varied(rng, colour)
    damp: Colour = (base[0] * 0.78, base[1] * 0.78, base[2] * 0.8)

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        colour = blend((base, damp), 0.35 + 0.3 * grain.wide + 0.2 * grain.broad)
        return np.asarray(colour * (1 + 0.05 * grain.medium + 0.04 * grain.fine)[..., None], dtype=np.float32)

    return material


def paving(
    rng: np.random.Generator, colour: Colour = (0.63, 0.62, 0.59), *, stains: float = 0.05
) -> Material:
    """Concrete, flagstones or asphalt: even, with stains of relative depth `stains`."""
    base = np.asarray(varied(rng, colour), dtype=np.float32)

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        tone = 1 + stains * (0.6 * grain.wide + 0.4 * grain.broad) + 0.025 * grain.medium + 0.02 * grain.fine
        return np.asarray(base * tone[..., None], dtype=np.float32)

    return material


def slabs(canvas: Canvas, angle: float, *, side: float) -> Material:
    """Concrete cast in slabs of about `side` metres with dark joints, each slab of its own tone."""
    rng = canvas.rng
    base = paving(rng, (0.66, 0.65, 0.61), stains=0.07)
    height, width = canvas.shape
    period = side * canvas.unit
    count = int(2 * np.hypot(height, width) / period) + 4
    # Joints drift off the grid, so that the pattern does not repeat.
    joints = [np.cumsum(rng.uniform(0.93, 1.07, count)) * period for _ in range(2)]
    tones = rng.normal(0, 0.02, (count + 1, count + 1)).astype(np.float32)

    def material(tile: Tile) -> FloatArray:
        along, across = axes(tile, angle)
        offset = float(np.hypot(height, width))
        rows, row_gap = _cells(along + offset, joints[0])
        columns, column_gap = _cells(across + offset, joints[1])
        joint = np.clip(1.1 - np.minimum(row_gap, column_gap), 0, 1)
        tone = 1 + tones[rows, columns] - 0.13 * joint * (1 + 0.4 * tile.grain.medium)
        return np.asarray(base(tile) * tone[..., None], dtype=np.float32)

    return material


def water(rng: np.random.Generator) -> Material:
    """Open water: depth tints, ripples across the wind and glitter."""
    deep = varied(rng, (0.09, 0.20, 0.25))
    shallow = varied(rng, (0.16, 0.29, 0.31))
    wind = float(rng.uniform(0, np.pi))
    length = float(rng.uniform(7.0, 11.0))

    def material(tile: Tile) -> FloatArray:
        grain = tile.grain
        along, _ = axes(tile, wind)
        colour = blend((deep, shallow), 0.4 + 0.2 * grain.broad + 0.08 * grain.wide)
        # The phase wanders with two noises: ripples with short crests that never line up.
        phase = 2 * np.pi * along / length + 2.5 * grain.wide + 1.2 * grain.medium
        ripple = np.sin(phase) * (0.6 + 0.4 * grain.wide)
        tone = 1 + 0.09 * ripple + 0.06 * grain.medium
        glitter = np.clip(grain.fine * 0.5 + ripple + 0.5 * grain.medium - 1.9, 0, 1) * 0.22
        return np.asarray(colour * tone[..., None] + glitter[..., None], dtype=np.float32)

    return material


def axes(tile: Tile, angle: float) -> tuple[FloatArray, FloatArray]:
    """Picture coordinates along and across a direction, (h, w) pixels each."""
    height, width = tile.shape
    x = (np.arange(width) + tile.x + 0.5)[None, :]
    y = (np.arange(height) + tile.y + 0.5)[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    return (x * cos + y * sin).astype(np.float32), (y * cos - x * sin).astype(np.float32)


def _cells(
    position: FloatArray, joints: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], FloatArray]:
    """Cell number of each position and its distance to the nearest joint, pixels."""
    index = np.searchsorted(joints, position)
    below = joints[np.clip(index - 1, 0, len(joints) - 1)]
    above = joints[np.clip(index, 0, len(joints) - 1)]
    gap = np.minimum(np.abs(position - below), np.abs(above - position))
    return index, gap.astype(np.float32)
