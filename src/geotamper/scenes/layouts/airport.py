"""Runway, taxiway and apron with aeroplanes, terminal and hangars."""

import numpy as np

from geotamper.scenes.aircraft import draw_airliner, draw_light_aircraft
from geotamper.scenes.buildings import Site, draw_block, draw_shed
from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Frame
from geotamper.scenes.ground import grass, paving, slabs
from geotamper.scenes.layouts.common import OPEN_GROUND, frame_for, plant_tree, scatter_trees
from geotamper.scenes.placement import Planting
from geotamper.scenes.result import CLASS_LABELS, PAVED_LABEL
from geotamper.scenes.roads import Road, lay_asphalt, mark_lanes
from geotamper.scenes.streets import drive
from geotamper.scenes.vehicles import draw_car, draw_lorry

_PERIOD = 176.0
_ROAD_Y = 59.0


def draw_airport(canvas: Canvas) -> None:
    """Draw an airport."""
    rng = canvas.rng
    frame, extent = frame_for(canvas, tilt=0.12, straight=True)
    canvas.cover_all(grass(rng, dryness=0.5))
    planting = Planting(canvas)
    # Large pictures show several aprons, one beyond the other.
    bands = int(np.ceil(extent / _PERIOD - 0.5))
    for band in range(-bands, bands + 1):
        _draw_band(canvas, frame, planting, (extent, band * _PERIOD + float(rng.uniform(-4, 4))))
    scatter_trees(canvas, planting, per_hectare=7, diameter=(3, 7))
    planting.draw()


