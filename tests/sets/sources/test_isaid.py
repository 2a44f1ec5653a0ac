from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from geotamper.sets.sources import LABEL_IDS, LayoutError, RawTile, detect_reader, open_source
from geotamper.sets.sources.isaid import read_gsd

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

WIDTH, HEIGHT = 700, 1100
OBJECTS = {
    # id colour, class colour, parts (y0, y1, x0, x1)
    (75, 100, 80): ((0, 0, 127), [(20, 40, 20, 60), (50, 60, 20, 60)]),  # a small vehicle in two parts
    (75, 101, 80): ((0, 127, 255), [(100, 160, 100, 180)]),  # a plane
    (1, 0, 200): ((0, 0, 63), [(200, 230, 300, 420)]),  # a ship
    (2, 0, 200): ((0, 100, 155), [(300, 400, 300, 420)]),  # a harbour
    (3, 1, 0): ((0, 0, 191), [(10, 20, 300, 320)]),  # number 259 is below 1000
}


def picture(noise: Noise) -> Pixels:
    pixels = noise(HEIGHT, WIDTH).copy()
    pixels[480:600, :90] = 0  # a corner that the scene does not fill
    pixels[25:30, 25:30] = 0  # a shadow within an object
    return pixels


def truth() -> tuple[Pixels, Pixels]:
    ids, colours = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
    for identifier, (colour, parts) in OBJECTS.items():
        for y0, y1, x0, x1 in parts:
            ids[y0:y1, x0:x1] = identifier
            colours[y0:y1, x0:x1] = colour
    return ids, colours


def make(save: Save, noise: Noise, split: str, stem: str, layout: str) -> None:
    ids, colours = truth()
    folders = {
        "merged": ("images", "images", "images"),
        "downloaded": ("part1/images", "Instance_masks/images", "Semantic_masks/images"),
    }[layout]
    save(f"{split}/{folders[0]}/{stem}.png", picture(noise))
    save(f"{split}/{folders[1]}/{stem}_instance_id_RGB.png", ids)
    save(f"{split}/{folders[2]}/{stem}_instance_color_RGB.png", colours)


@pytest.fixture(params=["merged", "downloaded"])
def isaid(request: pytest.FixtureRequest, tmp_path: Path, save: Save, noise: Noise) -> Path:
    make(save, noise, "train", "P0000", request.param)
    make(save, noise, "val", "P0001", request.param)
    save("test/images/P0006.png", noise(600, 600))
    return tmp_path


def test_isaid_reads_both_layouts(isaid: Path, read_all: ReadAll, noise: Noise) -> None:
    assert detect_reader(isaid).name == "isaid"
    tiles = read_all(isaid)
    assert [tile.ref.raw.split for tile in tiles] == ["train", "train", "val", "val"]
    tile = tiles[0]
    assert np.array_equal(tile.pixels, picture(noise)[:512, :512])
    assert (tile.labels[20:40, 20:60] == LABEL_IDS["Car"]).all()
    assert (tile.labels[100:160, 100:180] == LABEL_IDS["Airplane"]).all()
    assert (tile.labels[200:230, 300:420] == LABEL_IDS["Ship"]).all()
    assert not tile.labels[300:400, 300:420].any()


def test_isaid_renumbers_instances_and_keeps_parts_together(isaid: Path, read_all: ReadAll) -> None:
    tile = read_all(isaid)[0]
    assert tile.instances is not None
    assert tile.instances.dtype == np.int32
    assert np.unique(tile.instances).tolist() == [0, 1, 2, 3, 4]
    assert tile.instances[30, 30] == tile.instances[55, 30]
    assert set(tile.instance_names.values()) == {"small vehicle", "plane", "ship", "harbor"}
    assert tile.instance_names[int(tile.instances[30, 30])] == "small vehicle"
    assert tile.instances[15, 310] == 0
    assert tile.instance_origin == "annotated"


def test_isaid_takes_large_black_regions_as_no_data(isaid: Path, read_all: ReadAll) -> None:
    tile = read_all(isaid)[0]
    assert tile.ignore[480:512, :90].all()
    assert np.count_nonzero(tile.ignore) == 32 * 90


def test_isaid_decides_a_class_by_most_pixels_and_notes_disagreement(isaid: Path, read_all: ReadAll) -> None:
    path = next(isaid.rglob("P0000_instance_color_RGB.png"))
    with Image.open(path) as image:
        colours = np.array(image)
    colours[100:110, 100:180] = (0, 0, 63)
    Image.fromarray(colours).save(path)
    tile = read_all(isaid)[0]
    assert (tile.labels[100:160, 100:180] == LABEL_IDS["Airplane"]).all()
    assert any("disagree in 800 of" in note for note in tile.notes)


def test_isaid_leaves_out_what_the_authors_leave_out(isaid: Path, save: Save, noise: Noise) -> None:
    save("train/images/P1527.png", noise(600, 600))
    listing = open_source(isaid).tiles()
    assert any("P1527" in note for note in listing.notes)
    assert any("test" in note for note in listing.notes)
    assert len(listing.tiles) == 4


def test_isaid_refuses_overlapping_patches(isaid: Path, save: Save, noise: Noise) -> None:
    save("train/images/P0003_0_800_0_800.png", noise(800, 800))
    with pytest.raises(LayoutError, match="patch"):
        open_source(isaid).tiles()


def test_isaid_points_to_coco_without_instance_files(tmp_path: Path, save: Save, noise: Noise) -> None:
    save("train/images/P0000.png", noise(600, 600))
    with pytest.raises(LayoutError, match="'coco'"):
        open_source(tmp_path, "isaid").tiles()


@pytest.mark.parametrize(("text", "gsd"), [("gsd:0.25\n1 2 3", 0.25), ("imagesource:GF-2\ngsd:null\n", None)])
def test_isaid_takes_the_sample_distance_from_label_texts(
    isaid: Path, tmp_path: Path, text: str, gsd: float | None
) -> None:
    path = tmp_path / "train/labelTxt/P0000.txt"
    path.parent.mkdir()
    path.write_text(text, encoding="ascii")
    assert open_source(isaid).tiles().tiles[0].gsd_m == gsd


@pytest.mark.shared
def test_isaid_reads_original_files(shared: Path, read_all: ReadAll) -> None:
    tiles = read_all(shared / "native" / "iSAID")
    assert {tile.ref.raw.key for tile in tiles} == {"train/P0005", "val/P0003"}
    for tile in tiles:
        assert tile.instances is not None
        assert np.array_equal(tile.labels > 0, tile.instances > 0)
        assert tile.notes == ()
    whole = [int(tile.instances.max()) for tile in tiles if tile.instances is not None]
    assert max(whole) > 40
    assert any(tile.ignore.any() for tile in tiles)


@pytest.mark.shared
def test_isaid_reads_an_original_label_text(shared: Path) -> None:
    gsd = read_gsd(shared / "native" / "DOTA" / "labelTxt" / "P1888.txt")
    assert gsd is not None
    assert 0.01 < gsd < 5
