import numpy as np
import pytest

from _common.prior_opinion import MOST, PIXEL_LABELS, PriorMap, pair_opinion
from geotamper.imagery.region import Region, Window

SHAPE = (120, 160)


def certain(source: Region, copy: Region) -> PriorMap:
    """A network that is sure of two regions and of everything else."""
    labels = np.zeros((SHAPE[0] // 2, SHAPE[1] // 2), np.int64)
    labels[source.full(SHAPE)[::2, ::2]] = PIXEL_LABELS.index("source")
    labels[copy.full(SHAPE)[::2, ::2]] = PIXEL_LABELS.index("copy")
    chances = np.full((len(PIXEL_LABELS), *labels.shape), 1e-9, np.float32)
    np.put_along_axis(chances, labels[None], 1.0, axis=0)
    return PriorMap(np.log(chances))


def box(x: int, y: int, side: int) -> Region:
    return Region(Window(x, y, x + side, y + side), np.ones((side, side), np.bool_))


def test_pair_opinion_of_the_true_pair_is_sure() -> None:
    first, second = box(20, 20, 20), box(100, 60, 20)
    opinion = pair_opinion(certain(first, second), first, second, SHAPE)
    assert opinion == pytest.approx(
        {
            "prior_inside": MOST,
            "prior_least": MOST,
            "prior_contrast": 2 * MOST,
            "prior_outstanding": 2 * MOST,
        }
    )


def test_pair_opinion_of_another_pair_is_against_it() -> None:
    prior = certain(box(20, 20, 20), box(100, 60, 20))
    opinion = pair_opinion(prior, box(60, 20, 16), box(60, 80, 16), SHAPE)
    assert opinion["prior_inside"] == pytest.approx(-MOST)
    assert opinion["prior_contrast"] == pytest.approx(0.0)
    assert opinion["prior_outstanding"] < -MOST


def test_pair_opinion_does_not_depend_on_the_order() -> None:
    first, second = box(20, 20, 20), box(96, 60, 24)
    prior = certain(first, box(100, 60, 20))
    forth = pair_opinion(prior, first, second, SHAPE)
    assert forth == pytest.approx(pair_opinion(prior, second, first, SHAPE))


def test_pair_opinion_of_single_pixels_is_finite() -> None:
    prior = certain(box(20, 20, 20), box(100, 60, 20))
    opinion = pair_opinion(prior, box(119, 1, 1), box(1, 1, 1), SHAPE)
    assert all(np.isfinite(value) for value in opinion.values())


def test_log_odds_add_the_chances_of_labels() -> None:
    chances = np.array([0.5, 0.2, 0.2, 0.1], np.float32).reshape(4, 1, 1)
    prior = PriorMap(np.log(chances))
    assert prior.log_odds("source", "copy")[0, 0] == pytest.approx(np.log(0.4 / 0.6), abs=1e-5)
    assert prior.log_odds("blurred")[0, 0] == pytest.approx(np.log(0.1 / 0.9), abs=1e-5)
