import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geotamper.sets.balancing import balance_set
from geotamper.sets.layout import open_set
from geotamper.sets.stats import (
    choose_pictures,
    collect_statistics,
    draw_sheet,
    statistics_text,
    write_figures,
)
from geotamper.sets.stats.counting import _binned
from geotamper.sets.stats.figures import MOST_REGIONS, _bars_of_regions, _fitted
from geotamper.sets.stats.sheet import (
    CAPTION,
    LEGEND,
    SIDE,
    SOURCE_COLOUR,
    TARGET_COLOUR,
    outlined_picture,
)

CopySet = Callable[..., Path]


def test_counts_of_a_set_made_here(small_set: CopySet) -> None:
    opened = open_set(small_set("rs-tqa"))
    found = collect_statistics(opened)
    assert found.pictures == len(opened.pictures)
    assert found.questions == len(opened.questions)
    assert found.groups == 3
    assert sum(fold.pictures for fold in found.folds.values()) == found.pictures
    assert found.kinds == {"none": 3, "copy-move": 6, "blur": 3}
    assert sum(found.classes.values()) == sum(found.areas.values()) == 9
    # one turned and one plain copy of each of three scenes
    assert found.rotations == {"0": 3, "30 to 60": 3}
    assert found.scales == {"1": 3, "1.3 to 1.4": 3}
    assert found.blurs == {"gaussian": 3}
    for name, count in found.types.items():
        assert sum(found.answers[name].values()) == count
    assert found.answers["kind"] == {"Copy-Move": 6, "Blur": 3}


def test_counts_of_a_set_from_elsewhere(small_set: CopySet) -> None:
    root = small_set("rs-cmqa")
    own = collect_statistics(open_set(root))
    (root / "geotamper.json").unlink()
    foreign = collect_statistics(open_set(root))
    assert (foreign.rotations, foreign.scales, foreign.blurs, foreign.groups) == (None, None, None, None)
    for field in ("pictures", "questions", "folds", "kinds", "classes", "areas", "answers"):
        assert getattr(foreign, field) == getattr(own, field)
    assert "scaled by: the set does not tell" in statistics_text(foreign)


def test_balanced_subset_is_counted_apart(small_set: CopySet) -> None:
    root = small_set("rs-cmqa")
    balance_set(root, per_type=4)
    found = collect_statistics(open_set(root, balanced=True))
    assert set(found.types.values()) == {4}
    assert found.balanced


def test_json_can_be_read_back(small_set: CopySet) -> None:
    document = json.loads(collect_statistics(open_set(small_set())).to_json())
    assert document["schema"] == "geotamper.stats/1"
    assert document["kinds"]["none"] == 3


def test_sheet_shows_every_kind_and_class_first(small_set: CopySet) -> None:
    opened = open_set(small_set("rs-tqa"))
    chosen = choose_pictures(opened, 7)
    assert chosen == choose_pictures(opened, 7)
    kinds = [opened.records[picture].kind for picture in chosen]
    assert kinds == ["blur"] * 3 + ["copy-move"] * 3 + ["none"]
    assert len({opened.records[picture].object_class for picture in chosen}) == 4
    assert len(choose_pictures(opened, 99)) == 12


def test_small_sheet_shows_all_kinds_and_all_classes(small_set: CopySet) -> None:
    opened = open_set(small_set("rs-tqa"))
    records = [opened.records[picture] for picture in choose_pictures(opened, 4)]
    assert [record.kind for record in records] == ["blur"] * 2 + ["copy-move"] * 2
    assert {record.object_class for record in records} == {"Ship", "Building", "Vegetation"}


def test_outlines_lie_on_the_borders_of_the_masks(small_set: CopySet) -> None:
    opened = open_set(small_set("rs-cmqa"))
    copied = next(number for number, record in opened.records.items() if record.kind == "copy-move")
    drawn = outlined_picture(opened, copied, 512)
    for role, colour in (("source", SOURCE_COLOUR), ("target", TARGET_COLOUR)):
        mask = np.kron(opened.read_mask(copied, role), np.ones((4, 4), dtype=np.bool_))  # type: ignore[arg-type]
        line = (drawn == colour).all(axis=2)
        rows, columns = np.nonzero(line)
        inside = np.argwhere(mask)
        assert len(rows) > 100
        assert abs(rows.min() - inside[:, 0].min()) <= 1
        assert abs(columns.max() - 1 - inside[:, 1].max()) <= 1


def test_sheet_of_a_set_without_masks(small_set: CopySet) -> None:
    root = small_set()
    (root / "source" / "1.png").unlink()
    page = draw_sheet(open_set(root), [1, 2, 3], columns=2)
    assert page.shape == (LEGEND + 2 * (SIDE + CAPTION + 8) + 8, 2 * (SIDE + 8) + 8, 3)


def test_figures_are_written(small_set: CopySet, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    opened = open_set(small_set("rs-tqa"))
    written = list(write_figures(opened, collect_statistics(opened), tmp_path / "out", pictures=4))
    assert [path.name for path in written] == ["regions.png", "answers.png", "transforms.png", "sheet.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_gaps_between_ranges_are_counted_as_empty() -> None:
    counts = _binned([1.0, 0.84, 1.13, 1.19], 0.1, 1.0)
    assert counts == {"1": 1, "0.8 to 0.9": 1, "0.9 to 1": 0, "1 to 1.1": 0, "1.1 to 1.2": 2}
    assert _binned([0.0], 30, 0.0) == {"0": 1}


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, "Upper Right"), (0.07, "Upper\nRight"), (0.03, "")],
)
def test_label_of_an_answer_never_leaves_its_bar(share: float, expected: str) -> None:
    assert _fitted("Upper Right", share) == expected


def test_bars_are_named_after_imagery_where_no_region_is_known() -> None:
    unknown = {"loveda (region unknown)": {"none": 1}, "whu (region unknown)": {"none": 2}}
    assert _bars_of_regions(unknown)[0] == {"loveda": {"none": 1}, "whu": {"none": 2}}
    mixed = {"Jiangsu": {"none": 1}, "whu (region unknown)": {"none": 2}}
    assert _bars_of_regions(mixed) == (mixed, "region")
    many = {f"place {number}": {"none": 1} for number in range(MOST_REGIONS + 5)}
    assert _bars_of_regions(many)[0]["5 more"] == {"none": 5}
