"""A drawn scene and its forgery."""

import numpy as np
import pytest

from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.scenes import Scene, draw_scene


@pytest.fixture(scope="package")
def drawn() -> Scene:
    """A harbour of 1024 x 768 pixels: four tiles."""
    return draw_scene(kind="harbour", size=(768, 1024), seed=5)


@pytest.fixture(scope="package")
def forgery(drawn: Scene) -> Forgery:
    """A building of the upper left quarter, turned and enlarged, in the lower right one."""
    fits = [
        thing
        for thing in drawn.objects
        if thing.area_px > 1200 and thing.bbox[2] < 470 and thing.bbox[3] < 370 and thing.bbox[0] > 8
    ]
    mask = drawn.mask(max(fits, key=lambda thing: thing.area_px if thing.area_px < 6000 else 0).id)
    parameters = CopyMoveParameters(rotation_deg=40, scale=1.25, placement=(850.0, 600.0))
    return copy_move(drawn.pixels, mask, parameters, rng=np.random.default_rng(0))
