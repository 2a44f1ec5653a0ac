import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError, OutputError
from geotamper.processes.engines import LocalProcesses
from geotamper.sets.building import BuildSettings, build_set
from geotamper.sets.building.build import batches_of
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


def test_every_decision_of_the_screening_is_written_down(small_set: Path) -> None:
    with (small_set / "screening.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    used = {record.origin for record in open_set(small_set).records.values()}
    rules = {row["tile"]: set[str]() for row in rows}
    for row in rows:
        rules[row["tile"]].add(row["rule"])
        assert (row["accepted"] == "yes") == (float(row["value"]) <= float(row["threshold"]))
    assert used <= set(rules)
    assert all("duplicate" in rules[tile] and len(rules[tile]) > 4 for tile in used)
    accepted = {row["tile"] for row in rows} - {row["tile"] for row in rows if row["accepted"] == "no"}
    assert used <= accepted


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


def test_card_of_a_finished_set_comes_back(
    source: RawSource, small_set: Path, small_settings: BuildSettings, tmp_path: Path, read_tree: ReadTree
) -> None:
    root = Path(shutil.copytree(small_set, tmp_path / "moved"))
    (root / "README.md").unlink()
    (root / "croissant.json").unlink()
    build_set(source, root, small_settings)
    assert read_tree(root) == read_tree(small_set)
    (root / "README.md").write_text("edited")
    build_set(source, root, small_settings)
    assert (root / "README.md").read_text() == "edited"


def test_terms_of_each_picture_are_recorded_and_told(
    scenes: Path, small_settings: BuildSettings, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(scenes, tmp_path / "scenes"))
    terms = {"suburb": "CC0-1.0,no", "harbour": "research only,yes", "airport": "not checked,unverified"}
    lines = [
        f"images/{path.name},{kind},{terms[kind]}"
        for path in sorted((root / "images").iterdir())
        if (kind := path.stem[:-1]) in terms
    ]
    (root / "manifest.csv").write_text("\n".join(["path,source,licence,restricted", *lines, ""]))
    report = build_set(open_source(root), tmp_path / "set", small_settings)
    records = report.sidecar.pictures
    by_source = {record.origin_dataset: (record.licence, record.restricted) for record in records}
    assert by_source == {
        "suburb": ("CC0-1.0", False),
        "harbour": ("research only", True),
        "airport": ("not checked", None),
        "scenes": ("not stated: known to whoever made the folder", None),
    }
    count = sum(record.origin_dataset == "harbour" for record in records)
    card = (tmp_path / "set/README.md").read_text()
    assert f"| harbour | {count} | research only | yes |" in card
    assert f"| research only | {count} |" in card
    assert f"marks {count} pictures as restricted: those made from harbour." in card
    licences = json.loads((tmp_path / "set/croissant.json").read_text())["license"]
    assert set(licences) == {licence for licence, _ in by_source.values()}


class TestClassTable:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        names = "0: Other\n1: Car\n2: Airplane\n3: Ship\n4: Building\n5: Road\n6: Vegetation\n7: Farmland\n"
        path = tmp_path / "mine.yaml"
        path.write_text(
            "classes:\n" + "".join(f"  {line}\n" for line in names.splitlines()) + "others: Other\n"
        )
        return path

    def test_content_is_recorded_and_the_path_is_not(
        self, scenes: Path, table: Path, tmp_path: Path, read_tree: ReadTree
    ) -> None:
        settings = BuildSettings("rs-cmqa", images=4)
        report = build_set(open_source(scenes, class_table=table), tmp_path / "set", settings)
        entry = report.sidecar.settings["classes"]["."]
        assert entry["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
        assert (entry["classes"]["3"], entry["others"]) == ("Ship", "Other")
        assert "mine.yaml" not in (tmp_path / "set/geotamper.json").read_text()
        moved = table.rename(tmp_path / "elsewhere.yaml")
        build_set(open_source(scenes, class_table=moved), tmp_path / "again", settings)
        assert read_tree(tmp_path / "again") == read_tree(tmp_path / "set")

    def test_another_table_is_another_set(self, scenes: Path, table: Path, tmp_path: Path) -> None:
        settings = BuildSettings("rs-cmqa", images=4)
        build_set(open_source(scenes, class_table=table), tmp_path / "set", settings)
        table.write_text(table.read_text().replace("3: Ship", "3: Car"))
        with pytest.raises(OutputError, match="finished set that differs in classes"):
            build_set(open_source(scenes, class_table=table), tmp_path / "set", settings)


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
        names = ("suburb4.png", "harbour5.png")
        assert all(any(name in line for line in report.failures) for name in names)
        assert str(tmp_path) not in (tmp_path / "set/geotamper.json").read_text()
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
        self.root = source.root
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
