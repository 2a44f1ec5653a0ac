"""A drawn scene with a disc that was copied: by a plain move, and turned."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.scenes import draw_scene


@dataclass(frozen=True)
class Scenes:
    """One scene three times.

    Attributes:
        clean: (320, 320, 3) uint8 RGB, untouched.
        plain: A disc moved by whole pixels.
        turned: The same disc turned by 40 degrees.
    """

    clean: npt.NDArray[np.uint8]
    plain: Forgery
    turned: Forgery


@pytest.fixture(scope="session")
def scenes() -> Scenes:
    """See `Scenes`."""
    pixels = draw_scene(kind="harbour", size=320, seed=2).pixels
    rows, columns = np.mgrid[:320, :320]
    disc = (columns - 90) ** 2 + (rows - 100) ** 2 < 40**2
    plain, turned = (
        copy_move(pixels, disc, CopyMoveParameters(rotation_deg=degrees), rng=np.random.default_rng(4))
        for degrees in (0, 40)
    )
    return Scenes(pixels, plain, turned)
