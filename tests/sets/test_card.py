import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from geotamper.sets.balancing import balance_set
from geotamper.sets.card import write_card
from geotamper.sets.conversion import Conversion, convert_set
from geotamper.sets.layout import open_set, read_sidecar, write_sidecar
from geotamper.sets.parquet.writing import ParquetOptions, write_parquet

CopySet = Callable[..., Path]
LOAD = """
import json, sys
from datasets import load_dataset
loaded = load_dataset(sys.argv[1], *sys.argv[2:])
print(json.dumps({fold: [row["answer"] for row in rows] for fold, rows in loaded.items()}))
"""
METADATA = """
import json, sys, warnings
import mlcroissant
loaded = mlcroissant.Dataset(jsonld=sys.argv[1])
print(json.dumps([loaded.metadata.ctx.issues.errors and 1 or 0, sum(1 for _ in loaded.records("questions-test"))]))
"""


def in_other_process(program: str, *words: str, home: Path) -> object:
    """Libraries that warn on import, and that may ask a hub, run apart and offline."""
    environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def header(card: str) -> dict[str, object]:
    content = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(content, dict)
    return content


def answers(root: Path, *, balanced: bool = False) -> dict[str, list[str]]:
    opened = open_set(root, balanced=balanced)
    return {fold: [q.answer for q in opened.fold_questions(fold)] for fold in ("train", "val", "test")}


def test_card_tells_counts_seed_and_command(small_set: CopySet) -> None:
    root = small_set("rs-tqa")
    sidecar = read_sidecar(root / "geotamper.json")
    assert sidecar is not None
    settings = {
        "images": 12, "per_object": 4, "source": {"name": "LoveDA", "title": "L", "licence": "ask them"},
        "rejected": {"no place": 7}, "tiles": {"listed": 9, "used": 8, "left_out": {"cloud": 1}},
    }  # fmt: skip
    changed = sidecar.model_copy(
        update={"name": "rs-tqa", "seed": 41, "settings": settings, "versions": {"numpy": "2.0"}}
    )
    write_sidecar(root / "geotamper.json", changed)
    card = write_card(root)[0].read_text()
    assert (
        "geotamper generate SOURCE OUT --preset rs-tqa --reader loveda --images 12 --per-object 4 --seed 41"
        in card
    )
    assert "| train | 4 | 54 |" in card
    assert "| copy-move | 6 |" in card
    assert "share one of 3 groups" in card
    assert "Raw tiles: 8 of 9 used; left out: cloud 1." in card
    assert "arXiv:2412.02575" in card


def test_card_names_licence_and_citation_of_known_imagery(small_set: CopySet) -> None:
    root = small_set()
    path = root / "JsonFiles" / "All_Images.json"
    path.write_text(path.read_text().replace('"origin_dataset": "drawn"', '"origin_dataset": "LoveDA"'))
    (root / "geotamper.json").unlink()
    card = write_card(root)[0].read_text()
    assert "wang2021loveda" in card
    assert "was not made by geotamper" in card
    assert "geotamper generate" not in card


def test_card_does_not_depend_on_the_folder(small_set: CopySet, tmp_path: Path) -> None:
    root = small_set()
    first = [path.read_bytes() for path in write_card(root)]
    moved = root.rename(tmp_path / "a moved set")
    assert [path.read_bytes() for path in write_card(moved)] == first


def test_sidecar_without_terms_is_read_and_told_as_not_stated(small_set: CopySet) -> None:
    root = small_set()
    path = root / "geotamper.json"
    head, _, records = path.read_text().partition("[\n")
    old = re.sub(r'"(licence|restricted)":null,', "", records)
    assert old != records
    path.write_text(f"{head}[\n{old}")
    assert (
        "| drawn | 9 | not stated in the files of this set | not stated |" in write_card(root)[0].read_text()
    )


def test_card_is_the_same_when_written_again(small_set: CopySet) -> None:
    root = small_set()
    first = [path.read_bytes() for path in write_card(root)]
    assert [path.read_bytes() for path in write_card(root)] == first


