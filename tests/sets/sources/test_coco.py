import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.sets.sources import (
    LABEL_IDS,
    LayoutError,
    RawSource,
    RawTile,
    TileError,
    detect_reader,
    open_source,
)
from geotamper.sets.sources.runlength import decode_runs, expand_counts

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

CATEGORIES = [
    {"id": 3, "name": "Small_Vehicle"},
    {"id": 5, "name": "harbor"},
    {"id": 8, "name": "plane"},
]
SIDE = 600


def annotation(number: int, category: int, segmentation: object, **more: object) -> dict[str, object]:
    return {"id": number, "image_id": 1, "category_id": category, "segmentation": segmentation, **more}


def content(*annotations: dict[str, object]) -> dict[str, object]:
    return {
        "licenses": [{"id": 1, "name": "CC0"}],
        "categories": CATEGORIES,
        "images": [
            {"id": 1, "file_name": "a.png", "width": SIDE, "height": SIDE, "license": 1},
            {"id": 2, "file_name": "deep/b.png", "width": SIDE, "height": SIDE},
        ],
        "annotations": list(annotations),
    }


def square(x0: float, y0: float, x1: float, y1: float) -> list[list[float]]:
    return [[x0, y0, x1, y0, x1, y1, x0, y1]]


def runs(mask: npt.NDArray[np.bool_]) -> list[int]:
    flat = np.concatenate([[0], mask.T.ravel().astype(int), [2]])
    edges = np.flatnonzero(np.diff(flat))
    return [int(length) for length in np.diff(np.concatenate([[0], edges]))]


def compress(counts: list[int]) -> str:
    """The compressed form, written from its description."""
    text = ""
    for place, count in enumerate(counts):
        number = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            group = number & 31
            number >>= 5
            more = number != (-1 if group & 16 else 0)
            text += chr((group | (32 if more else 0)) + 48)
    return text


@pytest.fixture
def pictures(tmp_path: Path, save: Save, noise: Noise) -> Path:
    save("images/a.png", noise(SIDE, SIDE))
    save("images/deep/b.png", noise(SIDE, SIDE, 1))
    return tmp_path


def test_coco_draws_polygons_and_runs(pictures: Path, save_json: Save, read_all: ReadAll) -> None:
    blob = np.zeros((SIDE, SIDE), np.bool_)
    blob[300:340, 100:130] = True
    blob[330:350, 120:160] = True
    save_json(
        "annotations/instances_train.json",
        content(
            annotation(1, 3, square(10, 20, 40, 32), area=360),
            annotation(2, 5, square(0, 0, 200, 200), area=40000),
            annotation(3, 8, {"size": [SIDE, SIDE], "counts": runs(blob)}, area=int(blob.sum())),
            annotation(4, 8, square(400, 400, 450, 450), area=2500, iscrowd=1),
        ),
    )
    assert detect_reader(pictures).name == "coco"
    tile, empty = read_all(pictures)
    assert not empty.labels.any()
    assert tile.instances is not None
    assert (tile.labels[20:32, 10:40] == LABEL_IDS["Car"]).all()
    assert np.count_nonzero(tile.labels == LABEL_IDS["Car"]) == 12 * 30
    assert np.array_equal(tile.labels == LABEL_IDS["Airplane"], blob[:512, :512])
    assert tile.ignore[400:450, 400:450].all()
    assert sorted(tile.instance_names.values()) == ["Small_Vehicle", "harbor", "plane"]
    # the vehicle lies on top of the harbour, whatever comes first in the file
    assert tile.instance_names[int(tile.instances[25, 20])] == "Small_Vehicle"
    assert tile.instance_names[int(tile.instances[100, 100])] == "harbor"
    assert tile.ref.raw.licence == "CC0"
    assert tile.ref.raw.key == "images/a"


def test_coco_reads_polygons_stored_as_text(pictures: Path, save_json: Save, read_all: ReadAll) -> None:
    save_json("a.json", content(annotation(1, 8, json.dumps(square(10, 10, 20, 20)))))
    assert np.count_nonzero(read_all(pictures)[0].labels == LABEL_IDS["Airplane"]) == 100


