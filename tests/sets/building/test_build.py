import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError, OutputError
from geotamper.sets.building import BuildSettings, build_set
from geotamper.sets.building.build import batches_of
from geotamper.sets.building.engines import LocalProcesses
from geotamper.sets.checking import check_set
from geotamper.sets.layout import open_set, read_sidecar
from geotamper.sets.sources import RawSource, RawTile, TileError, TileRef, open_source
from geotamper.task.released import released_text

ReadTree = Callable[[Path], dict[str, bytes]]


def test_set_passes_its_own_check_without_findings(small_set: Path) -> None:
    report = check_set(small_set)
    assert (report.findings, report.unchecked) == ((), ())
    assert report.own
    assert report.pictures == 14


def test_questions_have_the_counts_of_their_kinds(small_set: Path) -> None:
    opened = open_set(small_set)
    asked = Counter(opened.questions.pictures.tolist())
    expected = {"none": 1, "copy-move": 21, "blur": 11}
    assert {record.kind for record in opened.records.values()} == set(expected)
    for record in opened.records.values():
        assert asked[record.id] == expected[record.kind]


def test_records_are_exact(small_set: Path) -> None:
    opened = open_set(small_set)
    for record in opened.records.values():
        image, original = opened.read_image(record.id), opened.read_original(record.id)
        changed = (image != original).any(axis=2)
        assert not changed[~opened.read_mask(record.id, "target")].any()
        assert changed.any() == (record.kind != "none")
        if record.kind == "copy-move" and record.interpolation == "none" and record.transform:
            (_, _, tx), (_, _, ty) = record.transform.matrix
            rows, columns = np.nonzero(opened.read_mask(record.id, "target"))
            assert (image[rows, columns] == original[rows - int(ty), columns - int(tx)]).all()


def test_groups_stay_in_one_fold_and_tiles_are_clean_once(small_set: Path) -> None:
    records = open_set(small_set).records.values()
    folds = {(record.group, record.fold) for record in records}
    assert len(folds) == len({group for group, _ in folds}) > 2
    clean = [record.origin for record in records if record.kind == "none"]
    assert len(clean) == len(set(clean)) > 0


def test_processes_give_the_same_bytes(
    source: RawSource, small_set: Path, small_settings: BuildSettings, tmp_path: Path, read_tree: ReadTree
) -> None:
    with LocalProcesses(2) as engine:
        build_set(source, tmp_path / "again", small_settings, engine=engine)
    assert read_tree(tmp_path / "again") == read_tree(small_set)


def test_another_seed_gives_another_set(
    source: RawSource, small_set: Path, small_settings: BuildSettings, tmp_path: Path
) -> None:
    build_set(source, tmp_path / "other", replace(small_settings, seed=6))
    assert (tmp_path / "other/geotamper.json").read_bytes() != (small_set / "geotamper.json").read_bytes()


def test_finished_set_is_left_as_it_is(
    source: RawSource, small_set: Path, small_settings: BuildSettings
) -> None:
    before = (small_set / "geotamper.json").stat().st_mtime_ns
    report = build_set(source, small_set, small_settings)
    assert (small_set / "geotamper.json").stat().st_mtime_ns == before
    assert sum(report.kinds.values()) == 14
    with pytest.raises(OutputError, match="finished set that differs in seed"):
        build_set(source, small_set, replace(small_settings, seed=9))


def test_foreign_folder_is_not_touched(
    source: RawSource, small_settings: BuildSettings, tmp_path: Path, read_tree: ReadTree
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="choose a new or empty folder"):
        build_set(source, tmp_path, small_settings)
    assert read_tree(tmp_path) == {"notes.txt": b"mine"}


def test_released_wording_is_that_of_the_released_sets(source: RawSource, tmp_path: Path) -> None:
    build_set(source, tmp_path / "set", BuildSettings("rs-cmqa", images=4, wording="released"))
    opened = open_set(tmp_path / "set")
    first = [question.text for question in opened.questions if question.type == 1]
    assert set(first) == {released_text("tampered", None)}
    assert check_set(tmp_path / "set").findings == ()


