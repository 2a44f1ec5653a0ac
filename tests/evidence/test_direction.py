import math
from collections.abc import Callable

import numpy as np
import pytest

from geotamper.evidence.direction import (
    Judgement,
    Pair,
    ResamplingJudge,
    RimJudge,
    judge_direction,
)
from geotamper.evidence.planes import Planes
from geotamper.evidence.resynthesis import Explanation
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.imagery.kernels import LINEAR
from geotamper.imagery.region import Region, Window

KINDS = ["suburb", "harbour", "airport", "farmland", "city"]
JUDGES = (ResamplingJudge(), RimJudge())


def _region(mask: BoolMask) -> Region:
    return Region.cut(Window(0, 0, mask.shape[1], mask.shape[0]), mask)


def _explained(share: float, residual: float) -> Explanation:
    return Explanation(np.eye(2, 3), LINEAR, 1.0, share, residual, 500.0, 1e-4)


def _regions(forgery: Forgery) -> tuple[Region, Region]:
    return _region(forgery.target_mask), _region(forgery.source_mask)


def _alike(forgery: Forgery) -> Pair:
    """Both regions follow from the other equally well, the copy first."""
    return Pair(_regions(forgery), (_explained(0.99, 0.1), _explained(0.99, 0.1)))


@pytest.mark.parametrize("kind", KINDS)
def test_rim_judge_knows_the_copy_by_its_outline(
    kind: str, case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    pair = _alike(forged(case(kind)))
    found = judge_direction(planes(case(kind)), pair, JUDGES)
    assert found.log_odds > 3
    assert found.basis.startswith("rim")
    exchanged = Pair(pair.regions[::-1], pair.explanations)
    again = judge_direction(planes(case(kind)), exchanged, JUDGES)
    assert again.log_odds == pytest.approx(-found.log_odds)


@pytest.mark.parametrize(
    ("first", "second"), [((0.99, 0.3), (0.70, 0.3)), ((0.97, 0.2), (0.95, 2.0)), ((0.95, 0.3), (0.6, 3.0))]
)
def test_resampling_judge_takes_the_exact_one_for_the_copy(
    first: tuple[float, float],
    second: tuple[float, float],
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
) -> None:
    regions, views = _regions(forged(case("city"))), planes(case("city"))
    explanations = _explained(*first), _explained(*second)
    found = ResamplingJudge().judge(views, Pair(regions, explanations))
    assert found.log_odds > 0
    # it comes first: the rim is not asked
    assert judge_direction(views, Pair(regions, explanations), JUDGES) == found
    again = ResamplingJudge().judge(views, Pair(regions, explanations[::-1]))
    assert again.log_odds == pytest.approx(-found.log_odds)


def test_resampling_judge_says_nothing_of_plain_moves(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    assert ResamplingJudge().judge(planes(case("city")), _alike(forged(case("city")))).log_odds == 0


def test_judge_direction_without_judges_is_undecided(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    found = judge_direction(planes(case("city")), _alike(forged(case("city"))), ())
    assert found.probability == 0.5


@pytest.mark.parametrize("log_odds", [-40.0, -2.0, 0.0, 0.3, 1e6])
def test_judgement_probability_is_that_of_the_likelier_side(log_odds: float) -> None:
    probability = Judgement(log_odds, "").probability
    assert 0.5 <= probability <= 1
    assert probability == pytest.approx(1 / (1 + math.exp(-min(abs(log_odds), 30))))
