"""The kernel of a tool outside the bank follows from the copy."""

import numpy as np
import pytest

from geotamper.evidence.planes import Planes
from geotamper.evidence.search import find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.evidence.unknown_kernel import LEAST_PIXELS, NAME, estimate_kernel
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.imagery.kernels import LINEAR
from geotamper.imagery.region import Region, Window
from geotamper.scenes import draw_scene

ONE_THREAD = EvidenceSettings(workers=1)


def mitchell(distance: float) -> float:
    """The cubic filter of Mitchell and Netravali with B = C = 1/3."""
    t = abs(distance)
    if t < 1:
        return (7 * t**3 - 12 * t**2 + 16 / 3) / 6
    return (-7 / 3 * t**3 + 12 * t**2 - 20 * t + 32 / 3) / 6 if t < 2 else 0.0


@pytest.fixture(scope="module")
def forged() -> Forgery:
    scene = draw_scene(kind="city", size=256, seed=4)
    rows, columns = np.mgrid[:256, :256]
    source = (columns - 80) ** 2 + (rows - 90) ** 2 < 32**2
    parameters = CopyMoveParameters(
        rotation_deg=37, scale=0.9, interpolation="mitchell", placement=(180.0, 170.0)
    )
    return copy_move(scene.pixels, source, parameters, rng=np.random.default_rng(0))


def test_estimate_kernel_finds_the_filter(forged: Forgery) -> None:
    assert forged.transform is not None
    region = Region.cut(Window(0, 0, 256, 256), forged.target_mask)
    kernel = estimate_kernel(
        Planes.of(forged.pixels),
        region,
        forged.transform.inverse().index_matrix,
        LINEAR.function,
        seed=0,
    )
    assert kernel is not None
    distances = np.linspace(0, 3, 25)
    expected = [mitchell(distance) for distance in distances]
    np.testing.assert_allclose(kernel.function(distances), expected, atol=0.02)


def test_estimate_kernel_asks_for_texture(forged: Forgery) -> None:
    small = np.zeros((256, 256), bool)
    small[100:110, 100:110] = True
    assert small.sum() < LEAST_PIXELS
    region = Region.cut(Window(0, 0, 256, 256), small)
    identity = np.array([[1.0, 0.0, 30.0], [0.0, 1.0, 30.0]])
    assert estimate_kernel(Planes.of(forged.pixels), region, identity, LINEAR.function, seed=0) is None


def test_find_evidence_finds_a_copy_by_an_unknown_tool(forged: Forgery) -> None:
    (copy,) = find_evidence(forged.pixels, settings=ONE_THREAD).copies
    assert copy.kernel == NAME
    assert (copy.target & forged.target_mask).sum() > 0.8 * (copy.target | forged.target_mask).sum()
    assert copy.transform.rotation_deg == pytest.approx(37, abs=0.05)
    assert copy.transform.scale == pytest.approx(0.9, abs=0.001)