def test_coco_takes_category_names_from_a_table(
    pictures: Path, save_json: Save, tmp_path: Path, read_all: ReadAll
) -> None:
    save_json(
        "a.json", content(annotation(1, 5, square(10, 10, 20, 20)), annotation(2, 8, square(50, 50, 60, 60)))
    )
    table = tmp_path / "names.yaml"
    table.write_text("classes:\n  Harbor: Building\n", encoding="utf-8")
    labels = read_all(pictures, "coco", class_table=table)[0].labels
    assert np.unique(labels).tolist() == [0, LABEL_IDS["Building"]]


def test_coco_leaves_annotations_behind_when_sent_to_another_process(pictures: Path, save_json: Save) -> None:
    many = [annotation(number, 8, square(10, 10, 20, 20)) for number in range(500)]
    save_json("a.json", content(*many))
    source = open_source(pictures)
    ref = source.tiles().tiles[0]
    sent = pickle.dumps(source)
    assert len(sent) < 5000
    again: RawSource = pickle.loads(sent)  # noqa: S301
    assert np.array_equal(again.read(ref).labels, source.read(ref).labels)


def test_coco_reports_a_picture_of_another_size(pictures: Path, save_json: Save) -> None:
    document = content(annotation(1, 3, square(10, 20, 60, 50)))
    document["images"][0] |= {"width": 2 * SIDE, "height": 2 * SIDE}  # type: ignore[index]
    save_json("labels.json", document)
    listing = open_source(pictures).tiles()
    assert [failure.path.name for failure in listing.failures] == ["a.png"]
    assert "1200 x 1200" in str(listing.failures[0])
    assert {tile.raw.picture.name for tile in listing.tiles} == {"b.png"}


def test_coco_reports_a_missing_picture(pictures: Path, save_json: Save) -> None:
    save_json("a.json", content())
    (pictures / "images/a.png").unlink()
    listing = open_source(pictures).tiles()
    assert [error.path.name for error in listing.failures] == ["a.png"]
    assert [ref.raw.key for ref in listing.tiles] == ["images/deep/b"]


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [SIDE, SIDE], "counts": [5, 6]},
        {"size": [300, 300], "counts": [90_000]},
        {"size": [SIDE, SIDE], "counts": "~~"},
        [[1, 2, 3]],
        {"size": [SIDE, SIDE]},
    ],
)
def test_coco_reports_a_broken_segmentation(pictures: Path, save_json: Save, segmentation: object) -> None:
    file = save_json("a.json", content(annotation(77, 8, segmentation)))
    source = open_source(pictures)
    with pytest.raises(TileError, match="annotation 77") as caught:
        source.read(source.tiles().tiles[0])
    assert caught.value.path == file


def test_coco_refuses_what_is_no_coco(pictures: Path, save_json: Save) -> None:
    save_json("a.json", {"images": [], "annotations": []})
    with pytest.raises(LayoutError, match="lacks 'categories'"):
        open_source(pictures).tiles()
    save_json("a.json", {"other": 1})
    with pytest.raises(LayoutError, match="no COCO JSON file"):
        open_source(pictures, "coco").tiles()


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=30))
def test_expand_counts_inverts_the_compression(counts: list[int]) -> None:
    assert expand_counts(compress(counts)) == counts


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31))
def test_decode_runs_gives_the_mask_back(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    for counts in (runs(mask), compress(runs(mask))):
        assert np.array_equal(decode_runs({"size": [height, width], "counts": counts}), mask)


def test_expand_counts_takes_differences_from_the_fourth_number_on() -> None:
    # 10 pixels outside, 3 inside, 7 outside, 300 inside, written by hand: 300 - 3 = 297 = 9 + 32 * 9
    assert expand_counts("".join(chr(48 + v) for v in (10, 3, 7, 9 | 32, 9))) == [10, 3, 7, 300]


@pytest.mark.shared
def test_coco_reads_real_annotations(shared: Path, read_all: ReadAll) -> None:
    tiles = read_all(shared / "native" / "NWPU_VHR10_coco")
    present = {int(label) for tile in tiles for label in np.unique(tile.labels)}
    assert {LABEL_IDS["Airplane"], LABEL_IDS["Ship"], LABEL_IDS["Car"]} <= present
    tiles = read_all(shared / "native" / "OAM_TCD", "coco")
    assert len(tiles) == 16
    assert any((tile.labels == LABEL_IDS["Vegetation"]).any() for tile in tiles)
