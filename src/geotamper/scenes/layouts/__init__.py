"""One plan per kind of place: what lies and stands where."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from geotamper.scenes.canvas import Canvas
from geotamper.scenes.layouts.airport import draw_airport
from geotamper.scenes.layouts.city import draw_city
from geotamper.scenes.layouts.farmland import draw_farmland
from geotamper.scenes.layouts.harbour import draw_harbour
from geotamper.scenes.layouts.suburb import draw_suburb
from geotamper.scenes.result import SceneKind

LAYOUTS: Mapping[SceneKind, Callable[[Canvas], None]] = MappingProxyType(
    {
        "suburb": draw_suburb,
        "harbour": draw_harbour,
        "airport": draw_airport,
        "farmland": draw_farmland,
        "city": draw_city,
    }
)
"""Draws a place of each kind onto an empty canvas."""
