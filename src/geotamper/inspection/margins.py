"""How far a measurement lies from where its answer would change, in standard deviations.

The answers themselves come from `geotamper.task.rules`; here is only how sure they are and what they rest on.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geotamper.task.catalogue import TypeName
from geotamper.task.facts import RegionFacts, TamperFacts
from geotamper.task.rules import ROTATION_THRESHOLD_DEG, SCALE_THRESHOLD, SIGMAS

OUTLINE_SIGMA_SHARE = 0.02
"""Assumed standard deviation of a mask's outline, as a share of the diameter of the circle of equal area."""

SMALLEST_OUTLINE_SIGMA = 1.0
"""Pixels: no outline is taken to be known better than this."""

AREA_LIMITS = (0.01, 0.05)


@dataclass(frozen=True)
class Margin:
    """The distance of a measurement from the border of its answer.

    Attributes:
        sigmas: At least 0; the answer is right with probability Phi(sigmas) if errors are Gaussian.
        basis: The measurement in words, without a full stop.
    """

    sigmas: float
    basis: str

    @property
    def probability(self) -> float:
        """That the measurement lies on the right side of the border, 0.5 to 1."""
        return 0.5 * (1 + math.erf(self.sigmas / math.sqrt(2)))


def margin(type_name: TypeName, facts: TamperFacts) -> Margin | None:
    """The margin of an answer, or None for types that rest on no measurement of a region.

    Args:
        type_name: What is asked; a check has the margin of the type it checks.
        facts: What was measured, both regions included.
    """
    measure = _MARGINS.get(type_name)
    return None if measure is None else measure(facts)


def outline_sigma(area_px: float) -> float:
    """Assumed standard deviation of a mask's outline, pixels."""
    diameter = 2 * math.sqrt(area_px / math.pi)
    return max(SMALLEST_OUTLINE_SIGMA, OUTLINE_SIGMA_SHARE * diameter)


def _source_location(facts: TamperFacts) -> Margin | None:
    name = "blurred" if facts.kind == "blur" else "source"
    return None if facts.source is None else _location(facts.source, name, facts)


def _target_location(facts: TamperFacts) -> Margin | None:
    return None if facts.target is None else _location(facts.target, "forged", facts)


def _location(region: RegionFacts, name: str, facts: TamperFacts) -> Margin:
    x, y = region.centroid
    borders = [abs(x - k * facts.width / 3) for k in (1, 2)] + [abs(y - k * facts.height / 3) for k in (1, 2)]
    distance = min(borders)
    return Margin(
        distance / outline_sigma(region.area_px),
        f"centroid of the {name} region at ({x:.1f}, {y:.1f}), "
        f"{distance:.0f} px from the nearest border of the 3 x 3 grid",
    )


def _area(facts: TamperFacts) -> Margin | None:
    if facts.target is None:
        return None
    frame = facts.width * facts.height
    share = facts.target.area_px / frame
    limit = min(AREA_LIMITS, key=lambda border: abs(share - border))
    perimeter = 2 * math.sqrt(math.pi * facts.target.area_px)
    sigma = perimeter * outline_sigma(facts.target.area_px) / frame
    return Margin(
        abs(share - limit) / sigma,
        f"the forged region covers {100 * share:.2f} % of the picture "
        f"(± {100 * sigma:.2f} %); the nearest limit is {100 * limit:.0f} %",
    )


def _direction(facts: TamperFacts) -> Margin | None:
    if facts.source is None or facts.target is None:
        return None
    dx = facts.target.centroid[0] - facts.source.centroid[0]
    dy = facts.target.centroid[1] - facts.source.centroid[1]
    # The answer changes at the diagonals; both centroids contribute their error.
    distance = abs(abs(dx) - abs(dy)) / math.sqrt(2)
    sigma = math.hypot(outline_sigma(facts.source.area_px), outline_sigma(facts.target.area_px))
    across = f"{abs(dx):.0f} px to the {'right' if dx >= 0 else 'left'}"
    along = f"{abs(dy):.0f} px {'below' if dy >= 0 else 'above'}"
    return Margin(distance / sigma, f"the copy lies {across} and {along}, from centroid to centroid")


def _size_change(facts: TamperFacts) -> Margin | None:
    if facts.scale is None:
        return None
    sigmas = _threshold_sigmas(abs(facts.scale - 1), SCALE_THRESHOLD, facts.scale_sigma)
    return Margin(sigmas, f"fitted scale {_measured(facts.scale, facts.scale_sigma)}")


def _rotated(facts: TamperFacts) -> Margin | None:
    if facts.rotation_deg is None:
        return None
    angle = abs(math.remainder(facts.rotation_deg, 360))
    sigmas = _threshold_sigmas(angle, ROTATION_THRESHOLD_DEG, facts.rotation_sigma)
    return Margin(sigmas, f"fitted rotation {_measured(facts.rotation_deg, facts.rotation_sigma)} degrees")


def _threshold_sigmas(change: float, threshold: float, sigma: float) -> float:
    """Margin to the rule's threshold, which itself is never below three sigmas of the fit."""
    tolerance = max(threshold, SIGMAS * sigma)
    return abs(change - tolerance) / (tolerance / SIGMAS)


def _measured(value: float, sigma: float) -> str:
    """A value with its standard deviation, to the digits that the deviation allows."""
    digits = 2 if sigma <= 0 else min(4, max(0, 1 - math.floor(math.log10(sigma))))
    shown = max(sigma, 10.0**-digits)
    return f"{value:.{digits}f} ± {shown:.{digits}f}"


_MARGINS: Mapping[TypeName, Callable[[TamperFacts], Margin | None]] = {
    "source_location": _source_location,
    "source_location_check": _source_location,
    "target_location": _target_location,
    "target_location_check": _target_location,
    "area": _area,
    "area_check": _area,
    "direction": _direction,
    "direction_check": _direction,
    "size_change": _size_change,
    "size_change_check": _size_change,
    "rotated": _rotated,
}
