"""Roads with their surface, kerbs and lane marks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour
from geotamper.scenes.geometry import Frame, Points, turned
from geotamper.scenes.ground import paving, soil
from geotamper.scenes.result import CLASS_LABELS, PAVED_LABEL

_WHITE: Colour = (0.86, 0.86, 0.83)
_YELLOW: Colour = (0.80, 0.66, 0.28)
_LABEL = CLASS_LABELS["Road"]


@dataclass(frozen=True)
class Road:
    """A straight road in plan coordinates; in the picture it follows the frame's bend.

    Attributes:
        start: One end, metres.
        angle: Direction of the road in the plan, radians.
        length: Metres.
        width: Of the carriageway, metres.
        lanes: Number of lanes.
        sidewalk: Width of the pavement on either side, metres.
    """

    start: tuple[float, float]
    angle: float
    length: float
    width: float
    lanes: int = 2
    sidewalk: float = 0.0

    def strip(self, s0: float, s1: float, t0: float, t1: float) -> Points:
        """Plan outline of the part from `s0` to `s1` along and `t0` to `t1` to the right of the axis."""
        stations = np.linspace(s0, s1, max(2, int((s1 - s0) / 4)))
        left = np.stack([stations, np.full(stations.shape, t0)], axis=1)
        right = np.stack([stations[::-1], np.full(stations.shape, t1)], axis=1)
        return self.to_plan(np.concatenate([left, right]))

    def to_plan(self, points: Points) -> Points:
        """Plan points of (distance along, distance to the right of the axis)."""
        return np.asarray(turned(points, self.angle) + np.asarray(self.start), dtype=np.float64)

    def lane_offsets(self) -> list[float]:
        """Middles of the lanes, metres to the right of the axis."""
        each = self.width / self.lanes
        return [(k + 0.5) * each - self.width / 2 for k in range(self.lanes)]


def lay_sidewalks(canvas: Canvas, frame: Frame, roads: list[Road]) -> None:
    """Pave beside the roads; to be done before any carriageway, so that crossings stay open."""
    outlines = [
        frame.to_pixels(r.strip(0, r.length, -r.width / 2 - r.sidewalk, r.width / 2 + r.sidewalk))
        for r in roads
        if r.sidewalk
    ]
    canvas.cover(outlines, paving(canvas.rng, (0.60, 0.59, 0.56), stains=0.08), label=PAVED_LABEL)


def lay_asphalt(canvas: Canvas, frame: Frame, roads: list[Road]) -> None:
    """Lay the carriageways, each an instance of its own, without marks."""
    rng = canvas.rng
    for road in roads:
        grey = float(rng.uniform(0.34, 0.44))
        half = road.width / 2
        outline = frame.to_pixels(road.strip(0, road.length, -half, half))
        surface = paving(rng, (grey, grey, grey * 1.02), stains=0.06)
        canvas.cover([outline], surface, label=_LABEL, instance=canvas.new_instance(_LABEL))
        _wear(canvas, frame, road)


def lay_track(canvas: Canvas, frame: Frame, road: Road) -> None:
    """Lay an unpaved track with two wheel ruts."""
    half = road.width / 2
    outline = frame.to_pixels(road.strip(0, road.length, -half, half))
    surface = soil(canvas.rng, (0.58, 0.51, 0.41))
    canvas.cover([outline], surface, label=_LABEL, instance=canvas.new_instance(_LABEL))
    ruts = [frame.to_pixels(road.strip(0, road.length, t - 0.3, t + 0.3)) for t in (-0.8, 0.8)]
    canvas.mark(ruts, (0.70, 0.64, 0.54), opacity=0.5, wear=0.6)


def mark_lanes(canvas: Canvas, frame: Frame, road: Road, gaps: list[tuple[float, float]]) -> None:
    """Paint centre line, lane lines and edge lines, left out over the `gaps` (from, to along the road)."""
    rng = canvas.rng
    each = road.width / road.lanes
    middle = _YELLOW if rng.random() < 0.4 else _WHITE
    solid: list[Points] = []
    dashed: list[Points] = []
    centre: list[Points] = []
    for s0, s1 in _open_parts(road.length, gaps):
        for side in (-1, 1):
            edge = side * (road.width / 2 - 0.35)
            solid.append(frame.to_pixels(road.strip(s0, s1, edge - 0.08, edge + 0.08)))
        for k in range(1, road.lanes):
            line = k * each - road.width / 2
            target = centre if abs(line) < 0.1 else dashed
            target += [frame.to_pixels(d) for d in _dashes(rng, road, (s0, s1), line)]
    canvas.mark(solid, _WHITE, opacity=0.5, wear=0.7)
    canvas.mark(dashed, _WHITE, opacity=0.8, wear=0.6)
    canvas.mark(centre, middle, opacity=0.8, wear=0.6)


def paint_crossing(canvas: Canvas, frame: Frame, road: Road, station: float) -> None:
    """Paint the bars of a pedestrian crossing at a distance along the road."""
    rng = canvas.rng
    bars = []
    t = -road.width / 2 + 0.5
    while t < road.width / 2 - 0.6:
        width = float(rng.uniform(0.5, 0.65))
        s0, s1 = station + rng.normal(0, 0.05), station + 3 + rng.normal(0, 0.05)
        bars.append(frame.to_pixels(road.strip(s0, s1, t, t + width)))
        t += width + float(rng.uniform(0.5, 0.65))
    canvas.mark(bars, _WHITE, opacity=0.85, wear=0.55)


def _wear(canvas: Canvas, frame: Frame, road: Road) -> None:
    """Darken the wheel paths and set patches of newer asphalt."""
    rng = canvas.rng
    paths = [
        frame.to_pixels(road.strip(0, road.length, lane + t - 0.4, lane + t + 0.4))
        for lane in road.lane_offsets()
        for t in (-0.85, 0.85)
    ]
    canvas.mark(paths, (0.27, 0.27, 0.28), opacity=0.22, wear=0.5)
    patches = []
    for _ in range(rng.poisson(road.length / 45)):
        s, t = rng.uniform(0, road.length), rng.uniform(-road.width / 2, road.width / 2 - 1)
        size = rng.uniform(1.0, 6.0), rng.uniform(0.6, 1.6)
        patches.append(frame.to_pixels(road.strip(s, s + size[0], t, min(t + size[1], road.width / 2))))
    canvas.mark(patches, (0.25, 0.25, 0.26), opacity=0.5)


def _open_parts(length: float, gaps: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    begin = 0.0
    for s0, s1 in [*sorted(gaps), (length, length)]:
        if s0 > begin:
            yield begin, s0
        begin = max(begin, s1)


def _dashes(rng: np.random.Generator, road: Road, part: tuple[float, float], line: float) -> Iterator[Points]:
    """Dashes of uneven length and spacing: painted by hand, and never the same pattern twice."""
    s = part[0] + float(rng.uniform(0, 3))
    while s < part[1] - 1:
        end = min(s + float(rng.uniform(2.6, 3.6)), part[1])
        half = float(rng.uniform(0.07, 0.1))
        yield road.strip(s, end, line - half, line + half)
        s = end + float(rng.uniform(3.2, 5.0))
