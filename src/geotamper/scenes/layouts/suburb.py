"""Houses with gardens along quiet streets."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geotamper.scenes.buildings import Site, draw_house, draw_shed
from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Frame, ellipse
from geotamper.scenes.ground import grass, paving, water
from geotamper.scenes.layouts.common import OPEN_GROUND, frame_for, plant_tree, scatter_trees
from geotamper.scenes.placement import Planting
from geotamper.scenes.result import OTHER_LABEL, PAVED_LABEL, WATER_LABEL
from geotamper.scenes.streets import Block, StreetPlan, drive, lay_streets, plan_streets
from geotamper.scenes.vegetation import draw_hedge
from geotamper.scenes.vehicles import draw_car

_PLAN = StreetPlan(row_spacing=(66, 78), column_spacing=(105, 160), width=7.5, lanes=2, sidewalk=1.6)


@dataclass(frozen=True)
class _Lot:
    """A garden plot; `inward` is +1 where the street lies at smaller y, -1 where at larger."""

    x0: float
    x1: float
    front: float
    back: float
    inward: int

    def y(self, depth: float) -> float:
        """Plan y at a depth, metres, behind the street."""
        return self.front + self.inward * depth


def draw_suburb(canvas: Canvas) -> None:
    """Draw a suburb."""
    rng = canvas.rng
    frame, extent = frame_for(canvas, bend=float(rng.uniform(0, 5)))
    canvas.cover_all(grass(rng, dryness=0.3))
    streets = plan_streets(rng, extent, _PLAN)
    lots = [lot for block in streets.blocks for lot in _lots(rng, block)]
    seen = [lot for lot in lots if canvas.sees(frame.place((lot.x0 + lot.x1) / 2, lot.y(15)), margin=25)]
    planting = Planting(canvas)
    for lot in seen:
        dryness = float(rng.uniform(0.0, 0.8))
        canvas.cover([_outline(frame, lot)], grass(rng, dryness=dryness), label=OTHER_LABEL)
    lay_streets(canvas, frame, streets, crossings=False)
    for lot in seen:
        _build(canvas, frame, planting, lot)
    for road in streets.roads:
        drive(canvas, frame, planting, road, spacing=38)
    for lot in seen:
        _plant(canvas, frame, planting, lot)
    scatter_trees(canvas, planting, per_hectare=8)
    planting.draw()


def _lots(rng: np.random.Generator, block: Block) -> list[_Lot]:
    middle = (block.y0 + block.y1) / 2
    lots = []
    for front, inward in ((block.y0, 1), (block.y1, -1)):
        count = max(1, round((block.x1 - block.x0) / float(rng.uniform(19, 23))))
        edges = np.linspace(block.x0, block.x1, count + 1)
        edges[1:-1] += rng.uniform(-1.5, 1.5, count - 1)
        for x0, x1 in pairwise(edges):
            lots.append(_Lot(float(x0), float(x1), front, middle, inward))
    return lots


def _outline(frame: Frame, lot: _Lot) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return frame.outline(lot.x0 + 0.2, lot.front, lot.x1 - 0.2, lot.back)


def _build(canvas: Canvas, frame: Frame, planting: Planting, lot: _Lot) -> None:
    """House, drive with a car, and what else stands in the garden."""
    rng = canvas.rng
    depth = float(rng.uniform(12, 15))
    x, y = (lot.x0 + lot.x1) / 2 + float(rng.uniform(0, 1.5)), lot.y(depth)
    along = 0.0 if rng.random() < 0.75 else np.pi / 2
    length, width = float(rng.uniform(10.5, 14)), float(rng.uniform(7.5, 10))
    drive_x = lot.x0 + 1.9
    pave = paving(rng, (0.62, 0.60, 0.57), stains=0.08)
    lane = frame.outline(drive_x - 1.5, lot.front, drive_x + 1.5, lot.y(depth + 1))
    path = frame.outline(drive_x, lot.y(depth - 7), x, lot.y(depth - 5.6))
    terrace = frame.outline(x - 3, lot.y(depth), x + 3, lot.y(depth + 7.5))
    canvas.cover([lane, path, terrace], pave, label=PAVED_LABEL)
    heading = frame.heading(x, y, along) + float(rng.normal(0, 0.03))
    planting.place(draw_house(canvas, Site(frame.place(x, y), heading, length, width)), whole=False)
    if rng.random() < 0.65:
        spot = lot.y(float(rng.uniform(3.5, depth - 4)))
        outward = frame.heading(drive_x, spot, np.pi / 2) + (np.pi if rng.random() < 0.5 else 0.0)
        car = draw_car(canvas, frame.place(drive_x, spot), outward + float(rng.normal(0, 0.04)))
        planting.place(car)
    if rng.random() < 0.15:
        _dig_pool(canvas, frame, (x + float(rng.uniform(-3, 2)), lot.y(depth + 11)))
    elif rng.random() < 0.4:
        spot_x = float(rng.uniform(lot.x0 + 3, lot.x1 - 3))
        site = Site(frame.place(spot_x, lot.y(depth + 13)), frame.heading(spot_x, y), 4.2, 3.2)
        planting.place(draw_shed(canvas, site), whole=False)


def _dig_pool(canvas: Canvas, frame: Frame, place: tuple[float, float]) -> None:
    rng = canvas.rng
    basin = ellipse(place, float(rng.uniform(3, 4.2)), float(rng.uniform(1.7, 2.3)))
    rim = (basin - place) * 1.25 + place
    canvas.cover([frame.to_pixels(rim)], paving(rng, (0.74, 0.72, 0.67)), label=PAVED_LABEL)
    canvas.cover([frame.to_pixels(basin)], water(rng), label=WATER_LABEL)
    canvas.mark([frame.to_pixels(basin)], (0.35, 0.68, 0.76), opacity=0.75)


def _plant(canvas: Canvas, frame: Frame, planting: Planting, lot: _Lot) -> None:
    """Trees in front and behind, hedges along two borders."""
    rng = canvas.rng
    depth = abs(lot.back - lot.front)
    for _ in range(int(rng.integers(2, 7))):
        place = frame.place(
            float(rng.uniform(lot.x0 + 1, lot.x1 - 1)), lot.y(float(rng.uniform(2, depth - 1)))
        )
        plant_tree(canvas, planting, place, diameter=(2.5, 8), on=OPEN_GROUND)
    if rng.random() < 0.5:
        path = frame.to_pixels(np.array([(lot.x0, lot.y(depth * 0.4)), (lot.x0, lot.back)]))
        planting.place(
            draw_hedge(canvas, path, width=float(rng.uniform(1, 1.6))), whole=False, on=OPEN_GROUND
        )
    if rng.random() < 0.5:
        path = frame.to_pixels(np.array([(lot.x0 + 1, lot.back), (lot.x1 - 1, lot.back)]))
        planting.place(
            draw_hedge(canvas, path, width=float(rng.uniform(1, 1.8))), whole=False, on=OPEN_GROUND
        )
