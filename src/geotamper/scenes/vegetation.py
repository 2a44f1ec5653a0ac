"""Trees, hedges and bushes as clumps of leafy crowns with a light and a shadow side."""

from dataclasses import dataclass

import cv2
import numpy as np

from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Points
from geotamper.scenes.ground import varied
from geotamper.scenes.result import CLASS_LABELS
from geotamper.scenes.stencil import Sprite
from geotamper.scenes.texture import FloatArray, octave_noise, value_noise

_SUPERSAMPLING = 2
_GREENS = ((0.20, 0.29, 0.14), (0.25, 0.32, 0.15), (0.17, 0.25, 0.14), (0.30, 0.33, 0.18), (0.33, 0.32, 0.19))


@dataclass(frozen=True)
class Lobes:
    """The balls of foliage that make up one plant.

    Attributes:
        centres: (N, 2) picture positions, pixels.
        radii: (N,) pixels.
        base: (N,) height of the middle of each ball, pixels.
    """

    centres: Points
    radii: Points
    base: Points


def draw_tree(canvas: Canvas, centre: tuple[float, float], *, diameter: float) -> Sprite:
    """One tree with a crown of about `diameter` metres."""
    rng = canvas.rng
    radius = diameter / 2 * canvas.unit
    count = int(rng.integers(9, 17))
    angle = rng.uniform(0, 2 * np.pi, count)
    distance = radius * 0.72 * np.sqrt(rng.uniform(0, 1, count))
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1) * distance[:, None]
    radii = radius * rng.uniform(0.26, 0.5, count)
    # The crown is a dome: balls nearer to the middle sit higher.
    base = 0.9 * np.sqrt(np.maximum(radius**2 - distance**2, 0))
    lobes = Lobes(centres + np.asarray(centre), radii, base)
    return _foliage(canvas, lobes, height=diameter * float(rng.uniform(0.8, 1.25)))


def draw_hedge(canvas: Canvas, path: Points, *, width: float) -> Sprite:
    """A hedge along a path of picture points, pixels, about `width` metres wide."""
    rng = canvas.rng
    lengths = np.hypot(*np.diff(path, axis=0).T)
    spacing = width * canvas.unit * 0.38
    count = max(2, int(lengths.sum() / spacing))
    stations = np.linspace(0, lengths.sum(), count)
    ends = np.concatenate([[0.0], np.cumsum(lengths)])
    centres = np.stack([np.interp(stations, ends, path[:, k]) for k in (0, 1)], axis=1)
    centres += rng.normal(0, 0.1 * width * canvas.unit, centres.shape)
    radii = width * canvas.unit * rng.uniform(0.32, 0.55, count)
    return _foliage(canvas, Lobes(centres, radii, radii * 0.8), height=width * float(rng.uniform(0.8, 1.2)))


def _foliage(canvas: Canvas, lobes: Lobes, *, height: float) -> Sprite:
    rng = canvas.rng
    reach = lobes.radii.max() * 1.4 + 2
    x0, y0 = np.floor(lobes.centres.min(axis=0) - reach).astype(int)
    x1, y1 = np.ceil(lobes.centres.max(axis=0) + reach).astype(int)
    shape = (int(y1 - y0) * _SUPERSAMPLING, int(x1 - x0) * _SUPERSAMPLING)
    local = Lobes(
        (lobes.centres - (x0, y0)) * _SUPERSAMPLING, lobes.radii * _SUPERSAMPLING, lobes.base * _SUPERSAMPLING
    )
    surface = _surface(rng, local, shape, leaf=canvas.unit * _SUPERSAMPLING)
    inside = (surface > 0).astype(np.float32)
    colour = _leaves(rng, surface, canvas.light.away, leaf=canvas.unit * _SUPERSAMPLING)
    size = (int(x1 - x0), int(y1 - y0))
    alpha = np.asarray(cv2.resize(inside, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    weighted = cv2.resize(colour * inside[..., None], size, interpolation=cv2.INTER_AREA)
    mean = np.clip(weighted / np.maximum(alpha, 1e-6)[..., None], 0, 1).astype(np.float32)
    return Sprite(
        int(x0),
        int(y0),
        mean,
        alpha,
        CLASS_LABELS["Vegetation"],
        height,
        clearance=0.25 * height,
        density=0.85,
    )


def _surface(rng: np.random.Generator, lobes: Lobes, shape: tuple[int, int], *, leaf: float) -> FloatArray:
    """Height of the foliage above the lowest twig, pixels, 0 outside; `leaf` is a metre."""
    y = np.arange(shape[0], dtype=np.float32)[:, None] + 0.5
    x = np.arange(shape[1], dtype=np.float32)[None, :] + 0.5
    ragged = 1 + 0.17 * octave_noise(rng, shape, cell=1.6 * leaf, octaves=3)
    surface = np.zeros(shape, dtype=np.float32)
    for (cx, cy), radius, base in zip(lobes.centres, lobes.radii, lobes.base, strict=True):
        margin = radius * 1.45 + 2
        rows = slice(max(int(cy - margin), 0), int(cy + margin) + 1)
        columns = slice(max(int(cx - margin), 0), int(cx + margin) + 1)
        squared = ((x[:, columns] - cx) ** 2 + (y[rows] - cy) ** 2) * ragged[rows, columns]
        ball = np.sqrt(np.maximum(radius**2 - squared, 0))
        surface[rows, columns] = np.maximum(surface[rows, columns], np.where(ball > 0, ball + base, 0))
    return surface


def _leaves(
    rng: np.random.Generator, surface: FloatArray, away: tuple[float, float], *, leaf: float
) -> FloatArray:
    smooth = cv2.GaussianBlur(surface, (0, 0), 0.16 * leaf)
    slope_y, slope_x = np.gradient(smooth)
    # Slopes that rise in the direction of the shadows face the sun.
    towards_sun = (slope_x * away[0] + slope_y * away[1]) / np.sqrt(1 + slope_x**2 + slope_y**2)
    # Gaps between the balls of foliage get less of the sky.
    hollow = np.clip((cv2.GaussianBlur(smooth, (0, 0), 0.7 * leaf) - smooth) / leaf, 0, 1)
    speckle = 0.16 * value_noise(rng, surface.shape, 0.4 * leaf) + 0.1 * value_noise(rng, surface.shape, 1)
    tone = (0.95 + 0.5 * towards_sun - 0.55 * hollow) * (1 + speckle)
    base = np.asarray(varied(rng, _GREENS[int(rng.integers(len(_GREENS)))], 0.1), dtype=np.float32)
    warm = np.array([0.05, 0.04, 0.0], dtype=np.float32) * np.clip(towards_sun, 0, 1)[..., None]
    return np.asarray(np.clip(tone, 0.22, 1.8)[..., None] * base + warm, dtype=np.float32)
