from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.forge.choice import find_objects
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import centroid
from geotamper.forge.warping import warp_mask
from geotamper.sets.building import forgers
from geotamper.sets.building.forgers import (
    RandomPlaces,
    RejectionError,
    is_ambiguous_rotation,
    require_change,
)
from geotamper.sets.building.objects import TileObject, list_objects
from geotamper.sets.sources import LABEL_CLASSES, LABEL_IDS, RawPicture, RawTile, TileRef, Window

BoolMask = npt.NDArray[np.bool_]


def disc(x: float, y: float, radius: float) -> BoolMask:
    rows, columns = np.mgrid[:512, :512] + 0.5
    inside: BoolMask = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    return inside


def noise() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (512, 512, 3), dtype=np.uint8)


def tile_of(
    labels: npt.NDArray[np.uint8],
    instances: npt.NDArray[np.int32] | None = None,
    ignore: BoolMask | None = None,
    **more: object,
) -> RawTile:
    from pathlib import Path

    raw = RawPicture("drawn/1", Path("1.png"), None, "drawn/1", "drawn", "none")
    nothing = np.zeros((512, 512), dtype=np.bool_)
    ref = TileRef(raw, Window(0, 0, 512))
    return RawTile(ref, noise(), labels, nothing if ignore is None else ignore, instances, **more)  # type: ignore[arg-type]


class TestObjects:
    def test_objects_are_those_of_the_forger_on_drawn_scenes(self, drawn_tiles: list[RawTile]) -> None:
        for tile in drawn_tiles:
            found = list_objects(tile)
            expected = find_objects(tile.labels, LABEL_CLASSES, tile.instances)
            assert len(found) == len(expected) > 5
            for one, two in zip(found, expected, strict=True):
                assert one.object_class == two.object_class
                assert np.array_equal(one.mask, two.mask)

    def test_objects_beside_a_gap_are_left_out_but_roads(self) -> None:
        labels = np.zeros((512, 512), dtype=np.uint8)
        labels[disc(100, 100, 20)] = LABEL_IDS["Ship"]
        labels[disc(300, 100, 20)] = LABEL_IDS["Road"]
        labels[disc(100, 300, 20)] = LABEL_IDS["Ship"]
        ignore = np.zeros((512, 512), dtype=np.bool_)
        ignore[:, 120:130] = True
        ignore[:, 320:330] = True
        ignore[200:, 120:130] = False
        found = list_objects(tile_of(labels, ignore=ignore))
        assert [(entry.number, entry.object_class) for entry in found] == [(2, "Ship"), (3, "Road")]

    def test_roads_that_the_frame_cuts_have_no_exact_outline(self) -> None:
        labels = np.zeros((512, 512), dtype=np.uint8)
        labels[200:216, 0:60] = LABEL_IDS["Road"]
        labels[300:316, 1:60] = LABEL_IDS["Road"]
        assert [entry.exact for entry in list_objects(tile_of(labels))] == [False, True]

    def test_outlines_that_are_only_roughly_known_are_marked(self) -> None:
        labels, instances = np.zeros((512, 512), dtype=np.uint8), np.zeros((512, 512), dtype=np.int32)
        for number, x in ((1, 100), (2, 300)):
            labels[disc(x, 100, 20)] = LABEL_IDS["Ship"]
            instances[disc(x, 100, 20)] = number
        exact = [entry.exact for entry in list_objects(tile_of(labels, instances))]
        rough = list_objects(tile_of(labels, instances, approximate=frozenset({2})))
        boxes = list_objects(tile_of(labels, instances, instance_origin="rotated_box"))
        assert exact == [True, True]
        assert [entry.exact for entry in rough] == [True, False]
        assert [entry.exact for entry in boxes] == [False, False]


class TestForgeries:
    def test_object_without_room_is_rejected(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # made smaller, the object would fit
        monkeypatch.setattr(forgers, "draw_copy_move", lambda rng, tools: CopyMoveParameters())  # noqa: ARG005
        mask = np.zeros((512, 512), dtype=np.bool_)
        mask[:, 250:258] = True
        mask[250:258, :] = True
        chosen = TileObject(1, mask, "Ship", exact=True)
        tile = tile_of(mask.astype(np.uint8))
        with pytest.raises(RejectionError, match="no place"):
            RandomPlaces().copy(tile, chosen, np.random.default_rng(4))

    @pytest.mark.parametrize("seed", range(6))
    def test_places_are_drawn_from_the_whole_frame(self, seed: int) -> None:
        mask = disc(60, 60, 25)
        chosen, tile = TileObject(1, mask, "Ship", exact=True), tile_of(mask.astype(np.uint8))
        made = RandomPlaces().copy(tile, chosen, np.random.default_rng(seed)).forgery
        assert np.count_nonzero(made.source_mask & made.target_mask) <= 0.05 * np.count_nonzero(mask)
        assert made.transform is not None
        assert np.array_equal(made.target_mask, warp_mask(mask, made.transform))

    def test_places_are_spread_evenly(self) -> None:
        mask = disc(256, 256, 15)
        chosen, tile = TileObject(1, mask, "Ship", exact=True), tile_of(mask.astype(np.uint8))
        rng = np.random.default_rng(0)
        places = [centroid(RandomPlaces().copy(tile, chosen, rng).forgery.target_mask) for _ in range(60)]
        thirds = Counter((int(x * 3 / 512), int(y * 3 / 512)) for x, y in places)
        assert len(thirds) == 9
        assert max(thirds.values()) <= 20

    def test_blur_of_plain_ground_is_rejected(self) -> None:
        plain, mask = np.full((512, 512, 3), 90, dtype=np.uint8), disc(200, 200, 30)
        with pytest.raises(RejectionError, match="nothing to be seen"):
            require_change(blur_region(plain, mask, BlurParameters("gaussian", 3.0)))
        require_change(blur_region(noise(), mask, BlurParameters("gaussian", 3.0)))

    @pytest.mark.parametrize(("stretch", "turn", "ambiguous"), [(1, 50, True), (1, 0, False), (3, 50, False)])
    def test_round_objects_hide_their_turn(self, stretch: int, turn: float, *, ambiguous: bool) -> None:
        rows, columns = np.mgrid[:512, :512] + 0.5
        mask = (columns - 150) ** 2 + ((rows - 150) * stretch) ** 2 < 60**2
        parameters = CopyMoveParameters(rotation_deg=turn, scale=1.1, placement=(350.0, 350.0))
        made = copy_move(noise(), mask, parameters, rng=np.random.default_rng(0))
        assert is_ambiguous_rotation(made) is ambiguous
