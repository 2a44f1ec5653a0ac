"""Fields between hedges and tracks, a country road and farmsteads."""

import numpy as np

from geotamper.scenes.buildings import Site, draw_house, draw_shed
from geotamper.scenes.canvas import Canvas
from geotamper.scenes.fields import lay_field
from geotamper.scenes.geometry import Frame
from geotamper.scenes.ground import grass, soil
from geotamper.scenes.layouts.common import OPEN_GROUND, frame_for, plant_tree, scatter_trees
from geotamper.scenes.placement import Planting
from geotamper.scenes.result import OTHER_LABEL
from geotamper.scenes.roads import Road, lay_asphalt, lay_track, mark_lanes
from geotamper.scenes.streets import Block, drive
from geotamper.scenes.vehicles import draw_car, draw_lorry

_FIELD_SIDE = 62.0
_VERGE = 2.2


def draw_farmland(canvas: Canvas) -> None:
    """Draw farmland."""
    rng = canvas.rng
    frame, extent = frame_for(canvas, bend=float(rng.uniform(0, 4)))
    canvas.cover_all(grass(rng, dryness=0.35))
    road_y = float(rng.uniform(-0.25, 0.25)) * min(extent, 90)
    road = Road((-extent, road_y), 0.0, 2 * extent, 6.2)
    edge = road.width / 2 + _VERGE
    plots = _divide(rng, Block(-extent, -extent, extent, road_y - edge))
    plots += _divide(rng, Block(-extent, road_y + edge, extent, extent))
    farms = _choose_farms(rng, plots, road_y)
    for plot in plots:
        if plot not in farms:
            _lay_plot(canvas, frame, plot)
    _lay_tracks(canvas, frame, plots)
    lay_asphalt(canvas, frame, [road])
    mark_lanes(canvas, frame, road, [])
    planting = Planting(canvas)
    for plot in farms:
        _build_farm(canvas, frame, planting, plot, road_y)
    drive(canvas, frame, planting, road, spacing=45)
    for plot in plots:
        _plant_hedgerow(canvas, frame, planting, plot)
    scatter_trees(canvas, planting, per_hectare=5, diameter=(4, 10))
    planting.draw()


def _divide(rng: np.random.Generator, block: Block) -> list[Block]:
    length, width = block.x1 - block.x0, block.y1 - block.y0
    if max(length, width) < _FIELD_SIDE * float(rng.uniform(1.2, 1.6)):
        return [block]
    share = float(rng.uniform(0.36, 0.64))
    if length >= width:
        x = block.x0 + share * length
        halves = Block(block.x0, block.y0, x, block.y1), Block(x, block.y0, block.x1, block.y1)
    else:
        y = block.y0 + share * width
        halves = Block(block.x0, block.y0, block.x1, y), Block(block.x0, y, block.x1, block.y1)
    return [plot for half in halves for plot in _divide(rng, half)]


def _choose_farms(rng: np.random.Generator, plots: list[Block], road_y: float) -> list[Block]:
    """Plots beside the road with a farmstead: the one nearest the middle, and more in large pictures."""
    beside = [p for p in plots if min(abs(p.y0 - road_y), abs(p.y1 - road_y)) < 8]
    beside.sort(key=lambda p: abs(p.x0 + p.x1))
    return beside[:1] + [p for p in beside[4:] if rng.random() < 0.2]


def _lay_plot(canvas: Canvas, frame: Frame, plot: Block) -> None:
    rng = canvas.rng
    x, y = (plot.x0 + plot.x1) / 2, (plot.y0 + plot.y1) / 2
    if not canvas.sees(frame.place(x, y), margin=75):
        return
    along = 0.0 if plot.x1 - plot.x0 > plot.y1 - plot.y0 else np.pi / 2
    direction = frame.heading(x, y, along) + float(rng.normal(0, 0.12))
    outline = frame.outline(plot.x0 + _VERGE, plot.y0 + _VERGE, plot.x1 - _VERGE, plot.y1 - _VERGE)
    outline += rng.normal(0, 0.5 * canvas.unit, outline.shape) if frame.bend == 0 else 0.0
    lay_field(canvas, outline, direction)


def _lay_tracks(canvas: Canvas, frame: Frame, plots: list[Block]) -> None:
    """Tracks along some of the borders between fields, from one end of the border to the other."""
    rng = canvas.rng
    for plot in plots:
        if rng.random() < 0.3:
            lay_track(canvas, frame, Road((plot.x1, plot.y0), np.pi / 2, plot.y1 - plot.y0, 3.0))


def _build_farm(canvas: Canvas, frame: Frame, planting: Planting, plot: Block, road_y: float) -> None:
    """A yard near the road with a house, barns, vehicles and trees."""
    rng = canvas.rng
    x = float(np.clip(0.0, plot.x0 + 22, max(plot.x0 + 22, plot.x1 - 22)))
    away = 1 if (plot.y0 + plot.y1) / 2 > road_y else -1
    yard = frame.outline(x - 19, road_y + away * 4, x + 19, road_y + away * 34)
    canvas.cover([yard], soil(rng, (0.60, 0.55, 0.46)), label=OTHER_LABEL)
    turn = float(rng.normal(0, 0.06))
    for dx, depth, size, draw in (
        (-9.0, 12.0, (13.0, 9.0), draw_house),
        (9.5, 13.0, (17.0, 10.0), draw_shed),
        (-3.0, 28.0, (26.0, 11.0), draw_shed),
    ):
        length, width = (float(side * rng.uniform(0.85, 1.05)) for side in size)
        place = (x + dx, road_y + away * depth)
        heading = frame.heading(*place) + turn + float(rng.normal(0, 0.03))
        planting.place(draw(canvas, Site(frame.place(*place), heading, length, width)), whole=False)
    for k in range(6):
        spot = (x + float(rng.uniform(-16, 16)), road_y + away * float(rng.uniform(6, 22)))
        draw_vehicle = draw_lorry if k == 0 else draw_car
        planting.place(draw_vehicle(canvas, frame.place(*spot), float(rng.uniform(0, 2 * np.pi))))
    for _ in range(14):
        spot = (x + float(rng.uniform(-24, 24)), road_y + away * float(rng.uniform(6, 42)))
        plant_tree(canvas, planting, frame.place(*spot), diameter=(4, 9), on=OPEN_GROUND)


def _plant_hedgerow(canvas: Canvas, frame: Frame, planting: Planting, plot: Block) -> None:
    """Bushes and trees along one side of a plot, with gaps."""
    rng = canvas.rng
    if rng.random() < 0.35:
        return
    x, dense = plot.x0, float(rng.uniform(0.5, 0.95))
    while x < plot.x1:
        place = frame.place(x, plot.y1 + float(rng.normal(0, 0.5)))
        if rng.random() < dense:
            plant_tree(canvas, planting, place, diameter=(2.5, float(rng.uniform(4, 11))))
        x += float(rng.uniform(2.5, 6))
