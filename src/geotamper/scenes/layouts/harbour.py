"""Quays with warehouses and cranes, ships alongside and under way."""

import numpy as np

from geotamper.scenes.buildings import Site, draw_shed
from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Frame, box_at, rectangle
from geotamper.scenes.ground import paving, slabs, varied, water
from geotamper.scenes.layouts.common import frame_for, plant_tree
from geotamper.scenes.placement import Planting
from geotamper.scenes.result import PAVED_LABEL, WATER_LABEL
from geotamper.scenes.roads import Road, lay_asphalt, mark_lanes
from geotamper.scenes.stencil import Sprite, Stencil
from geotamper.scenes.streets import drive
from geotamper.scenes.vehicles import draw_car, draw_lorry
from geotamper.scenes.vessels import Hull, draw_freighter, draw_wake, draw_yacht

_PERIOD = 190.0
_LAND = 74.0
_WATER = frozenset({WATER_LABEL})


def draw_harbour(canvas: Canvas) -> None:
    """Draw a harbour."""
    rng = canvas.rng
    frame, extent = frame_for(canvas, tilt=0.4)
    canvas.cover_all(water(rng))
    canvas.labels[:] = WATER_LABEL
    planting = Planting(canvas)
    # Large pictures show several basins, one beyond the other.
    bands = int(np.ceil(extent / _PERIOD))
    quays = [band * _PERIOD + float(rng.uniform(-12, 0)) for band in range(-bands, bands + 1)]
    for y in quays:
        _build_quay(canvas, frame, (extent, y))
    for y in quays:
        _moor(canvas, frame, planting, (extent, y))
        _fill_land(canvas, frame, planting, (extent, y))
        _sail(canvas, frame, planting, (extent, y))
    planting.draw()


def _build_quay(canvas: Canvas, frame: Frame, place: tuple[float, float]) -> None:
    """Pave the land from the quay wall at `y` to larger y: apron, rails, road."""
    extent, y = place
    rng = canvas.rng
    land = [frame.outline(-extent, y, extent, y + _LAND)]
    land += [_pier(frame, x, y) for x in np.arange(-extent, extent, 130.0) + float(rng.uniform(10, 60))]
    canvas.cover(land, slabs(canvas, frame.angle, side=7.0), label=PAVED_LABEL)
    edge = [frame.outline(-extent, y - 0.1, extent, y + 0.9)]
    canvas.mark(edge, (0.32, 0.31, 0.29), opacity=0.8, wear=0.3)
    rails = [frame.outline(-extent, y + t - 0.12, extent, y + t + 0.12) for t in (3.0, 11.0)]
    canvas.mark(rails, (0.30, 0.27, 0.25), opacity=0.8, wear=0.2)
    yard = frame.outline(-extent, y + 42, extent, y + _LAND)
    canvas.cover([yard], paving(rng, (0.50, 0.50, 0.49), stains=0.1), label=PAVED_LABEL)
    road = _road(place)
    lay_asphalt(canvas, frame, [road])
    mark_lanes(canvas, frame, road, [])


def _road(place: tuple[float, float]) -> Road:
    extent, y = place
    return Road((-extent, y + 50), 0.0, 2 * extent, 8.0)


