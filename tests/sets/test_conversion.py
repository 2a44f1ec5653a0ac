import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from geotamper.control import Control
from geotamper.errors import (
    CancelledError,
    InputError,
    MissingLibraryError,
    OutputError,
    SpecificationError,
)
from geotamper.sets.balancing import balance_set
from geotamper.sets.card import write_card
from geotamper.sets.checking import check_set
from geotamper.sets.conversion import Conversion, convert_set
from geotamper.sets.layout import FOLDS, ROLES, open_set, picture_path
from geotamper.sets.layout.png import encode_png
from geotamper.sets.parquet import names
from geotamper.sets.parquet.manifest import changed_files, read_manifest
from geotamper.sets.parquet.reading import ParquetFiles
from geotamper.sets.parquet.writing import ParquetOptions, write_parquet
from geotamper.sets.review import Decisions

CopySet = Callable[..., Path]
STORAGES = ("files", "shards")

pytest.importorskip("pyarrow")


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _shuffle(path: Path, key: str) -> None:
    document = json.loads(path.read_text())
    np.random.default_rng(0).shuffle(document[key])
    lines = ",\n".join(json.dumps(record) for record in document[key])
    path.write_text(f'{{"{key}": [\n{lines}\n]}}\n')


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("question_set", ["rs-cmqa", "rs-tqa"])
def test_there_and_back_gives_the_same_files(
    small_set: CopySet, tmp_path: Path, storage: Any, question_set: str
) -> None:
    root = small_set(question_set)
    balance_set(root, per_type=4)
    # lists in any order, one of them with a question that the list of all lacks, and one without a fold
    _shuffle(root / "JsonFiles" / "All_Questions.json", "questions")
    _shuffle(root / "JsonFiles" / "Test_Questions.json", "questions")
    everything = (root / "JsonFiles" / "All_Questions.json").read_text().splitlines(keepends=True)
    (root / "JsonFiles" / "All_Questions.json").write_text("".join(everything[:3] + everything[4:]))
    train = (root / "JsonFiles" / "Train_Questions.json").read_text().splitlines(keepends=True)
    (root / "JsonFiles" / "Train_Questions.json").write_text("".join(train[:1] + train[2:]))
    Decisions(root).decide(2, "rejected")
    convert_set(root, tmp_path / "columns", Conversion("parquet", storage=storage))
    convert_set(tmp_path / "columns", tmp_path / "back", Conversion("released", jobs=2))
    before, after = _files(root), _files(tmp_path / "back")
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize("storage", STORAGES)
def test_converted_set_reads_like_the_released_one(small_set: CopySet, tmp_path: Path, storage: Any) -> None:
    root = small_set()
    convert_set(root, tmp_path / "columns", Conversion("parquet", storage=storage))
    released, converted = open_set(root), open_set(tmp_path / "columns")
    assert converted.questions.equals(released.questions)
    assert all(converted.fold_questions(f).equals(released.fold_questions(f)) for f in FOLDS)
    assert dict(converted.pictures) == dict(released.pictures)
    assert list(converted.pictures) == list(released.pictures)
    assert converted.vocabulary == released.vocabulary
    assert converted.sidecar == released.sidecar
    assert np.array_equal(converted.read_image(5), released.read_image(5))
    for role in ROLES:
        stores = converted.storage.store, released.storage.store
        assert list(stores[0].pictures(role)) == list(stores[1].pictures(role))
        assert stores[0].read(3, role) == stores[1].read(3, role)
        assert not stores[0].has(99, role)
        with pytest.raises(InputError, match="picture 99"):
            stores[0].read(99, role)
    assert isinstance(converted.storage, ParquetFiles)
    assert converted.storage.first_questions("test", 5) == list(released.fold_questions("test"))[:5]
    with pytest.raises(InputError, match="no balanced list"):
        open_set(tmp_path / "columns", balanced=True)


def test_release_of_the_balanced_subset_alone_goes_there_and_back(small_set: CopySet, tmp_path: Path) -> None:
    root = small_set("rs-cmqa")
    balance_set(root, per_type=4)
    shutil.rmtree(root / "JsonFiles")
    there, back = tmp_path / "there", tmp_path / "back"
    convert_set(root, there, Conversion("parquet"))
    convert_set(there, back, Conversion("released"))
    wanted = {name: content for name, content in _files(root).items() if name.startswith("JsonFiles")}
    assert {name: content for name, content in _files(back).items() if name in wanted} == wanted
    with pytest.raises(InputError, match="has no full list of questions; it has balanced"):
        open_set(there)
    for folder in (there, back):
        card, _ = write_card(folder)
        assert "config_name: balanced" in card.read_text()
        assert "config_name: default" not in card.read_text()


def test_question_files_have_names_that_loaders_know_and_full_columns(
    small_set: CopySet, tmp_path: Path
) -> None:
    from pyarrow import parquet

    convert_set(small_set(), tmp_path / "columns", Conversion("parquet"))
    assert sorted(path.name for path in (tmp_path / "columns" / "data").iterdir()) == [
        f"{fold}-00000-of-00001.parquet" for fold in sorted(FOLDS)
    ]
    table = parquet.read_table(tmp_path / "columns" / "data" / "test-00000-of-00001.parquet")
    # datasets.load_dataset knows no dictionary columns
    assert not any(str(kind).startswith("dictionary") for kind in table.schema.types)
    rows = table.to_pylist()
    assert rows[1] | {"question": "", "row": 0} == {
        "row": 0,
        "id": 168,
        "img_id": 8,
        "type": "1",
        "type_name": "tampered",
        "question": "",
        "answer": "Yes",
        "answer_index": 0,
        "active": True,
    }