def test_folds_without_questions_are_left_out_of_the_header(small_set: CopySet) -> None:
    root = small_set()
    (root / "JsonFiles" / "Val_Questions.json").write_text('{"questions": []}')
    configs = header(write_card(root)[0].read_text())["configs"]
    assert isinstance(configs, list)
    assert [entry["split"] for entry in configs[0]["data_files"]] == ["train", "test"]


def test_metadata_lists_files_with_their_hashes(small_set: CopySet) -> None:
    import hashlib

    root = small_set()
    document = json.loads(write_card(root)[1].read_text())
    files = {entry["@id"]: entry for entry in document["distribution"]}
    for name in ("JsonFiles/Train_Questions.json", "geotamper.json"):
        assert files[name]["sha256"] == hashlib.sha256((root / name).read_bytes()).hexdigest()
    assert files["image-files"]["includes"] == "image/*.png"
    assert [entry["name"] for entry in document["recordSet"]] == [
        "questions-train", "questions-val", "questions-test"
    ]  # fmt: skip


@pytest.mark.skipif(find_spec("datasets") is None, reason="the library datasets is not installed")
@pytest.mark.parametrize("layout", ["released", "parquet"])
def test_datasets_loads_it_in_one_line(small_set: CopySet, tmp_path: Path, layout: str) -> None:
    root = small_set()
    balance_set(root, per_type=4)
    folder = root
    if layout == "parquet":
        pytest.importorskip("pyarrow")
        folder = tmp_path / "parquet"
        convert_set(root, folder, Conversion("parquet"))
    write_card(folder)
    home = tmp_path / "home"
    assert in_other_process(LOAD, str(folder), home=home) == answers(root)
    assert in_other_process(LOAD, str(folder), "balanced", home=home) == answers(root, balanced=True)


def in_small_files(root: Path, folder: Path) -> None:
    options = ParquetOptions("small", storage="files", rows_per_file=10)
    write_parquet(folder, {"full": open_set(root)}, [(1, "image", b"")], options)


def test_metadata_covers_every_file_of_a_fold(small_set: CopySet, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    in_small_files(small_set(), tmp_path / "parquet")
    document = json.loads(write_card(tmp_path / "parquet")[1].read_text())
    sets = {entry["@id"]: entry for entry in document["distribution"] if entry["@type"] == "cr:FileSet"}
    test = next(entry for entry in document["recordSet"] if entry["name"] == "questions-test")
    (place,) = {field["source"]["fileSet"]["@id"] for field in test["field"]}
    described = list((tmp_path / "parquet").glob(sets[place]["includes"]))
    assert len(described) > 1
    assert sorted(path.relative_to(tmp_path / "parquet").as_posix() for path in described) == sorted(
        entry["@id"] for entry in document["distribution"] if entry["@id"].startswith("data/test-")
    )


@pytest.mark.skipif(find_spec("mlcroissant") is None, reason="the library mlcroissant is not installed")
def test_croissant_reads_all_files_of_a_fold(small_set: CopySet, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    root = small_set()
    in_small_files(root, tmp_path / "parquet")
    metadata = write_card(tmp_path / "parquet")[1]
    rows = len(open_set(root).fold_questions("test"))
    assert rows > 10
    assert in_other_process(METADATA, str(metadata), home=tmp_path / "home") == [0, rows]


@pytest.mark.skipif(find_spec("mlcroissant") is None, reason="the library mlcroissant is not installed")
@pytest.mark.parametrize("layout", ["released", "parquet"])
def test_metadata_is_valid_croissant(small_set: CopySet, tmp_path: Path, layout: str) -> None:
    root = small_set()
    folder = root
    if layout == "parquet":
        pytest.importorskip("pyarrow")
        folder = tmp_path / "parquet"
        convert_set(root, folder, Conversion("parquet", storage="shards"))
    metadata = write_card(folder)[1]
    rows = len(open_set(root).fold_questions("test"))
    assert in_other_process(METADATA, str(metadata), home=tmp_path / "home") == [0, rows]
