"""Blocks of flat-roofed buildings, car parks and small parks between wide streets."""

import numpy as np

from geotamper.scenes.buildings import Site, draw_block
from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Frame
from geotamper.scenes.ground import grass, paving
from geotamper.scenes.layouts.common import OPEN_GROUND, frame_for, plant_tree
from geotamper.scenes.placement import Planting
from geotamper.scenes.result import OTHER_LABEL, PAVED_LABEL
from geotamper.scenes.roads import Road
from geotamper.scenes.streets import Block, StreetPlan, drive, lay_streets, plan_streets
from geotamper.scenes.vehicles import draw_car

_PLAN = StreetPlan(row_spacing=(62, 80), column_spacing=(74, 98), width=12.8, lanes=4, sidewalk=3.2)


def draw_city(canvas: Canvas) -> None:
    """Draw a city."""
    rng = canvas.rng
    frame, extent = frame_for(canvas)
    canvas.cover_all(paving(rng, (0.55, 0.54, 0.52), stains=0.1))
    streets = plan_streets(rng, extent, _PLAN)
    planting = Planting(canvas)
    lay_streets(canvas, frame, streets, crossings=True)
    blocks = [b for b in streets.blocks if canvas.sees(_middle(frame, b), margin=55)]
    # Every fourth block or so stays open, but never the first one seen.
    uses = [_build_up if k == 0 or rng.random() < 0.7 else _lay_car_park for k in range(len(blocks))]
    for block, use in zip(blocks, uses, strict=True):
        if use is _lay_car_park and rng.random() < 0.4:
            _lay_park(canvas, frame, planting, block)
        else:
            use(canvas, frame, planting, block)
    for road in streets.roads:
        drive(canvas, frame, planting, road, spacing=20)
        _plant_avenue(canvas, frame, planting, road)
    planting.draw()


def _middle(frame: Frame, block: Block) -> tuple[float, float]:
    return frame.place((block.x0 + block.x1) / 2, (block.y0 + block.y1) / 2)


def _build_up(canvas: Canvas, frame: Frame, planting: Planting, block: Block) -> None:
    """Divide a block into plots and fill most of each with a building."""
    rng = canvas.rng
    plots = _divide(rng, block)
    for plot in plots:
        length, width = plot.x1 - plot.x0, plot.y1 - plot.y0
        trim_x, trim_y = float(rng.uniform(1.5, 4)), float(rng.uniform(1.5, 4))
        centre = _middle(frame, plot)
        heading = frame.heading((plot.x0 + plot.x1) / 2, (plot.y0 + plot.y1) / 2)
        if width > length:
            length, width, trim_x, trim_y, heading = width, length, trim_y, trim_x, heading + np.pi / 2
        site = Site(centre, heading, length - trim_x, width - trim_y)
        planting.place(draw_block(canvas, site, height=float(rng.uniform(9, 22))), whole=False)
    for _ in range(4):
        x, y = float(rng.uniform(block.x0, block.x1)), float(rng.uniform(block.y0, block.y1))
        plant_tree(canvas, planting, frame.place(x, y), diameter=(3, 5), on=OPEN_GROUND)


def _divide(rng: np.random.Generator, block: Block) -> list[Block]:
    """Cut a block across its longer side until the plots are of building size."""
    length, width = block.x1 - block.x0, block.y1 - block.y0
    if max(length, width) < 34 or (max(length, width) < 46 and rng.random() < 0.4):
        return [block]
    share = float(rng.uniform(0.38, 0.62))
    if length >= width:
        x = block.x0 + share * length
        halves = Block(block.x0, block.y0, x, block.y1), Block(x, block.y0, block.x1, block.y1)
    else:
        y = block.y0 + share * width
        halves = Block(block.x0, block.y0, block.x1, y), Block(block.x0, y, block.x1, block.y1)
    return [plot for half in halves for plot in _divide(rng, half)]


def _lay_car_park(canvas: Canvas, frame: Frame, planting: Planting, block: Block) -> None:
    """Rows of parking bays, most of them taken."""
    rng = canvas.rng
    surface = paving(rng, (0.42, 0.42, 0.43), stains=0.07)
    canvas.cover([frame.outline(block.x0, block.y0, block.x1, block.y1)], surface, label=PAVED_LABEL)
    y, row, filled = block.y0 + 3.2, 0, float(rng.uniform(0.45, 0.8))
    lines = []
    while y < block.y1 - 3:
        x = block.x0 + 2.5
        while x < block.x1 - 2.5:
            lines.append(frame.outline(x - 0.06, y - 2.5, x + 0.06, y + 2.5))
            bay = (x + 1.35 + float(rng.normal(0, 0.08)), y + float(rng.normal(0, 0.2)))
            place = frame.place(*bay)
            if rng.random() < filled and x < block.x1 - 5 and canvas.sees(place, margin=0):
                heading = frame.heading(*bay, np.pi / 2) + float(rng.normal(0, 0.03))
                turn = np.pi if rng.random() < 0.4 else 0.0
                planting.place(draw_car(canvas, place, heading + turn))
            x += float(rng.uniform(2.65, 2.8))
        # Two rows stand nose to nose, then a lane follows.
        y += 11.6 if row % 2 else 5.4
        row += 1
    canvas.mark(lines, (0.82, 0.82, 0.80), opacity=0.65, wear=0.6)


def _lay_park(canvas: Canvas, frame: Frame, planting: Planting, block: Block) -> None:
    """Lawn with two crossing paths and trees."""
    rng = canvas.rng
    lawn = frame.outline(block.x0 + 0.5, block.y0 + 0.5, block.x1 - 0.5, block.y1 - 0.5)
    canvas.cover([lawn], grass(rng, dryness=0.25), label=OTHER_LABEL)
    corners = [(block.x0, block.y0), (block.x0, block.y1)]
    for x, y in corners:
        across = np.array([block.x1 - x, block.y0 + block.y1 - 2 * y])
        path = Road((x, y), float(np.arctan2(across[1], across[0])), float(np.hypot(*across)), 2.4)
        outline = frame.to_pixels(path.strip(0, path.length, -1.2, 1.2))
        canvas.cover([outline], paving(rng, (0.66, 0.62, 0.54)), label=PAVED_LABEL)
    for _ in range(40):
        x, y = float(rng.uniform(block.x0, block.x1)), float(rng.uniform(block.y0, block.y1))
        plant_tree(canvas, planting, frame.place(x, y), diameter=(4, 9), on=OPEN_GROUND)


def _plant_avenue(canvas: Canvas, frame: Frame, planting: Planting, road: Road) -> None:
    """Street trees on both pavements."""
    rng = canvas.rng
    for side in (-1, 1):
        s = float(rng.uniform(0, 10))
        while s < road.length:
            offset = side * (road.width / 2 + road.sidewalk * 0.55)
            x, y = road.to_plan(np.array([(s, offset)]))[0]
            place = frame.place(float(x), float(y))
            if rng.random() < 0.75:
                plant_tree(canvas, planting, place, diameter=(2.4, 4.2), on=frozenset({PAVED_LABEL}))
            s += float(rng.uniform(8, 14))
