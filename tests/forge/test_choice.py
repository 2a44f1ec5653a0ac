from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import SpecificationError
from geotamper.forge.choice import SceneObject, draw_blur, draw_copy_move, find_objects
from geotamper.task.classes import ObjectClass

CLASSES: dict[int, ObjectClass] = {1: "Car", 5: "Road", 7: "Farmland"}


def _summary(found: list[SceneObject]) -> list[tuple[str, int]]:
    return [(item.object_class, int(np.count_nonzero(item.mask))) for item in found]


@pytest.fixture
def labels() -> npt.NDArray[np.uint8]:
    return np.zeros((200, 200), dtype=np.uint8)


def test_connected_regions_are_objects_of_their_class(labels: npt.NDArray[np.uint8]) -> None:
    labels[10:20, 10:20] = 1
    labels[20:30, 20:30] = 1  # touches the first at a corner: one region
    labels[50:60, 50:60] = 1
    labels[90:100, 90:100] = 7
    labels[120:130, 120:130] = 9  # not in the table
    found = find_objects(labels, CLASSES)
    assert _summary(found) == [
        ("Car", 200),
        ("Car", 100),
        ("Farmland", 100),
    ]
    assert found[1].mask[55, 55]


def test_area_limits_are_a_thousandth_and_fifteen_percent(labels: npt.NDArray[np.uint8]) -> None:
    labels[10:14, 10:20] = 1  # 40 of 40000: just enough
    labels[30:33, 10:23] = 1  # 39
    labels[50:110, 50:150] = 7  # 6000: just enough
    labels[120:181, 50:150] = 7  # 6100
    assert [np.count_nonzero(item.mask) for item in find_objects(labels, CLASSES)] == [40, 6000]


@pytest.mark.parametrize(
    "box", [np.s_[0:20, 50:70], np.s_[180:200, 50:70], np.s_[50:70, 0:20], np.s_[50:70, 180:200]]
)
def test_only_roads_may_touch_the_border(labels: npt.NDArray[np.uint8], box: Any) -> None:
    labels[box] = 7
    assert find_objects(labels, CLASSES) == []
    labels[box] = 5
    assert [item.object_class for item in find_objects(labels, CLASSES)] == ["Road"]


def test_instances_split_regions_and_take_the_majority_class(labels: npt.NDArray[np.uint8]) -> None:
    labels[20:40, 20:60] = 1
    labels[20:22, 20:40] = 7
    instances = np.zeros((200, 200), dtype=np.uint16)
    instances[20:40, 20:40] = 300
    instances[20:40, 40:60] = 7
    labels[100:120, 100:120] = 7  # no instance here: a region of its own
    found = find_objects(labels, CLASSES, instances)
    assert _summary(found) == [
        ("Car", 400),
        ("Car", 400),
        ("Farmland", 400),
    ]
    assert found[0].mask[30, 50]
    assert found[1].mask[30, 30]


def test_instances_of_other_classes_are_left_out(labels: npt.NDArray[np.uint8]) -> None:
    labels[20:40, 20:40] = 8
    instances = (labels > 0).astype(np.uint16)
    assert find_objects(labels, CLASSES, instances) == []


def test_instances_must_fit_the_labels(labels: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(SpecificationError, match="same picture"):
        find_objects(labels, CLASSES, np.zeros((100, 100), dtype=np.uint16))


def test_copy_move_draws_keep_to_the_specified_ranges() -> None:
    rng = np.random.default_rng(1)
    drawn = [draw_copy_move(rng, ("opencv-linear", "mitchell")) for _ in range(2000)]
    turned = [item for item in drawn if item.rotation_deg != 0]
    scaled = [item for item in drawn if item.scale != 1]
    assert all(15 <= item.rotation_deg <= 345 for item in turned)
    assert all(0.5 <= item.scale <= 1.5 and abs(item.scale - 1) >= 0.1 for item in scaled)
    both = sum(item.rotation_deg != 0 and item.scale != 1 for item in drawn)
    # Four standard deviations of a fair coin, and of two.
    assert abs(len(turned) - 1000) < 90
    assert abs(len(scaled) - 1000) < 90
    assert abs(both - 500) < 78
    assert min(item.rotation_deg for item in turned) < 25
    assert max(item.rotation_deg for item in turned) > 335
    assert min(item.scale for item in scaled) < 0.55
    assert max(item.scale for item in scaled) > 1.45
    assert {item.interpolation for item in drawn} == {"opencv-linear", "mitchell"}


def test_blur_draws_keep_to_the_specified_ranges() -> None:
    rng = np.random.default_rng(1)
    drawn = [draw_blur(rng) for _ in range(600)]
    strengths = {
        method: [item.strength for item in drawn if item.method == method]
        for method in ("gaussian", "mosaic", "oil")
    }
    assert 2 <= min(strengths["gaussian"]) < 2.2
    assert 4.8 < max(strengths["gaussian"]) <= 5
    assert set(strengths["mosaic"]) == {6, 7, 8, 9, 10, 11, 12}
    assert set(strengths["oil"]) == {3, 4, 5}
    assert {item.oil_bins for item in drawn} == {6, 7, 8, 9, 10}
    assert min(Counter(item.method for item in drawn).values()) > 150


def test_same_seed_draws_the_same() -> None:
    names = ("opencv-linear", "mitchell")
    first, second = np.random.default_rng(9), np.random.default_rng(9)
    assert [draw_copy_move(first, names) for _ in range(5)] == [
        draw_copy_move(second, names) for _ in range(5)
    ]
    assert [draw_blur(first) for _ in range(5)] == [draw_blur(second) for _ in range(5)]
