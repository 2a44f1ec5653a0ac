from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, TiffImagePlugin

from geotamper.sets.sources import (
    LABEL_IDS,
    LayoutError,
    RawTile,
    TileError,
    Window,
    detect_reader,
    open_source,
)
from geotamper.sets.sources.rasters import Rasters

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

SIDE = 512


def building() -> BoolMask:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[100:150, 200:280] = True
    return mask


def save_one_bit(path: Path, mask: BoolMask) -> None:
    """A label as in the set: 1 bit, CCITT, white is zero."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[262] = 0
    Image.fromarray(mask).save(path, compression="tiff_ccitt", tiffinfo=tags)


@pytest.fixture
def whu(tmp_path: Path, save: Save, noise: Noise) -> Path:
    for split, names in (("train", ("0", "1", "31", "32")), ("val", ("val_0",))):
        for seed, name in enumerate(names):
            save(f"{split}/image/{name}.tif", noise(SIDE, SIDE, seed), compression="packbits")
            mask = building() if name != "0" else np.zeros((SIDE, SIDE), np.bool_)
            save_one_bit(tmp_path / f"{split}/label/{name}.tif", mask)
    return tmp_path


def test_whu_labels_reproduce_the_inverted_bits(whu: Path) -> None:
    raw = Rasters().ids(whu / "train/label/1.tif", Window(0, 0, SIDE))
    assert np.array_equal(raw == 0, building())


def test_whu_takes_white_as_building(whu: Path, read_all: ReadAll) -> None:
    assert detect_reader(whu).name == "whu-building"
    tiles = {tile.ref.raw.key: tile for tile in read_all(whu)}
    assert np.array_equal(tiles["train/1"].labels == LABEL_IDS["Building"], building())
    assert not tiles["train/0"].labels.any()


def test_whu_groups_runs_of_numbers(whu: Path, read_all: ReadAll) -> None:
    groups = {tile.ref.raw.key: tile.ref.raw.group for tile in read_all(whu)}
    assert groups["train/0"] == groups["train/31"]
    assert len({groups["train/0"], groups["train/32"], groups["val/val_0"]}) == 3


@pytest.mark.parametrize("white", [1, 255])
def test_whu_reads_8_bit_labels_of_either_range(
    tmp_path: Path, save: Save, noise: Noise, read_all: ReadAll, white: int
) -> None:
    for name, mask in (("0", np.zeros((SIDE, SIDE), np.uint8)), ("1", building() * np.uint8(white))):
        save(f"train/images/{name}.png", noise(SIDE, SIDE))
        save(f"train/Mask/{name}.png", mask)
    tiles = read_all(tmp_path, "whu-building")
    assert np.array_equal(tiles[1].labels == LABEL_IDS["Building"], building())


def test_whu_names_the_missing_folder(whu: Path) -> None:
    (whu / "train/label").rename(whu / "train/labelled")
    with pytest.raises(LayoutError, match=r"train/label' \(or labels, mask, masks\) is missing"):
        open_source(whu, "whu-building").tiles()


def test_whu_reports_a_damaged_label(whu: Path) -> None:
    path = whu / "train/label/1.tif"
    path.write_bytes(path.read_bytes()[:200])
    source = open_source(whu)
    refs = {ref.raw.key: ref for ref in source.tiles().tiles}
    with pytest.raises(TileError, match=r"1\.tif"):
        source.read(refs["train/1"])
    assert source.read(refs["train/31"]).labels.any()


@pytest.mark.shared
def test_whu_reads_original_files(shared: Path, read_all: ReadAll) -> None:
    tiles = {tile.ref.raw.key: tile for tile in read_all(shared / "native" / "WHU_Building")}
    reference = shared / "overhead" / "whu_building" / "masks"
    for key, name in (("train/0", "whu_0"), ("train/1", "whu_1"), ("val/val_0", "whu_val_0")):
        with Image.open(reference / f"{name}.png") as mask:
            assert np.array_equal(tiles[key].labels, np.asarray(mask))