def _pier(frame: Frame, x: float, y: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return frame.outline(x - 4, y - 46, x + 4, y + 1)


def _fill_land(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Warehouses, container stacks, cranes, traffic, trees."""
    rng = canvas.rng
    extent, y = place
    x = -extent
    while x < extent:
        length = float(rng.uniform(26, 44))
        centre = (x + length / 2, y + 28)
        where = frame.place(*centre)
        if canvas.sees(where, margin=30):
            if rng.random() < 0.72:
                site = Site(where, frame.heading(*centre), length, float(rng.uniform(16, 21)))
                planting.place(draw_shed(canvas, site), whole=False)
            else:
                _stack_containers(canvas, frame, planting, centre)
        x += length + float(rng.uniform(5, 11))
    for x in np.arange(-extent, extent, 42.0) + float(rng.uniform(0, 30)):
        place_on_quay = frame.place(float(x), y + 7)
        if canvas.sees(place_on_quay, margin=0):
            planting.place(
                _draw_crane(canvas, place_on_quay, frame.heading(float(x), y + 7, -np.pi / 2)), whole=False
            )
    drive(canvas, frame, planting, _road(place), spacing=26)
    _add_small_things(canvas, frame, planting, place)


def _add_small_things(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Vehicles on the apron, parked cars and trees along the road."""
    rng = canvas.rng
    extent, y = place
    for x in np.arange(-extent, extent, 9.0):
        spot = (float(x + rng.uniform(-3, 3)), y + float(rng.uniform(12, 17)))
        if rng.random() < 0.6 and canvas.sees(frame.place(*spot), margin=0):
            draw = draw_lorry if rng.random() < 0.4 else draw_car
            heading = frame.heading(*spot, float(rng.choice([0, np.pi]))) + float(rng.normal(0, 0.1))
            planting.place(draw(canvas, frame.place(*spot), heading), gap=3)
        spot = (float(x + rng.normal(0, 0.3)), y + 59 + float(rng.normal(0, 0.2)))
        if rng.random() < 0.55 and canvas.sees(frame.place(*spot), margin=0):
            planting.place(draw_car(canvas, frame.place(*spot), frame.heading(*spot, np.pi / 2)))
    for x in np.arange(-extent, extent, 5.0):
        spot = (float(x + rng.normal(0, 1)), y + float(rng.choice([44.0, 67.0])) + float(rng.normal(0, 0.8)))
        if rng.random() < 0.8:
            plant_tree(canvas, planting, frame.place(*spot), diameter=(3, 6), on=frozenset({PAVED_LABEL}))


def _stack_containers(canvas: Canvas, frame: Frame, planting: Planting, centre: tuple[float, float]) -> None:
    """A block of stacked containers, which belong to none of the classes."""
    rng = canvas.rng
    stencil = Stencil(frame.place(*centre), frame.heading(*centre), unit=canvas.unit, radius=16)
    tones = (
        (0.58, 0.24, 0.19),
        (0.20, 0.36, 0.53),
        (0.68, 0.68, 0.66),
        (0.27, 0.43, 0.32),
        (0.72, 0.50, 0.20),
    )
    for x in (-9.4, -3.1, 3.2, 9.5):
        for row in range(6):
            if rng.random() < 0.85:
                tone = varied(rng, tones[int(rng.integers(len(tones)))], 0.15)
                stencil.polygon(box_at((x, (row - 2.5) * 2.6), 6.0, 2.4), tone)
    stencil.ribs(rng, spacing=0.5, strength=0.04)
    planting.place(stencil.sprite(None, height=5.2), whole=False)


def _draw_crane(canvas: Canvas, place: tuple[float, float], heading: float) -> Sprite:
    """A quay crane: portal legs, machine house, and the boom raised, as with no ship to load."""
    rng = canvas.rng
    stencil = Stencil(place, heading, unit=canvas.unit, radius=14)
    steel = varied(
        rng, ((0.75, 0.56, 0.16), (0.32, 0.44, 0.60), (0.66, 0.24, 0.18))[int(rng.integers(3))], 0.1
    )
    reach = float(rng.uniform(5.0, 6.2))
    for y in (-3.4, 3.4):
        stencil.polygon(rectangle(-4.6, y - 0.45, 4.6, y + 0.45), [c * 0.75 for c in steel])
    for x in (-4.2, 4.2):
        stencil.polygon(rectangle(x - 0.4, -3.8, x + 0.4, 3.8), steel)
    for y in (-0.8, 0.8):
        stencil.polygon(rectangle(-12, y - 0.25, reach, y + 0.25), steel)
    for x in np.arange(-11, reach, float(rng.uniform(2.2, 2.8))):
        stencil.polygon(box_at((float(x), 0), 0.25, 1.6), [c * 0.85 for c in steel])
    stencil.polygon(box_at((-3.0, 0), 4.0, 2.8), varied(rng, (0.75, 0.75, 0.73), 0.06))
    return stencil.sprite(None, height=20, clearance=13, density=0.7)


def _moor(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Freighters along the quay wall and boats off it; the first freighter lies mid-picture."""
    rng = canvas.rng
    extent, y = place
    x = float(rng.uniform(-20, 20))
    starts = [
        x,
        *(x + k * 80.0 for k in range(1, int(extent / 80) + 1)),
        *(x - k * 80.0 for k in range(1, int(extent / 80) + 1)),
    ]
    for start in starts:
        length = float(rng.uniform(48, 72))
        beam = length * float(rng.uniform(0.17, 0.2))
        for attempt in range(4):
            # Shorter ships fit where piers or the border leave less room.
            shorter = 0.8**attempt
            centre = (start + float(rng.uniform(-9, 9)), y - beam * shorter / 2 - 1.6)
            where = frame.place(*centre)
            if not canvas.sees(where, margin=0):
                break
            heading = frame.heading(*centre, float(rng.choice([0, np.pi]))) + float(rng.normal(0, 0.01))
            ship = draw_freighter(canvas, Hull(where, heading, length * shorter, beam * shorter))
            if planting.place(ship, gap=3, on=_WATER):
                break


def _sail(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Boats on the open water, most of them under way."""
    rng = canvas.rng
    extent, y = place
    for _ in range(int(2 * extent * (_PERIOD - _LAND) / 900)):
        centre = (float(rng.uniform(-extent, extent)), y - float(rng.uniform(18, _PERIOD - _LAND - 8)))
        where = frame.place(*centre)
        length = float(rng.uniform(9, 24))
        hull = Hull(where, float(rng.uniform(0, 2 * np.pi)), length, length * float(rng.uniform(0.26, 0.33)))
        if not canvas.sees(where, margin=0):
            continue
        boat = draw_yacht(canvas, hull)
        if planting.place(boat, gap=8, on=_WATER) and rng.random() < 0.6:
            draw_wake(canvas, hull)