def test_questions_of_many_files_keep_their_order(small_set: CopySet, tmp_path: Path) -> None:
    released = open_set(small_set())
    write_parquet(tmp_path, {"full": released}, (), ParquetOptions("small", rows_per_file=7))
    converted = open_set(tmp_path)
    assert len(list((tmp_path / "data").iterdir())) == 18
    assert converted.questions.equals(released.questions)
    assert converted.fold_questions("val").equals(released.fold_questions("val"))
    assert isinstance(converted.storage, ParquetFiles)
    for count in (0, 7, 20, 1000):
        assert converted.storage.first_questions("val", count) == list(released.fold_questions("val"))[:count]


@pytest.mark.parametrize("to", ["parquet", "released"])
def test_size_shrinks_pictures_and_keeps_questions(small_set: CopySet, tmp_path: Path, to: Any) -> None:
    root = small_set()
    convert_set(root, tmp_path / "small", Conversion(to, size=56))
    large, small = open_set(root), open_set(tmp_path / "small")
    assert small.questions.equals(large.questions)
    assert small.sidecar == large.sidecar
    for role in ("source", "target", "background"):
        grey = small.read_grey(2, role)
        assert grey.values.shape == (56, 56)
        assert grey.bands == 1
        assert set(np.unique(grey.values)) <= {0, 255}
        share = large.read_mask(2, role).mean()
        assert grey.mask.mean() == pytest.approx(share, rel=0.1)
    assert set(np.unique(small.read_grey(2, "segmentation").values)) <= {60, 120, 255}
    expected = cv2.resize(large.read_image(2), (56, 56), interpolation=cv2.INTER_AREA)
    assert np.array_equal(small.read_image(2), expected)


def test_smaller_background_stays_clear_of_the_regions(small_set: CopySet, tmp_path: Path) -> None:
    root = small_set()
    # the target ends and an object begins in the middle of what becomes one pixel
    target = open_set(root).read_mask(2, "target")
    background = np.zeros_like(target)
    background[1:, :] = target[:-1, :] & ~target[1:, :]
    background[2:, :] |= background[1:-1, :] & ~target[2:, :]
    picture_path(root, 2, "background").write_bytes(encode_png(background))
    convert_set(root, tmp_path / "half", Conversion("released", size=64))
    small = open_set(tmp_path / "half")
    assert small.read_mask(2, "background").any()
    assert not (small.read_mask(2, "background") & small.read_mask(2, "target")).any()
    assert check_set(tmp_path / "half").errors == 0


def test_conversion_refuses_to_enlarge_and_to_mix(small_set: CopySet, tmp_path: Path) -> None:
    root = small_set()
    with pytest.raises(InputError, match="only made smaller"):
        convert_set(root, tmp_path / "large", Conversion("released", size=224))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").touch()
    with pytest.raises(OutputError, match="not an empty folder"):
        convert_set(root, tmp_path / "full", Conversion("released"))
    for wrong in ({"to": "csv"}, {"to": "released", "storage": "shards"}, {"to": "parquet", "size": 2}):
        with pytest.raises(SpecificationError):
            Conversion(**wrong)


def test_conversion_refuses_lists_that_contradict_each_other(small_set: CopySet, tmp_path: Path) -> None:
    root = small_set()
    path = root / "JsonFiles" / "Test_Questions.json"
    path.write_text(path.read_text().replace('"answer": "Yes"', '"answer": "No"', 1))
    for to in ("parquet", "released"):
        with pytest.raises(InputError, match="differ between"):
            convert_set(root, tmp_path / to, Conversion(to))


def test_conversion_can_be_cancelled_and_leaves_no_manifest(small_set: CopySet, tmp_path: Path) -> None:
    control = Control(is_cancelled=lambda: True)
    with pytest.raises(CancelledError):
        convert_set(small_set(), tmp_path / "out", Conversion("parquet"), control=control)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_manifest_tells_files_that_changed(small_set: CopySet, tmp_path: Path) -> None:
    root = tmp_path / "columns"
    convert_set(small_set(), root, Conversion("parquet", storage="shards"))
    manifest = read_manifest(root)
    assert list(changed_files(root, manifest)) == []
    (root / "pictures.parquet").unlink()
    shard = root / "shards" / "pictures-00000.tar"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    assert dict(changed_files(root, manifest)) == {
        "pictures.parquet": "is missing",
        "shards/pictures-00000.tar": "differs from its hash in the manifest",
    }
    with pytest.raises(InputError, match=r"pictures\.parquet"):
        _ = open_set(root).pictures
    (root / "data" / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        open_set(root).fold_questions("test")
    (root / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="no manifest of version"):
        open_set(root)


def test_shards_are_split_between_pictures(small_set: CopySet, tmp_path: Path) -> None:
    import tarfile

    from geotamper.sets.parquet.shards import FileIndex, ShardedFiles, write_shards

    store = open_set(small_set()).storage.store
    files = [(picture, role, store.read(picture, role)) for picture in range(1, 10) for role in ROLES]
    index = FileIndex()
    names_ = write_shards(tmp_path, files, index, shard_bytes=100_000)
    index.write(tmp_path)
    assert len(names_) > 1
    found: dict[str, set[str]] = {}
    for name in names_:
        with tarfile.open(tmp_path / name) as shard:
            for member in shard.getnames():
                found.setdefault(member.partition(".")[0], set()).add(name)
    assert len(found) == 9
    assert all(len(shards) == 1 for shards in found.values())
    sharded = ShardedFiles(tmp_path)
    assert all(sharded.read(picture, role) == content for picture, role, content in files)
    (tmp_path / names_[-1]).write_bytes(b"")
    with pytest.raises(InputError, match="ends before the segmentation of picture 9"):
        sharded.read(9, "segmentation")


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingLibraryError, match=r"pip install geotamper\[parquet\]"):
        names.arrow()
