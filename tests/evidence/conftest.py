"""Drawn scenes and forgeries of them, each made and searched once for all tests of this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.planes import Planes
from geotamper.evidence.results import Evidence
from geotamper.evidence.search import find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.scenes import Scene, SceneKind, draw_scene

SIZE = 256
PLACE = (190.0, 70.0)
SOURCE = (80.0, 175.0)
HALF_AXES = (32.0, 24.0)


@dataclass(frozen=True)
class Case:
    """A forgery of a drawn scene: an ellipse of it, turned, scaled and pasted elsewhere."""

    kind: SceneKind = "harbour"
    rotation: float = 0.0
    scale: float = 1.0
    interpolation: str = "opencv-linear"


Draw = Callable[[SceneKind], Scene]
Forge = Callable[[Case], Forgery]
Search = Callable[[Case], Evidence]
View = Callable[[Case], Planes]
Overlap = Callable[[BoolMask, BoolMask], float]
Ellipse = Callable[..., BoolMask]
Poses = Callable[[Forgery, npt.NDArray[np.int64]], npt.NDArray[np.float64]]


@cache
def _scene(kind: SceneKind) -> Scene:
    return draw_scene(kind=kind, size=SIZE, seed=2)


def _ellipse(
    centre: tuple[float, float] = SOURCE,
    half_axes: tuple[float, float] = HALF_AXES,
    shape: tuple[int, int] = (SIZE, SIZE),
) -> BoolMask:
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.asarray(((x - centre[0]) / half_axes[0]) ** 2 + ((y - centre[1]) / half_axes[1]) ** 2 <= 1)


@cache
def _forged(case: Case) -> Forgery:
    # an ellipse cuts through things that go on beyond it, so only the copy has a seam
    parameters = CopyMoveParameters(
        rotation_deg=case.rotation, scale=case.scale, interpolation=case.interpolation, placement=PLACE
    )
    return copy_move(_scene(case.kind).pixels, _ellipse(), parameters, rng=np.random.default_rng(0))


@cache
def _searched(case: Case) -> Evidence:
    return find_evidence(_forged(case).pixels, settings=EvidenceSettings(workers=1))


@cache
def _planes(case: Case) -> Planes:
    return Planes.of(_forged(case).pixels)


def _overlap(first: BoolMask, second: BoolMask) -> float:
    return int(np.count_nonzero(first & second)) / max(1, int(np.count_nonzero(first | second)))


def _true_poses(forgery: Forgery, centres: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    assert forgery.transform is not None
    back = forgery.transform.inverse().index_matrix
    turn = np.broadcast_to(back[0, :2], (len(centres), 2))
    return np.concatenate([turn, centres @ back[:, :2].T + back[:, 2]], axis=1)


@pytest.fixture(scope="session")
def case() -> type[Case]:
    """The class of the keys of `forged` and `searched`."""
    return Case


@pytest.fixture(scope="session")
def scene() -> Draw:
    """Draws the scene of a kind, 256 x 256 pixels."""
    return _scene


@pytest.fixture(scope="session")
def ellipse() -> Ellipse:
    """Builds the mask of an ellipse; that of the forgeries' source by default."""
    return _ellipse


@pytest.fixture(scope="session")
def forged() -> Forge:
    """Forges a scene."""
    return _forged


@pytest.fixture(scope="session")
def planes() -> View:
    """The views of a forged scene."""
    return _planes


@pytest.fixture(scope="session")
def searched() -> Search:
    """What the search finds in a forged scene, on one thread."""
    return _searched


@pytest.fixture(scope="session")
def true_poses() -> Poses:
    """The poses (a, b, u, v) that lead from pixels of the copy to their origin, as in `Hypotheses`."""
    return _true_poses


@pytest.fixture(scope="session")
def overlap() -> Overlap:
    """Intersection over union of two masks."""
    return _overlap


@pytest.fixture(scope="session")
def noise() -> npt.NDArray[np.uint8]:
    """White noise of 90 x 120 pixels."""
    return np.random.default_rng(4).integers(0, 256, (90, 120, 3), dtype=np.uint8)
