from collections.abc import Callable
from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.scenes import (
    CLASS_LABELS,
    OTHER_LABEL,
    SCENE_CLASSES,
    WATER_LABEL,
    Scene,
    SceneKind,
    draw_scene,
)
from geotamper.task.classes import OBJECT_CLASSES

SceneOf = Callable[[SceneKind, int, int], Scene]


def _assert_consistent(scene: Scene, shape: tuple[int, int]) -> None:
    assert scene.pixels.shape == (*shape, 3)
    assert scene.pixels.dtype == np.uint8
    assert scene.labels.shape == scene.instances.shape == shape
    assert scene.labels.dtype == np.uint8
    assert scene.instances.dtype == np.uint16
    assert [o.id for o in scene.objects] == list(range(1, len(scene.objects) + 1))
    assert set(np.unique(scene.instances)) - {0} == {o.id for o in scene.objects}
    classless = np.isin(scene.labels, [OTHER_LABEL, WATER_LABEL])
    assert np.array_equal(classless, scene.instances == 0)
    for item in scene.objects:
        mask = scene.mask(item.id)
        rows, columns = np.nonzero(mask)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert item.bbox == tuple(int(side) for side in box)
        assert item.area_px == rows.size
        assert (scene.labels[mask] == CLASS_LABELS[item.object_class]).all()


def test_class_labels_name_every_object_class() -> None:
    assert set(CLASS_LABELS) == set(OBJECT_CLASSES)
    assert sorted(CLASS_LABELS.values()) == list(range(1, 8))


def test_scene_classes_of_all_kinds_cover_every_object_class() -> None:
    assert {name for names in SCENE_CLASSES.values() for name in names} == set(OBJECT_CLASSES)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_draw_scene_contains_the_promised_classes(scene_of: SceneOf, kind: SceneKind, seed: int) -> None:
    scene = scene_of(kind, 256, seed)
    assert set(SCENE_CLASSES[kind]) <= {o.object_class for o in scene.objects}


def test_draw_scene_harbour_has_water_and_large_ships(scene_of: SceneOf) -> None:
    scene = scene_of("harbour", 256, 0)
    assert (scene.labels == WATER_LABEL).mean() > 0.1
    assert max(o.area_px for o in scene.objects if o.object_class == "Ship") > 100


def test_draw_scene_gives_the_same_bytes_for_the_same_seed(scene_of: SceneOf, kind: SceneKind) -> None:
    first, second = scene_of(kind, 256, 1), draw_scene(kind=kind, size=256, seed=1)
    assert first.pixels.tobytes() == second.pixels.tobytes()
    assert first.labels.tobytes() == second.labels.tobytes()
    assert first.instances.tobytes() == second.instances.tobytes()
    assert first.objects == second.objects


def test_draw_scene_differs_between_seeds(scene_of: SceneOf, kind: SceneKind) -> None:
    first, second = scene_of(kind, 256, 0), scene_of(kind, 256, 1)
    assert np.mean(first.pixels == second.pixels) < 0.2


def test_draw_scene_leaves_the_global_random_state_alone() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002 - the state under test
    draw_scene(size=128)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert str(before) == str(after)


@settings(max_examples=12)
@given(
    kind=st.sampled_from(get_args(SceneKind)),
    shape=st.tuples(st.integers(128, 330), st.integers(128, 330)),
    seed=st.integers(0, 2**63),
)
def test_draw_scene_is_consistent_for_any_kind_size_and_seed(
    kind: SceneKind, shape: tuple[int, int], seed: int
) -> None:
    _assert_consistent(draw_scene(kind=kind, size=shape, seed=seed), shape)


def test_draw_scene_is_consistent_over_several_tiles() -> None:
    _assert_consistent(draw_scene(kind="harbour", size=(600, 1100), seed=2), (600, 1100))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_draw_scene_keeps_solid_things_apart(scene_of: SceneOf, kind: SceneKind, seed: int) -> None:
    scene = scene_of(kind, 256, seed)
    solid = [o.id for o in scene.objects if o.object_class in ("Car", "Airplane", "Ship", "Building")]
    ids = np.where(np.isin(scene.instances, solid), scene.instances, 0)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        neighbours = np.roll(ids, (-dy, -dx), axis=(0, 1))[:-1, 1:-1]
        here = ids[:-1, 1:-1]
        assert not ((here > 0) & (neighbours > 0) & (here != neighbours)).any()


def test_draw_scene_sets_ships_on_water(scene_of: SceneOf) -> None:
    scene = scene_of("harbour", 256, 0)
    for ship in (o for o in scene.objects if o.object_class == "Ship"):
        body = scene.mask(ship.id).astype(np.uint8)
        rim = (cv2.dilate(body, np.ones((3, 3), np.uint8)) > 0) & (body == 0)
        assert (scene.labels[rim] == WATER_LABEL).mean() > 0.9


@pytest.mark.parametrize(
    ("size", "seed"), [(127, 0), (4097, 0), ((512, 64), 0), ((512, 512, 3), 0), (256, -1)]
)
def test_draw_scene_refuses_values_outside_their_range(size: int | tuple[int, int], seed: int) -> None:
    with pytest.raises(SpecificationError, match=r"expected|negative"):
        draw_scene(size=size, seed=seed)


def test_draw_scene_refuses_an_unknown_kind() -> None:
    with pytest.raises(SpecificationError, match="no scene kind 'desert'; expected one of suburb"):
        draw_scene(kind="desert")  # type: ignore[arg-type]


@pytest.mark.parametrize("object_id", [0, -1, 60_000])
def test_scene_mask_refuses_an_unknown_object(scene_of: SceneOf, object_id: int) -> None:
    with pytest.raises(SpecificationError, match=f"no object {object_id}"):
        scene_of("suburb", 256, 0).mask(object_id)