def _draw_band(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """From small to large y: runway, taxiway, apron, terminal, access road, car park."""
    extent, y = place
    rng = canvas.rng
    _lay_links(canvas, frame, place)
    _lay_strip(canvas, frame, (y - 66, 22.0), extent)
    _lay_strip(canvas, frame, (y - 28, 11.0), extent)
    apron = frame.outline(-extent, y - 14, extent, y + 52)
    canvas.cover([apron], slabs(canvas, frame.angle, side=6.0), label=PAVED_LABEL)
    road = Road((-extent, y + _ROAD_Y), 0.0, 2 * extent, 7.0)
    lay_asphalt(canvas, frame, [road])
    mark_lanes(canvas, frame, road, [])
    _build_terminal(canvas, frame, planting, (extent, y + 44))
    _park_aeroplanes(canvas, frame, planting, (extent, y + 11))
    taxiing = (float(rng.uniform(-25, 25)), y - 28)
    heading = frame.heading(*taxiing) + (np.pi if rng.random() < 0.5 else 0.0)
    planting.place(draw_light_aircraft(canvas, frame.place(*taxiing), heading))
    drive(canvas, frame, planting, road, spacing=22)
    _serve(canvas, frame, planting, (extent, y))


def _lay_links(canvas: Canvas, frame: Frame, place: tuple[float, float]) -> None:
    """Taxiways from the runway to the apron, each with its centre line."""
    rng = canvas.rng
    extent, y = place
    label = CLASS_LABELS["Road"]
    for x in np.arange(-extent, extent, float(rng.uniform(80, 120))) + float(rng.uniform(0, 40)):
        tarmac = paving(rng, (0.43, 0.43, 0.43))
        shoulders = frame.outline(x - 7.5, y - 58, x + 7.5, y - 13)
        canvas.cover([shoulders], paving(rng, (0.55, 0.54, 0.52)), label=PAVED_LABEL)
        link = frame.outline(x - 5.5, y - 58, x + 5.5, y - 13)
        canvas.cover([link], tarmac, label=label, instance=canvas.new_instance(label))
        line = frame.outline(x - 0.15, y - 55, x + 0.15, y - 13)
        canvas.mark([line], (0.80, 0.66, 0.22), opacity=0.85, wear=0.4)


def _lay_strip(canvas: Canvas, frame: Frame, place: tuple[float, float], extent: float) -> None:
    """A runway or taxiway along x with shoulders, centre line and edge lines; `place` is (y, width)."""
    rng = canvas.rng
    y, width = place
    label = CLASS_LABELS["Road"]
    shoulders = frame.outline(-extent, y - width / 2 - 2.5, extent, y + width / 2 + 2.5)
    canvas.cover([shoulders], paving(rng, (0.56, 0.55, 0.52)), label=PAVED_LABEL)
    strip = frame.outline(-extent, y - width / 2, extent, y + width / 2)
    tarmac = paving(rng, (0.40, 0.40, 0.41), stains=0.06)
    canvas.cover([strip], tarmac, label=label, instance=canvas.new_instance(label))
    edges = [
        frame.outline(-extent, y + s * (width / 2 - 1) - 0.3, extent, y + s * (width / 2 - 1) + 0.3)
        for s in (-1, 1)
    ]
    canvas.mark(edges, (0.86, 0.86, 0.83), opacity=0.7, wear=0.4)
    if width < 15:
        canvas.mark(
            [frame.outline(-extent, y - 0.15, extent, y + 0.15)], (0.80, 0.66, 0.22), opacity=0.85, wear=0.4
        )
        return
    for t in (-4.5, 4.5):
        rubber = frame.outline(-extent, y + t - 1.6, extent, y + t + 1.6)
        canvas.mark([rubber], (0.2, 0.2, 0.2), opacity=0.35, wear=0.6)
    dashes, x = [], -extent
    while x < extent:
        end = x + float(rng.uniform(17, 21))
        dashes.append(frame.outline(x, y - 0.45, end, y + 0.45))
        x = end + float(rng.uniform(11, 14))
    canvas.mark(dashes, (0.88, 0.88, 0.86), opacity=0.85, wear=0.4)


def _build_terminal(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Terminal halls and hangars side by side along x."""
    rng = canvas.rng
    extent, y = place
    x = -extent + float(rng.uniform(0, 20))
    while x < extent:
        length = float(rng.uniform(32, 60))
        centre = (x + length / 2, y)
        if canvas.sees(frame.place(*centre), margin=40):
            site = Site(frame.place(*centre), frame.heading(*centre), length, float(rng.uniform(13, 17)))
            hall = draw_shed(canvas, site) if rng.random() < 0.35 else draw_block(canvas, site, height=9.0)
            planting.place(hall, whole=False)
        x += length + float(rng.uniform(4, 14))


def _park_aeroplanes(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Aeroplanes nose to the terminal, with their lead-in lines; the first stands mid-picture."""
    rng = canvas.rng
    extent, y = place
    lines = []
    stands = np.arange(0, extent, 38.0)
    for x in [float(rng.uniform(-4, 4)), *stands[1:], *-stands[1:]]:
        centre = (float(x) + float(rng.normal(0, 1)), y + float(rng.uniform(0, 4)))
        lines.append(frame.outline(centre[0] - 0.15, y - 24, centre[0] + 0.15, y + 18))
        where = frame.place(*centre)
        if not canvas.sees(where, margin=0):
            continue
        heading = frame.heading(*centre, np.pi / 2) + float(rng.normal(0, 0.03))
        if rng.random() < 0.85 or x == 0:
            planting.place(draw_airliner(canvas, where, heading), gap=3)
        else:
            planting.place(draw_light_aircraft(canvas, where, heading + float(rng.normal(0, 0.4))))
    canvas.mark(lines, (0.82, 0.68, 0.20), opacity=0.85, wear=0.4)


def _serve(canvas: Canvas, frame: Frame, planting: Planting, place: tuple[float, float]) -> None:
    """Service vehicles on the apron, cars parked beyond the road, trees along it."""
    rng = canvas.rng
    extent, y = place
    for x in np.arange(-extent, extent, 13.0):
        spot = (float(x + rng.uniform(-4, 4)), y + float(rng.uniform(12, 33)))
        if canvas.sees(frame.place(*spot), margin=0):
            draw = draw_lorry if rng.random() < 0.45 else draw_car
            heading = frame.heading(*spot, float(rng.integers(4)) * np.pi / 2) + float(rng.normal(0, 0.06))
            planting.place(draw(canvas, frame.place(*spot), heading), gap=3)
    for x in np.arange(-extent, extent, 9.0):
        for row in (53.8, 82.0):
            spot = (float(x + rng.uniform(-3, 3)), y + row)
            plant_tree(canvas, planting, frame.place(*spot), diameter=(2.2, 3.4), on=OPEN_GROUND)
    lot = frame.outline(-extent, y + 65, extent, y + 79)
    canvas.cover([lot], paving(rng, (0.44, 0.44, 0.44)), label=PAVED_LABEL)
    for row in (67.5, 76.0):
        for x in np.arange(-extent, extent, 2.8):
            spot = (float(x + rng.normal(0, 0.1)), y + row + float(rng.normal(0, 0.2)))
            if rng.random() < 0.6 and canvas.sees(frame.place(*spot), margin=0):
                heading = frame.heading(*spot, np.pi / 2) + float(rng.normal(0, 0.04))
                planting.place(draw_car(canvas, frame.place(*spot), heading))
