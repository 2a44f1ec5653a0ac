"""Plausible places, on ground painted so that the right place is known."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import centroid
from geotamper.forge.warping import warp_mask
from geotamper.imagery.similarity import Similarity
from geotamper.sets.building.forgers import RejectionError
from geotamper.sets.building.objects import TileObject
from geotamper.sets.building.plausible.blending import REACH, poisson_blended
from geotamper.sets.building.plausible.forger import MAX_SHIFT, PlausiblePlaces, paste
from geotamper.sets.building.plausible.ground import Ground, heading
from geotamper.sets.building.plausible.parameters import (
    Neighbourhood,
    draw_parameters,
    scale_limits,
)
from geotamper.sets.building.plausible.rules import (
    CoversNothingElse,
    HitsNothing,
    JoinsItsKind,
    KeepsItsSides,
    KeepsSource,
    Placement,
    ResemblesSurroundings,
    StandsOnFittingGround,
    look_of,
    sides_of,
)
from geotamper.sets.building.plausible.stamp import Stamp
from geotamper.sets.sources import LABEL_IDS, RawPicture, RawTile, TileRef, Window
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

BoolMask = npt.NDArray[np.bool_]
GRASS, SOIL, HULL = (70, 110, 60), (140, 110, 80), (220, 220, 225)


def box(x: int, y: int, width: int, height: int) -> BoolMask:
    mask = np.zeros((512, 512), dtype=np.bool_)
    mask[y : y + height, x : x + width] = True
    return mask


def paint(*parts: tuple[BoolMask, tuple[int, int, int]], noise: float = 4.0) -> npt.NDArray[np.uint8]:
    pixels = np.empty((512, 512, 3))
    pixels[:] = GRASS
    for mask, colour in parts:
        pixels[mask] = colour
    return np.clip(pixels + np.random.default_rng(0).normal(0, noise, pixels.shape), 0, 255).astype(np.uint8)


def tile_of(
    pixels: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    instances: npt.NDArray[np.int32] | None = None,
) -> RawTile:
    raw = RawPicture("drawn/1", Path("1.png"), None, "drawn/1", "drawn", "none")
    nothing = np.zeros((512, 512), dtype=np.bool_)
    return RawTile(TileRef(raw, Window(0, 0, 512)), pixels, labels, nothing, instances)


def labels_of(*parts: tuple[BoolMask, str]) -> npt.NDArray[np.uint8]:
    labels = np.zeros((512, 512), dtype=np.uint8)
    for mask, name in parts:
        labels[mask] = LABEL_IDS[name]
    return labels


HALL = box(60, 60, 40, 24)


def placement(tile: RawTile, shift: tuple[int, int], object_class: ObjectClass = "Building") -> Placement:
    chosen = TileObject(1, HALL, object_class, exact=True)
    return Placement(Ground(tile), chosen, Stamp.of(HALL, CopyMoveParameters()), shift)


class TestRules:
    def test_copy_keeps_off_its_source(self) -> None:
        tile = tile_of(paint((HALL, HULL)), labels_of((HALL, "Building")))
        assert KeepsSource().distance(placement(tile, (42, 0))) > 1
        assert KeepsSource().distance(placement(tile, (44, 0))) == 0

    def test_copy_keeps_off_other_objects(self) -> None:
        tree = box(300, 60, 20, 20)
        tile = tile_of(paint(), labels_of((HALL, "Building"), (tree, "Vegetation")))
        assert HitsNothing().distance(placement(tile, (198, 0))) > 1
        assert HitsNothing().distance(placement(tile, (190, 0))) == 0

    @pytest.mark.parametrize(
        ("object_class", "ground", "fits"),
        [
            ("Building", "Bare land", True),
            ("Building", "Water", False),
            ("Building", "Road", False),
            ("Car", "Road", True),
            ("Ship", "Water", True),
            ("Ship", "Other", False),
            ("Airplane", "Farmland", False),
        ],
    )
    def test_labels_decide_where_they_say_something(
        self, object_class: ObjectClass, ground: str, *, fits: bool
    ) -> None:
        half = box(256, 0, 256, 512)
        labels = labels_of((box(0, 300, 100, 100), "Water"), (half, ground), (HALL, object_class))
        distance = StandsOnFittingGround().distance(
            placement(tile_of(paint(), labels), (300, 0), object_class)
        )
        assert (distance <= 1) is fits

    def test_surroundings_resemble_those_of_the_source(self) -> None:
        soil = box(256, 0, 256, 512)
        tile = tile_of(paint((soil, SOIL), (HALL, HULL)), labels_of((HALL, "Building")))
        where = placement(tile, (0, 0))
        around = look_of(where.stamp.under(where.ground.looks, where.stamp.ring, (0, 0)))
        rule = ResemblesSurroundings(around)
        assert rule.distance(placement(tile, (60, 100))) < 0.2
        assert rule.distance(placement(tile, (250, 100))) > 1

    def test_nothing_else_lies_in_part_of_the_place(self) -> None:
        stripe = box(300, 0, 12, 512)  # covers a third of the hall's place, and its mean goes unnoticed
        tile = tile_of(paint((stripe, SOIL), (HALL, HULL)), labels_of((HALL, "Building")))
        where = placement(tile, (0, 0))
        rule = CoversNothingElse.of(where.stamp.under(where.ground.looks, where.stamp.ring, (0, 0)))
        assert rule.distance(placement(tile, (100, 100))) < 0.6
        assert rule.distance(placement(tile, (230, 100))) > 1

    def test_copied_road_leads_to_a_road(self) -> None:
        street = box(200, 0, 10, 512)
        tile = tile_of(paint(), labels_of((street, "Road"), (HALL, "Road")))
        assert JoinsItsKind().distance(placement(tile, (95, 100), "Road")) == 0
        assert JoinsItsKind().distance(placement(tile, (300, 100), "Road")) > 1
        assert JoinsItsKind().distance(placement(tile, (300, 100), "Farmland")) == 0

    def test_each_side_borders_on_the_same_as_before(self) -> None:
        soil = box(0, 84, 512, 428)  # the hall stands on grass with its lower side on the edge
        tile = tile_of(paint((soil, SOIL), (HALL, HULL)), labels_of((HALL, "Building")))
        where = placement(tile, (0, 0))
        rule = KeepsItsSides(sides_of(where.ground, where.stamp, (0, 0)))
        assert rule.distance(placement(tile, (200, 0))) < 0.5
        assert rule.distance(placement(tile, (200, 14))) > 1
        assert rule.distance(placement(tile, (200, 200))) > 1

    def test_sides_turn_with_the_object(self) -> None:
        soil = box(0, 84, 200, 428)
        right = box(400, 0, 112, 512)
        tile = tile_of(paint((soil, SOIL), (right, SOIL), (HALL, HULL)), labels_of((HALL, "Building")))
        where = placement(tile, (0, 0))
        rule = KeepsItsSides(sides_of(where.ground, where.stamp, (0, 0)))
        turned = Stamp.of(HALL, CopyMoveParameters(rotation_deg=90))  # what was below is now on the right
        shift = 400 - 12 - 80, 128
        fitting = Placement(where.ground, where.chosen, turned, shift)
        assert rule.distance(fitting) < 0.6
        other_way = Stamp.of(HALL, CopyMoveParameters(rotation_deg=270))
        assert rule.distance(Placement(where.ground, where.chosen, other_way, shift)) > 1


class TestStamp:
    @given(st.floats(0, 360), st.floats(0.5, 1.5), st.integers(-40, 300), st.integers(-40, 300))
    def test_moved_stamp_is_the_warped_mask(self, turn: float, scale: float, dx: int, dy: int) -> None:
        stamp = Stamp.of(HALL, CopyMoveParameters(rotation_deg=turn, scale=scale))
        transform = Similarity.from_parameters(
            rotation_deg=turn, scale=scale, centre=centroid(HALL), image_of_centre=stamp.place((dx, dy))
        )
        target = warp_mask(HALL, transform)
        under = stamp.under(target, stamp.target, (dx, dy))
        assert abs(int(under.sum()) - int(target.sum())) <= 2
        assert abs(len(under) - int(target.sum())) <= 2

    def test_bounds_keep_the_copy_inside(self) -> None:
        stamp = Stamp.of(HALL, CopyMoveParameters())
        assert stamp.bounds((512, 512)) == ((-60, 412), (-60, 428))


class TestParameters:
    @pytest.mark.parametrize("object_class", OBJECT_CLASSES)
    def test_turns_and_scales_are_visible_and_limited(self, object_class: ObjectClass) -> None:
        rng = np.random.default_rng(0)
        neighbours = Neighbourhood([800, 1000, 1600], [0.0, 4.0, 18.0, 29.0, -80.0])
        drawn = [draw_parameters(rng, object_class, 1000, neighbours) for _ in range(300)]
        turns = [abs((p.rotation_deg + 180) % 360 - 180) for p in drawn if p.rotation_deg]
        scales = [p.scale for p in drawn if p.scale != 1]
        limit = 30 if object_class in ("Car", "Vegetation", "Airplane", "Building") else 180
        assert 15 <= min(turns) <= max(turns) <= limit
        assert max(turns) > 0.9 * limit
        assert 100 < len(turns) < 200
        assert all(abs(scale - 1) >= 0.1 - 1e-9 for scale in scales)
        if object_class in ("Car", "Airplane"):
            assert all(0.85 <= scale <= 1.18 for scale in scales)
        assert all(800 / 1.15 - 1 <= 1000 * scale**2 <= 1600 * 1.15 + 1 for scale in scales)

    def test_cars_turn_into_the_direction_of_another_one_only(self) -> None:
        rng = np.random.default_rng(0)
        rows = Neighbourhood([1000], [0.0, 17.0, -25.0, 85.0])
        assert {draw_parameters(rng, "Car", 1000, rows).rotation_deg for _ in range(100)} == {
            0.0,
            17.0,
            335.0,
        }
        alone = Neighbourhood([1000], [0.0])
        assert {draw_parameters(rng, "Car", 1000, alone).rotation_deg for _ in range(50)} == {0.0}

    def test_furrows_keep_their_direction(self) -> None:
        rng = np.random.default_rng(0)
        drawn = [draw_parameters(rng, "Farmland", 1000, Neighbourhood()).rotation_deg for _ in range(50)]
        assert set(drawn) == {0.0, 180.0}

    def test_lonely_object_keeps_about_its_size(self) -> None:
        low, high = scale_limits(1000, [1000])
        assert (low, high) == pytest.approx((0.866, 1.140), abs=1e-3)

    def test_scale_stays_in_the_limits_of_the_task(self) -> None:
        assert scale_limits(1000, [10, 1000, 90_000]) == (0.5, 1.5)

    def test_object_outside_the_sizes_of_others_is_not_forced_among_them(self) -> None:
        assert scale_limits(100, [100, 5000, 9000])[0] <= 1.0


class TestHeading:
    @pytest.mark.parametrize("turn", [0, 20, 75, 100, 170])
    def test_long_axis_is_counter_clockwise(self, turn: float) -> None:
        bar = box(200, 240, 120, 30)
        about = Similarity.from_parameters(
            rotation_deg=turn, centre=centroid(bar), image_of_centre=centroid(bar)
        )
        found = heading(warp_mask(bar, about))
        assert found is not None
        assert abs((found - turn + 90) % 180 - 90) < 1

    def test_square_has_none(self) -> None:
        assert heading(box(200, 200, 40, 40)) is None


class TestBlending:
    def test_poisson_changes_the_copy_and_a_narrow_band_only(self) -> None:
        soil = box(256, 0, 256, 512)
        field = box(40, 40, 60, 50)
        pixels = paint((soil, (80, 120, 75)), (field, (150, 150, 60)))
        parameters = CopyMoveParameters(rotation_deg=30, scale=1.2, placement=(380.0, 300.0))
        hard = copy_move(pixels, field, parameters, rng=np.random.default_rng(0), object_class="Farmland")
        made = poisson_blended(hard)
        assert made.edge == "poisson"
        assert np.array_equal(made.forgery.target_mask, hard.target_mask)
        changed = (made.forgery.pixels != pixels).any(axis=2)
        import cv2

        near = cv2.dilate(
            hard.target_mask.astype(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
        )
        assert not changed[near == 0].any()
        assert changed[hard.target_mask].mean() > 0.95
        # the copy is still there, its colour shifted by what its surroundings differ
        inner = cv2.erode(hard.target_mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        shift = made.forgery.pixels[inner].mean(axis=0) - hard.pixels[inner].mean(axis=0)
        assert np.allclose(shift, np.array([80, 120, 75]) - np.array(GRASS), atol=4)

    def test_cloning_onto_equal_ground_is_exact_in_place(self) -> None:
        field = box(40, 40, 60, 50)
        pixels = paint((field, (150, 150, 60)), noise=0.0)
        hard = copy_move(
            pixels, field, CopyMoveParameters(placement=(300.0, 300.0)), rng=np.random.default_rng(0)
        )
        blended = poisson_blended(hard).forgery.pixels
        assert np.abs(blended.astype(int) - hard.pixels).max() <= 2


class TestForger:
    def test_copies_go_where_the_ground_is_alike(self) -> None:
        soil = box(200, 0, 312, 512)
        tile = tile_of(paint((soil, SOIL), (HALL, HULL)), labels_of((HALL, "Building")))
        chosen = TileObject(1, HALL, "Building", exact=True)
        forger = PlausiblePlaces()
        for seed in range(6):
            made = forger.copy(tile, chosen, np.random.default_rng(seed)).forgery
            assert made.edge == "feather"
            assert not (made.target_mask & soil).any()
            assert not (made.target_mask & HALL).any()

    def test_object_whose_ground_is_nowhere_else_is_rejected(self) -> None:
        island = box(50, 50, 64, 48)
        sea = paint((~island, (30, 60, 90)), (HALL, HULL))
        tile = tile_of(sea, labels_of((HALL, "Building")))
        chosen = TileObject(1, HALL, "Building", exact=True)
        with pytest.raises(RejectionError, match="no surroundings that look alike"):
            PlausiblePlaces().copy(tile, chosen, np.random.default_rng(0))

    def test_blending_that_shades_a_copy_is_left_out(self) -> None:
        field = box(60, 60, 60, 40)
        meadow = box(
            200, 0, 312, 512
        )  # lighter than what the source lies in: blending would lighten the copy
        tile = tile_of(paint((meadow, (100, 140, 90)), (field, SOIL)), labels_of((field, "Farmland")))
        chosen = TileObject(1, field, "Farmland", exact=True)
        parameters = CopyMoveParameters(placement=(300.0, 300.0))
        shaded = poisson_blended(copy_move(tile.pixels, field, parameters, rng=np.random.default_rng(0)))
        kept = paste(tile, chosen, parameters, np.random.default_rng(0))
        assert np.abs(shaded.forgery.pixels[300, 280:320].astype(int) - SOIL).mean() > MAX_SHIFT
        assert np.abs(kept.forgery.pixels[300, 280:320].astype(int) - SOIL).mean() < MAX_SHIFT
        assert kept.forgery.edge == "feather"

    def test_rough_outlines_are_rejected(self) -> None:
        tile = tile_of(paint((HALL, HULL)), labels_of((HALL, "Building")))
        with pytest.raises(RejectionError, match="not known all around"):
            PlausiblePlaces().copy(
                tile, TileObject(1, HALL, "Building", exact=False), np.random.default_rng(0)
            )

    def test_same_state_same_bytes(self, drawn_tiles: list[RawTile]) -> None:
        from geotamper.sets.building.objects import list_objects

        tile = drawn_tiles[-1]
        chosen = next(entry for entry in list_objects(tile) if entry.object_class == "Vegetation")
        made = []
        for _ in range(2):
            try:
                made.append(
                    PlausiblePlaces().copy(tile, chosen, np.random.default_rng(4)).forgery.pixels.tobytes()
                )
            except RejectionError as error:
                made.append(error.reason.encode())
        assert made[0] == made[1]
