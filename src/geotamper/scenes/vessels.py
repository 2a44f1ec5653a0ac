"""Ships and boats seen from above, with deck details and wakes."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour
from geotamper.scenes.geometry import Points, box_at, ellipse, mirrored, rectangle, turned
from geotamper.scenes.ground import varied
from geotamper.scenes.result import CLASS_LABELS, WATER_LABEL
from geotamper.scenes.stencil import Sprite, Stencil

_LABEL = CLASS_LABELS["Ship"]
_DECKS: tuple[Colour, ...] = ((0.45, 0.28, 0.23), (0.30, 0.40, 0.35), (0.46, 0.48, 0.49), (0.58, 0.52, 0.42))
_BOXES: tuple[Colour, ...] = (
    (0.58, 0.24, 0.19), (0.19, 0.35, 0.52), (0.70, 0.70, 0.68), (0.25, 0.42, 0.30), (0.72, 0.52, 0.21),
    (0.36, 0.36, 0.40),
)  # fmt: skip


@dataclass(frozen=True)
class Hull:
    """Where a vessel lies and how large it is.

    Attributes:
        centre: Picture position, pixels.
        heading: Picture direction of the bow, radians.
        length: Metres.
        beam: Metres.
    """

    centre: tuple[float, float]
    heading: float
    length: float
    beam: float


def draw_freighter(canvas: Canvas, hull: Hull) -> Sprite:
    """A cargo ship: containers or hatches on deck, bridge at the stern."""
    rng = canvas.rng
    stencil = _stencil(canvas, hull)
    deck = varied(rng, _DECKS[int(rng.integers(len(_DECKS)))], 0.08)
    stencil.polygon(_outline(hull.length, hull.beam, 0.16), [c * 0.6 for c in deck])
    stencil.polygon(_outline(hull.length - 1.0, hull.beam - 1.0, 0.16), deck)
    stencil.weather(rng, strength=0.07, cell=4)
    bridge = -hull.length / 2 + float(rng.uniform(0.08, 0.13)) * hull.length
    room = (bridge + 0.07 * hull.length, 0.36 * hull.length)
    (_containers if rng.random() < 0.6 else _hatches)(canvas, stencil, hull, room)
    _bridge(canvas, stencil, (bridge, hull.beam), depth=0.08 * hull.length)
    mast = ellipse((0.43 * hull.length, 0), 0.5, 0.5)
    stencil.polygon(mast, (0.75, 0.75, 0.72))
    return stencil.sprite(_LABEL, height=float(rng.uniform(5, 8)))


def draw_yacht(canvas: Canvas, hull: Hull) -> Sprite:
    """A boat or ferry: white hull, cabin with dark windows, teak or grey deck."""
    rng = canvas.rng
    stencil = _stencil(canvas, hull)
    length, beam = hull.length, hull.beam
    white = varied(rng, (0.88, 0.88, 0.87), 0.04)
    stencil.polygon(_outline(length, beam, 0.38), white)
    deck = varied(
        rng, ((0.62, 0.50, 0.36), (0.70, 0.71, 0.71), (0.50, 0.57, 0.62))[int(rng.integers(3))], 0.07
    )
    stencil.polygon(_outline(length * 0.9, beam * 0.76, 0.4), deck)
    back, front = float(rng.uniform(-0.3, -0.15)) * length, float(rng.uniform(0.08, 0.2)) * length
    half = beam * float(rng.uniform(0.26, 0.34))
    shoulder = front - 0.06 * length
    side = np.array([(back, -half), (shoulder, -half), (front, -0.5 * half)])
    cabin = np.concatenate([side, mirrored(side)[::-1]])
    stencil.darken([cabin + _shadow(canvas, stencil, step) for step in (0.4, 0.9, 1.4)], 0.6)
    stencil.polygon(cabin, _dark(rng))
    stencil.polygon(cabin * 0.82 + (0.18 * back * 0.7, 0), varied(rng, (0.84, 0.84, 0.83), 0.05))
    stencil.polygon(
        rectangle(-0.45 * length, -half * 0.7, -0.36 * length, half * 0.7),
        varied(rng, (0.42, 0.30, 0.24), 0.1),
    )
    stencil.weather(rng, strength=0.03, cell=1.5)
    return stencil.sprite(_LABEL, height=float(rng.uniform(0.12, 0.18)) * length + 0.8)


def draw_wake(canvas: Canvas, hull: Hull) -> None:
    """Foam behind a vessel under way: a churned band and two spreading arms, over the water."""
    rng = canvas.rng
    reach = hull.length * float(rng.uniform(1.2, 1.9))
    stern = -hull.length / 2
    spread = float(rng.uniform(0.16, 0.22))
    steps = 30
    for k in range(steps):
        # Older foam is wider and fainter.
        near, far = stern - reach * k / steps, stern - reach * (k + 1) / steps
        fade = 1 - k / steps
        w0, w1 = hull.beam * (0.35 + 0.3 * k / steps), hull.beam * (0.35 + 0.3 * (k + 1) / steps)
        churn = np.array([(near, -w0), (near, w0), (far, w1), (far, -w1)])
        arms = [_arm(hull, side, near, far, spread) for side in (-1.0, 1.0)]
        canvas.mark(
            [_placed(canvas, hull, churn)], (0.72, 0.79, 0.79), opacity=0.55 * fade, wear=0.8, on=WATER_LABEL
        )
        canvas.mark(
            [_placed(canvas, hull, a) for a in arms], (0.70, 0.78, 0.79), opacity=0.4 * fade, wear=0.9
        )
    bow = _outline(hull.length * 1.05, hull.beam * 1.35, 0.3)
    canvas.mark([_placed(canvas, hull, bow)], (0.75, 0.81, 0.81), opacity=0.5, wear=0.9, on=WATER_LABEL)


def _arm(hull: Hull, side: float, near: float, far: float, spread: float) -> Points:
    bow = hull.length * 0.3
    width = 0.12 * hull.beam + 0.3

    def edge(x: float) -> float:
        return side * (hull.beam * 0.4 + spread * (bow - x))

    return np.array(
        [
            (near, edge(near) - width),
            (near, edge(near) + width),
            (far, edge(far) + width),
            (far, edge(far) - width),
        ]
    )


def _placed(canvas: Canvas, hull: Hull, points: Points) -> Points:
    place = turned(points, hull.heading) * canvas.unit + np.asarray(hull.centre)
    return np.asarray(place, dtype=np.float64)


def _stencil(canvas: Canvas, hull: Hull) -> Stencil:
    return Stencil(hull.centre, hull.heading, unit=canvas.unit, radius=hull.length * 0.53)


def _outline(length: float, beam: float, bow: float) -> Points:
    """Hull from above; the bow takes the share `bow` of the length to narrow to a point."""
    a, b = length / 2, beam / 2
    shoulder = a - bow * length
    t = np.linspace(0, 1, 9)
    side = np.stack([shoulder + (a - shoulder) * t, b * (1 - t**1.8)], axis=1)
    right = np.concatenate([[(-a, 0.78 * b), (-a + 0.06 * length, b)], side])
    return np.concatenate([right, right[::-1] * (1, -1)])


def _dark(rng: np.random.Generator) -> Colour:
    return varied(rng, (0.17, 0.20, 0.24), 0.1)


def _shadow(canvas: Canvas, stencil: Stencil, height: float) -> tuple[float, float]:
    """How far, in the vessel's own axes, something `height` metres above the deck throws its shadow."""
    away, length = canvas.light.away, height * canvas.light.reach
    cos, sin = np.cos(stencil.heading), np.sin(stencil.heading)
    return float(away[0] * cos + away[1] * sin) * length, float(away[1] * cos - away[0] * sin) * length


