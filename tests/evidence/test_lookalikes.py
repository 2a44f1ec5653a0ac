"""Inexact copies, on drawn scenes that were forged and then degraded."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError
from geotamper.evidence.hypotheses import CandidatePool
from geotamper.evidence.lookalikes import LikenessSearch
from geotamper.evidence.lookalikes.measuring import Candidate
from geotamper.evidence.lookalikes.search import CandidateSearch
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.planes import Planes
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.degradation import degrade, degrade_picture, parse_degradations
from geotamper.forge.forgery import Forgery
from geotamper.imagery.similarity import Similarity
from geotamper.scenes import SceneKind, draw_scene

SIZE = 256
DEGRADATIONS = ("jpeg:90", "jpeg:75", "resize:0.9", "noise:3")


@cache
def _forged(kind: SceneKind, degradation: str, rotation: float = 0.0, scale: float = 1.0) -> Forgery:
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    mask = ((x - 80.0) / 32.0) ** 2 + ((y - 175.0) / 24.0) ** 2 <= 1
    parameters = CopyMoveParameters(rotation_deg=rotation, scale=scale, placement=(190.0, 70.0))
    pixels = draw_scene(kind=kind, size=SIZE, seed=2).pixels
    rng = np.random.default_rng(0)
    return degrade(copy_move(pixels, mask, parameters, rng=rng), parse_degradations(degradation), rng=rng)


def _pool(pixels: npt.NDArray[np.uint8]) -> CandidatePool:
    return CandidatePool(Planes.of(pixels), workers=1, control=Control())


def _search(
    pixels: npt.NDArray[np.uint8], settings: EvidenceSettings | None = None
) -> tuple[list[CopyPair], list[CopyPair]]:
    settings = settings or EvidenceSettings()
    return LikenessSearch().run(_pool(pixels), settings=settings, workers=1, control=Control())


def _overlap(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    return int(np.count_nonzero(one & other)) / int(np.count_nonzero(one | other))


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_likeness_search_finds_both_regions(degradation: str) -> None:
    forgery = _forged("city", degradation, rotation=35.0, scale=1.2)
    accepted, _ = _search(forgery.pixels)
    assert len(accepted) == 1
    shape = forgery.pixels.shape[:2]
    regions = [accepted[0].source.full(shape), accepted[0].copy.full(shape)]
    if accepted[0].direction.probability < 0.9 and _overlap(regions[0], forgery.source_mask) < 0.5:
        regions.reverse()
    assert _overlap(regions[0], forgery.source_mask) > 0.7
    assert _overlap(regions[1], forgery.target_mask) > 0.7


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_likeness_search_measures_the_transform(degradation: str) -> None:
    forgery = _forged("city", degradation, rotation=35.0, scale=1.2)
    accepted, _ = _search(forgery.pixels)
    found = Similarity.from_index_matrix(accepted[0].matrix).inverse()
    if _overlap(accepted[0].copy.full(forgery.pixels.shape[:2]), forgery.target_mask) < 0.5:
        found = found.inverse()
    sigma = accepted[0].pose_sigma
    assert abs(found.rotation_deg - 35.0) < max(0.3, 5 * math.degrees(sigma))
    assert abs(found.scale - 1.2) < max(0.005, 5 * sigma)
    assert 0 < sigma < 0.02


@pytest.mark.parametrize("degradation", ["none", *DEGRADATIONS])
@pytest.mark.parametrize("kind", ["suburb", "harbour", "farmland"])
def test_likeness_search_leaves_untouched_scenes_alone(kind: SceneKind, degradation: str) -> None:
    pixels = draw_scene(kind=kind, size=SIZE, seed=3).pixels
    rng = np.random.default_rng(0)
    accepted, _ = _search(degrade_picture(pixels, parse_degradations(degradation), rng=rng))
    assert accepted == []


def test_likeness_search_does_not_depend_on_the_number_of_threads() -> None:
    pool = _pool(_forged("city", "jpeg:75", rotation=35.0, scale=1.2).pixels)
    one, two = (
        LikenessSearch().run(pool, settings=EvidenceSettings(), workers=workers, control=Control())[0]
        for workers in (1, 2)
    )
    assert len(one) == len(two) == 1
    assert np.array_equal(one[0].copy.mask, two[0].copy.mask)
    assert one[0].probability == two[0].probability


def test_likeness_search_accepts_less_at_a_lower_false_alarm_rate() -> None:
    pixels = _forged("city", "jpeg:75", rotation=35.0, scale=1.2).pixels
    accepted, _ = _search(pixels, EvidenceSettings(false_alarm_rate=0.1))
    strict, undecided = _search(pixels, EvidenceSettings(false_alarm_rate=1e-9))
    assert len(accepted) == 1
    assert strict == []
    assert [pair.probability for pair in undecided] == [accepted[0].probability]


def test_likeness_search_reports_pairs_that_share_no_place() -> None:
    forgery = _forged("city", "jpeg:90", rotation=35.0, scale=1.2)
    accepted, undecided = _search(forgery.pixels, EvidenceSettings(false_alarm_rate=0.5))
    shape = forgery.pixels.shape[:2]
    copies = [pair.copy.full(shape) for pair in (*accepted, *undecided)]
    assert all(_overlap(one, other) < 0.3 for i, one in enumerate(copies) for other in copies[:i])


def test_likeness_search_without_sources_finds_nothing() -> None:
    pool = _pool(_forged("city", "jpeg:90", rotation=35.0, scale=1.2).pixels)
    search = LikenessSearch(CandidateSearch(origins=()))
    assert search.run(pool, settings=EvidenceSettings(), workers=1, control=Control()) == ([], [])


class _Shifted(CandidateSearch):
    """Says of every candidate that it is shifted by whole JPEG blocks, with an outline that is a step or none."""

    step = 0.5

    def run(self, pool: CandidatePool, *, workers: int, control: Control) -> list[Candidate]:
        found = super().run(pool, workers=workers, control=control)
        altered = {"grid_shift": 1.0, "seam": self.step}
        return [replace(candidate, features=candidate.features | altered) for candidate in found]


class _Echoed(_Shifted):
    step = -0.3


@pytest.mark.parametrize(("search", "count"), [(_Shifted, 1), (_Echoed, 0)])
def test_likeness_search_takes_no_echo_of_jpeg_blocks_for_a_copy(
    search: type[CandidateSearch], count: int
) -> None:
    pool = _pool(_forged("city", "jpeg:90", rotation=35.0, scale=1.2).pixels)
    found = LikenessSearch(search()).run(pool, settings=EvidenceSettings(), workers=1, control=Control())
    assert len(found[0]) == count


def test_likeness_search_of_a_flat_picture_is_nothing() -> None:
    assert _search(np.full((64, 80, 3), 127, np.uint8)) == ([], [])


def test_likeness_search_can_be_cancelled() -> None:
    pool = _pool(_forged("city", "jpeg:90", rotation=35.0, scale=1.2).pixels)
    control = Control(is_cancelled=lambda: True)
    with pytest.raises(CancelledError):
        LikenessSearch().run(pool, settings=EvidenceSettings(), workers=1, control=control)