def test_number_of_pictures_follows_the_shares_where_none_is_given(source: RawSource, tmp_path: Path) -> None:
    report = build_set(source, tmp_path / "set", BuildSettings("rs-cmqa", per_object=1))
    kinds = report.kinds
    assert kinds["none"] == 6  # every tile once
    assert kinds["copy-move"] == pytest.approx(6 * 65.9 / 52.3, abs=1)
    used = [(r.origin, r.instance) for r in report.sidecar.pictures if r.kind != "none"]
    assert len(used) == len(set(used))


class TestBadFiles:
    @pytest.fixture
    def damaged(self, scenes: Path, tmp_path: Path) -> Path:
        root = Path(shutil.copytree(scenes, tmp_path / "scenes"))
        broken = root / "images/suburb4.png"
        broken.write_bytes(broken.read_bytes()[:5000])
        (root / "masks/harbour5.png").write_bytes(b"no picture")
        return root

    def test_bad_files_are_listed_and_the_rest_is_kept(
        self, damaged: Path, small_settings: BuildSettings, tmp_path: Path
    ) -> None:
        report = build_set(open_source(damaged), tmp_path / "set", small_settings)
        assert len(report.failures) == 2
        assert {name for name in ("suburb4.png", "harbour5.png") for line in report.failures if name in line}
        assert sum(report.kinds.values()) == 14
        assert check_set(tmp_path / "set").findings == ()
        again = build_set(open_source(damaged), tmp_path / "set", small_settings)
        assert again.failures == report.failures

    def test_file_that_goes_bad_in_between_costs_its_pictures_only(
        self, source: RawSource, small_set: Path, small_settings: BuildSettings, tmp_path: Path
    ) -> None:
        fading = _Fading(source, reads=1)
        report = build_set(fading, tmp_path / "set", small_settings)
        assert report.failures == ("the file is gone",)
        lost = source.tiles().tiles[0].id
        whole = open_set(small_set).records.values()
        assert lost in {record.origin for record in whole}
        assert report.sidecar.pictures == tuple(record for record in whole if record.origin != lost)
        assert check_set(tmp_path / "set").findings == ()

    def test_source_without_a_usable_tile_is_refused(
        self, scenes: Path, small_settings: BuildSettings, tmp_path: Path
    ) -> None:
        root = Path(shutil.copytree(scenes, tmp_path / "scenes"))
        for path in (root / "images").iterdir():
            path.write_bytes(path.read_bytes()[:5000])
        with pytest.raises(InputError, match="no picture can be made of the 6 tiles"):
            build_set(open_source(root), tmp_path / "set", small_settings)


class _Fading:
    """A source whose first tile can be read a few times only."""

    def __init__(self, source: RawSource, reads: int) -> None:
        self._source = source
        self._left = reads
        self.info = source.info
        self.tiles = source.tiles

    def read(self, ref: TileRef) -> RawTile:
        if ref == self.tiles().tiles[0]:
            self._left -= 1
            if self._left < 0:
                raise TileError("the file is gone", ref.raw.picture)
        return self._source.read(ref)


def test_sidecar_tells_what_was_wanted_and_rejected(source: RawSource, tmp_path: Path) -> None:
    report = build_set(source, tmp_path / "set", BuildSettings("real-rscm", images=5, seed=1))
    sidecar = read_sidecar(tmp_path / "set/geotamper.json")
    assert sidecar is not None
    settings = sidecar.settings
    assert settings["wanted"] == {"none": 1, "copy-move": 4, "blur": 0}
    assert settings["tried"] == len(sidecar.pictures) + sum(report.rejected.values())
    assert settings["tiles"] == {"listed": 6, "used": 6, "left_out": {}}
    assert {"geotamper", "numpy"} <= set(sidecar.versions)
    assert check_set(tmp_path / "set").findings == ()
    assert json.loads((tmp_path / "set/geotamper.json").read_text())["name"] == "real-rscm"


@pytest.mark.parametrize("count", [0, 1, 16, 17, 40])
def test_batches_keep_order_and_do_not_mix_keys(count: int) -> None:
    items = [f"{place // 20}-{place}" for place in range(count)]
    batches = batches_of(items, lambda item: item[0])
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) <= 16 and len({item[0] for item in batch}) == 1 for batch in batches)
