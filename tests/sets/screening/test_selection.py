import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, SpecificationError
from geotamper.scenes import Scene
from geotamper.sets.screening import Screening, Thresholds, conclude, examine, screen
from geotamper.sets.screening.grouping import GroupUnion
from geotamper.sets.sources import TileError, open_source, read_tiles

Draw = Callable[..., Scene]
Put = Callable[..., Path]


@pytest.fixture
def folder(scene: Draw, put: Put) -> Path:
    """Two good pictures, and one for each rule."""
    good, other = scene("suburb", 1).pixels, scene("harbour", 1).pixels
    black = other.copy()
    black[:, 300:] = 0
    bright = np.random.default_rng(0).integers(228, 240, (512, 512, 1), dtype=np.uint8)
    cloudy = np.where(np.arange(512)[:, np.newaxis, np.newaxis] < 300, bright, scene("airport", 1).pixels)
    put("a_good", good)
    put("b_other", other)
    put("c_black", black)
    put("d_blank", np.full((512, 512, 3), 60, np.uint8))
    put("e_blurred", cv2.GaussianBlur(scene("city", 1).pixels, (0, 0), 6))
    put("f_cloud", cloudy.astype(np.uint8))
    return put("g_again", np.roll(good, (2, 2), axis=(0, 1)))


def rules_against(screening: Screening) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for decision in screening.rejected:
        found.setdefault(decision.tile.partition("/")[2].partition("@")[0], set()).add(decision.rule)
    return found


def test_screen_names_the_rule_against_each_tile(folder: Path) -> None:
    screening = screen(open_source(folder))
    assert [tile.partition("/")[2][:1] for tile in screening.accepted] == ["a", "b"]
    found = rules_against(screening)
    assert found["c_black"] == {"nodata"}
    assert found["d_blank"] == {"blank", "blurred"}
    assert found["e_blurred"] == {"blurred"}
    assert found["f_cloud"] == {"cloud"}
    assert found["g_again"] == {"duplicate"}


def test_screen_logs_every_decision_with_value_and_threshold(folder: Path) -> None:
    screening = screen(open_source(folder))
    of_first = [decision for decision in screening.decisions if "a_good" in decision.tile]
    assert [decision.rule for decision in of_first] == ["nodata", "blank", "blurred", "cloud", "duplicate"]
    for decision in screening.decisions:
        assert decision.accepted == (decision.value <= decision.threshold)
    duplicate = next(decision for decision in screening.rejected if decision.rule == "duplicate")
    assert duplicate.other is not None
    assert "a_good" in duplicate.other


def test_screen_puts_near_duplicates_into_one_group(folder: Path) -> None:
    groups = {tile.partition("/")[2][:1]: group for tile, group in screen(open_source(folder)).groups.items()}
    assert groups["g"] == groups["a"]
    assert len(set(groups.values())) == 6


def test_screen_keeps_near_duplicates_on_request_and_groups_them_still(folder: Path) -> None:
    screening = screen(open_source(folder), thresholds=Thresholds(duplicate=math.inf))
    assert len(screening.accepted) == 3
    assert len({screening.groups[tile] for tile in screening.accepted}) == 2


def test_screen_reports_a_damaged_tile_and_goes_on(folder: Path) -> None:
    path = folder / "images/b_other.png"
    path.write_bytes(path.read_bytes()[:9000])
    screening = screen(open_source(folder))
    assert [error.path for error in screening.failures] == [path]
    assert len(screening.accepted) == 1
    assert len(screening.groups) == 6


def test_screen_can_be_cancelled(folder: Path) -> None:
    with pytest.raises(CancelledError):
        screen(open_source(folder), control=Control(is_cancelled=lambda: True))


def test_conclude_gives_what_screen_gives(folder: Path) -> None:
    source = open_source(folder)
    tiles = [tile for tile in read_tiles(source, source.tiles()) if not isinstance(tile, TileError)]
    examinations = {tile.ref.id: examine(tile) for tile in reversed(tiles)}
    assert conclude([examinations[tile.ref.id] for tile in tiles]) == screen(source)


def test_conclude_does_not_join_groups_of_different_folds(folder: Path) -> None:
    source = open_source(folder)
    refs = source.tiles().tiles
    first, last = (examine(source.read(ref)) for ref in (refs[0], refs[-1]))
    screening = conclude([replace(first, fold="train"), replace(last, fold="test")])
    assert len(set(screening.groups.values())) == 2
    assert len(screening.accepted) == 1
    assert len(screening.notes) == 1
    assert "different folds" in screening.notes[0]


def test_conclude_of_nothing_is_empty() -> None:
    assert conclude([]) == Screening((), (), {})


def test_group_union_joins_chains_under_the_first_name() -> None:
    union = GroupUnion([("a", None), ("b", "val"), ("c", None), ("d", "test"), ("a", "train")])
    assert union.join("c", "b")
    assert union.join("a", "c")
    assert [union.name_of(group) for group in "abcd"] == ["a", "a", "a", "d"]
    assert not union.join("d", "a")
    assert union.join("b", "c")


@pytest.mark.parametrize("value", [-0.1, math.nan])
def test_thresholds_refuse_what_is_no_limit(value: float) -> None:
    with pytest.raises(SpecificationError, match="threshold 'cloud'"):
        Thresholds(cloud=value)


@pytest.mark.shared
def test_screen_keeps_sound_real_tiles(shared: Path) -> None:
    source = open_source(shared / "overhead" / "kit_ais_vehicles")
    screening = screen(source)
    assert {decision.rule for decision in screening.rejected} <= {"duplicate"}
    assert len(screening.groups) == 11
