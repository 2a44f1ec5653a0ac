"""A net of streets, the blocks between them and the traffic on them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Frame
from geotamper.scenes.placement import Planting
from geotamper.scenes.roads import Road, lay_asphalt, lay_sidewalks, mark_lanes, paint_crossing
from geotamper.scenes.vehicles import draw_car, draw_lorry


@dataclass(frozen=True)
class Block:
    """A rectangle between streets, plan metres."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class StreetPlan:
    """How streets are spaced and built.

    Attributes:
        row_spacing: Range of distances between streets along x, metres.
        column_spacing: Range of distances between streets along y, metres.
        width: Of the carriageways, metres.
        lanes: Lanes per street.
        sidewalk: Width of each pavement, metres.
    """

    row_spacing: tuple[float, float]
    column_spacing: tuple[float, float]
    width: float
    lanes: int
    sidewalk: float


@dataclass(frozen=True)
class Streets:
    """Streets as laid, and the blocks that they leave."""

    roads: list[Road]
    blocks: list[Block]


def plan_streets(rng: np.random.Generator, extent: float, plan: StreetPlan) -> Streets:
    """Space streets over a square of `extent` metres to each side of the origin."""
    rows = _positions(rng, extent, plan.row_spacing)
    columns = _positions(rng, extent, plan.column_spacing)
    size = 2 * extent
    roads = [Road((-extent, y), 0.0, size, plan.width, plan.lanes, plan.sidewalk) for y in rows]
    roads += [Road((x, -extent), np.pi / 2, size, plan.width, plan.lanes, plan.sidewalk) for x in columns]
    inset = plan.width / 2 + plan.sidewalk
    blocks = [
        Block(x0 + inset, y0 + inset, x1 - inset, y1 - inset)
        for x0, x1 in pairwise(columns)
        for y0, y1 in pairwise(rows)
    ]
    return Streets(roads, blocks)


def lay_streets(canvas: Canvas, frame: Frame, streets: Streets, *, crossings: bool) -> None:
    """Pave, asphalt and mark the net, with marks left out on the junctions."""
    lay_sidewalks(canvas, frame, streets.roads)
    lay_asphalt(canvas, frame, streets.roads)
    for road in streets.roads:
        others = [r for r in streets.roads if r.angle != road.angle]
        axis = 0 if road.angle == 0 else 1
        middles = sorted(other.start[axis] - road.start[axis] for other in others)
        reach = others[0].width / 2 + 1.5 if others else 0.0
        if crossings:
            for middle in middles:
                paint_crossing(canvas, frame, road, middle - reach - 3)
                paint_crossing(canvas, frame, road, middle + reach)
            reach += 4
        mark_lanes(canvas, frame, road, [(middle - reach, middle + reach) for middle in middles])


def drive(canvas: Canvas, frame: Frame, planting: Planting, road: Road, *, spacing: float) -> None:
    """Put traffic on a road, about `spacing` metres apart in each lane, keeping to the right."""
    rng = canvas.rng
    for offset in road.lane_offsets():
        s = float(rng.uniform(0, spacing))
        while s < road.length:
            x, y = road.to_plan(np.array([(s, offset + rng.normal(0, 0.12))]))[0]
            place = frame.place(x, y)
            if canvas.sees(place, margin=0):
                # Positive offsets lie to the right of the axis, so traffic there runs along it.
                along = road.angle if offset > 0 else road.angle + np.pi
                heading = frame.heading(x, y, along) + float(rng.normal(0, 0.02))
                draw = draw_lorry if rng.random() < 0.1 else draw_car
                planting.place(draw(canvas, place, heading), gap=3)
            s += float(rng.exponential(spacing)) + 7


def _positions(rng: np.random.Generator, extent: float, spacing: tuple[float, float]) -> list[float]:
    """Places from one end to the other, of which one lies near the middle."""
    start = float(rng.uniform(-0.3, 0.3)) * spacing[0]
    up, down = [start], [start]
    while up[-1] < extent:
        up.append(up[-1] + float(rng.uniform(*spacing)))
    while down[-1] > -extent:
        down.append(down[-1] - float(rng.uniform(*spacing)))
    return [*reversed(down[1:]), *up]
