"""Mask agreement against sets of pixels, and the rules for found, exchanged and missed."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geotamper.errors import SpecificationError
from geotamper.metrics import (
    RegionPair,
    f1_score,
    intersection_over_union,
    localisation_metrics,
    localise,
)

Mask = npt.NDArray[np.bool_]
SHAPE = (5, 6)
MASKS = hnp.arrays(np.bool_, SHAPE)
PAIRS = st.builds(RegionPair, MASKS, MASKS)
TRUTHS = PAIRS.filter(lambda pair: bool(pair.source.any() and pair.target.any()))


def pixels(mask: Mask) -> set[tuple[int, int]]:
    return {(y, x) for y in range(mask.shape[0]) for x in range(mask.shape[1]) if mask[y, x]}


def slow_iou(first: Mask, second: Mask) -> float:
    a, b = pixels(first), pixels(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def slow_f1(first: Mask, second: Mask) -> float:
    a, b = pixels(first), pixels(second)
    if not a and not b:
        return 1.0
    if not a & b:
        return 0.0
    precision, recall = len(a & b) / len(b), len(a & b) / len(a)
    return 2 * precision * recall / (precision + recall)


def bar(first_column: int, last_column: int) -> Mask:
    mask = np.zeros((4, 20), dtype=np.bool_)
    mask[:, first_column:last_column] = True
    return mask


@given(MASKS, MASKS)
def test_overlap_agrees_with_sets_of_pixels(first: Mask, second: Mask) -> None:
    assert intersection_over_union(first, second) == pytest.approx(slow_iou(first, second))
    assert f1_score(first, second) == pytest.approx(slow_f1(first, second))


def test_overlap_of_empty_masks_follows_the_written_rule() -> None:
    empty, full = np.zeros(SHAPE, dtype=np.bool_), np.ones(SHAPE, dtype=np.bool_)
    assert (intersection_over_union(empty, empty), f1_score(empty, empty)) == (1.0, 1.0)
    assert (intersection_over_union(empty, full), f1_score(full, empty)) == (0.0, 0.0)


def test_overlap_refuses_other_shapes_and_grey_masks() -> None:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    with pytest.raises(SpecificationError, match="one shape"):
        intersection_over_union(mask, mask.T)
    with pytest.raises(SpecificationError, match=r"127\.5"):
        f1_score(mask, mask.astype(np.uint8))


@given(TRUTHS, PAIRS)
def test_localise_agrees_with_slow_rules(truth: RegionPair, predicted: RegionPair) -> None:
    result = localise("copy-move", truth, predicted)
    straight = [slow_iou(truth.source, predicted.source), slow_iou(truth.target, predicted.target)]
    crossed = [slow_iou(truth.source, predicted.target), slow_iou(truth.target, predicted.source)]
    assert result.found == (min(straight) > 0.5 or min(crossed) > 0.5)
    assert result.exchanged == (min(crossed) > 0.5 and not min(straight) > 0.5)
    assert result.source.iou == pytest.approx(straight[0])
    assert result.target.f1 == pytest.approx(slow_f1(truth.target, predicted.target))
    union = slow_iou(truth.source | truth.target, predicted.source | predicted.target)
    assert result.union.iou == pytest.approx(union)


@given(TRUTHS, PAIRS)
def test_localise_found_does_not_depend_on_the_order_of_the_regions(
    truth: RegionPair, predicted: RegionPair
) -> None:
    turned = RegionPair(predicted.target, predicted.source)
    assert localise("copy-move", truth, predicted).found == localise("copy-move", truth, turned).found


def test_localise_names_an_exchange_and_scores_its_regions_in_place() -> None:
    truth = RegionPair(bar(0, 4), bar(10, 14))
    result = localise("copy-move", truth, RegionPair(bar(10, 14), bar(0, 4)))
    assert (result.found, result.exchanged) == (True, True)
    assert (result.source.iou, result.target.iou, result.union.iou) == (0.0, 0.0, 1.0)


def test_localise_needs_more_than_half() -> None:
    truth = RegionPair(bar(0, 4), bar(10, 14))
    half = localise("copy-move", truth, RegionPair(bar(0, 2), bar(10, 14)))
    more = localise("copy-move", truth, RegionPair(bar(0, 3), bar(10, 14)))
    assert (half.source.iou, half.found, more.found) == (0.5, False, True)


def test_localise_blur_asks_for_the_region_alone() -> None:
    truth = RegionPair(bar(0, 4), bar(0, 4))
    hit = localise("blur", truth, RegionPair(bar(0, 4), bar(0, 4)))
    miss = localise("blur", truth, RegionPair.empty((4, 20)))
    assert (hit.found, hit.exchanged, miss.found) == (True, False, False)
    result = localisation_metrics([hit, miss])
    assert (result.blur_found_rate, result.found_rate, result.swap_rate) == (0.5, None, None)


def test_localise_refuses_a_tampered_picture_without_a_true_mask() -> None:
    with pytest.raises(SpecificationError, match="leave this picture out"):
        localise("copy-move", RegionPair.empty((4, 20)), RegionPair.empty((4, 20)))


def test_localisation_metrics_count_missed_pictures_as_nought() -> None:
    truth = RegionPair(bar(0, 4), bar(10, 14))
    pictures = [
        localise("copy-move", truth, predicted)
        for predicted in (
            truth,
            RegionPair(truth.target, truth.source),
            RegionPair.empty((4, 20)),
            RegionPair.empty((4, 20)),
        )
    ]
    result = localisation_metrics(pictures)
    assert (result.found_rate, result.swap_rate) == (0.5, 0.5)
    assert result.source is not None
    assert result.union is not None
    assert (result.source.iou, result.union.iou) == (0.25, 0.5)


@given(st.lists(st.tuples(st.sampled_from(["copy-move", "blur"]), TRUTHS, PAIRS), max_size=6))
def test_localisation_metrics_are_plain_means(cases: list[tuple[str, RegionPair, RegionPair]]) -> None:
    pictures = []
    for kind, truth, predicted in cases:
        pictures.append(localise("blur" if kind == "blur" else "copy-move", truth, predicted))
    result = localisation_metrics(pictures)
    if not cases:
        assert (result.source, result.target, result.union) == (None, None, None)
        return
    assert result.target is not None
    expected = sum(slow_iou(truth.target, predicted.target) for _, truth, predicted in cases) / len(cases)
    assert result.target.iou == pytest.approx(expected)
    assert result.copy_moves + result.blurs == len(cases)
    assert result.found + result.blurs_found == sum(picture.found for picture in pictures)