def _bridge(canvas: Canvas, stencil: Stencil, place: tuple[float, float], *, depth: float) -> None:
    rng = canvas.rng
    x, beam = place
    house = box_at((x, 0), depth, beam * 0.86)
    stencil.darken([house + _shadow(canvas, stencil, h) for h in np.linspace(0, 4, 6)], 0.55)
    stencil.polygon(house, varied(rng, (0.84, 0.84, 0.82), 0.04))
    stencil.polygon(
        box_at((x + depth * 0.28, 0), depth * 0.22, beam * 0.94), varied(rng, (0.74, 0.75, 0.75), 0.04)
    )
    stencil.polygon(box_at((x + depth * 0.42, 0), 0.5, beam * 0.8), _dark(rng))
    stencil.polygon(
        box_at((x - depth * 0.25, float(rng.normal(0, 0.3))), depth * 0.3, beam * 0.2),
        varied(rng, (0.55, 0.25, 0.18), 0.15),
    )


def _containers(canvas: Canvas, stencil: Stencil, hull: Hull, room: tuple[float, float]) -> None:
    """Stacks of containers across the deck; stacks differ in height, so some throw shadows on others."""
    rng = canvas.rng
    x = room[0] + 0.8
    across = max(2, int((hull.beam - 1.6) / 2.45))
    while x + 6.1 < room[1]:
        for k in range(across):
            y = (k - (across - 1) / 2) * 2.45
            if rng.random() < 0.86:
                colour = varied(rng, _BOXES[int(rng.integers(len(_BOXES)))], 0.12)
                stack = box_at((x + 3.05, y), 6.0, 2.35)
                stencil.polygon(stack, [c * float(rng.uniform(0.8, 1.1)) for c in colour])
                stencil.darken([rectangle(x + 0.05, y - 1.17, x + 6.05, y - 0.9)], 0.8)
        x += 6.1 + float(rng.uniform(0.15, 1.0))
    stencil.ribs(rng, spacing=0.5, strength=0.035)


def _hatches(canvas: Canvas, stencil: Stencil, hull: Hull, room: tuple[float, float]) -> None:
    """Hatch covers of a bulk carrier with cranes between them."""
    rng = canvas.rng
    count = int(rng.integers(3, 6))
    edges = np.linspace(room[0], room[1], count + 1)
    colour = varied(rng, (0.60, 0.42, 0.33), 0.15)
    for x0, x1 in pairwise(edges):
        hatch = rectangle(x0 + 1.0, -hull.beam * 0.3, x1 - 0.8, hull.beam * 0.3)
        stencil.darken([hatch + _shadow(canvas, stencil, h) for h in (0.5, 1.0)], 0.6)
        stencil.polygon(hatch, varied(rng, colour, 0.05))
        stencil.darken([box_at(((x0 + x1) / 2, 0), 0.3, hull.beam * 0.6)], 0.7)
        arm = turned(rectangle(0, -0.35, min(8.0, x1 - x0), 0.35), float(rng.normal(0, 0.15)))
        arm = arm + np.array([x0, 0])
        stencil.darken([arm + _shadow(canvas, stencil, 3)], 0.65)
        stencil.polygon(arm, varied(rng, (0.80, 0.72, 0.40), 0.1))
